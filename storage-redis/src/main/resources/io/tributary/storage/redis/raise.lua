-- ARGV[3...] pairs of a store and a head that was confirmed. Without any it is a write to confirm
-- what was executed before it. Returns commits.
-- The first write needs no room, so that this works where the server has none left.
redis.call('DEL', prefix .. 'none')
for i = 3, #ARGV, 2 do
  local state = prefix .. 'store:' .. ARGV[i]
  local durable = redis.call('HGET', state, 'durable')
  if durable and tonumber(durable) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', state, 'durable', ARGV[i + 1])
  end
end
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
