-- ARGV[4] the last day that is due, ARGV[5] at most so many. Returns commits and how many.
redis.call('DEL', none)
local left = tonumber(ARGV[5])
local forgotten = 0
for _, number in ipairs(redis.call('ZRANGEBYSCORE', days, '-inf', ARGV[4])) do
  local dead = day(number)
  while left > 0 do
    local some = redis.call('ZRANGE', dead, 0, math.min(left, CHUNK) - 1)
    if #some == 0 then
      redis.call('ZREM', days, number)
      break
    end
    redis.call('HDEL', ids, unpack(some))
    redis.call('ZREM', dead, unpack(some))
    left = left - #some
    forgotten = forgotten + #some
  end
  if left == 0 then
    break
  end
end
if forgotten > 0 then
  redis.call('HINCRBY', state, 'tombstones', -forgotten)
end
return {redis.call('HINCRBY', KEYS[1], 'commits', 1), forgotten}
