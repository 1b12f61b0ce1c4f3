-- ARGV[3] acquire, renew or release, ARGV[4] the lease's key, ARGV[5] its epoch (acquire: 0),
-- ARGV[6] milliseconds to hold, ARGV[7] shift of the clock. Returns commits and the epoch; 0 if it
-- is held.
redis.replicate_commands()
local key = ARGV[4]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[7])
local held = redis.call('HMGET', key, 'epoch', 'ends')
local live = held[1] and now < tonumber(held[2])
local mine = live and held[1] == ARGV[5]
local epoch
if ARGV[3] == 'acquire' then
  if live then
    return {tonumber(guard[3]), 0}
  end
  redis.call('DEL', key)
  -- Above the clock too, so that epochs do not go back with the data.
  epoch = math.max(tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0) + 1, now)
  redis.call('HSET', KEYS[1], 'epoch', epoch)
elseif not mine then
  return redis.error_reply('FENCED the lease has ended')
elseif ARGV[3] == 'release' then
  redis.call('DEL', key)
  return {redis.call('HINCRBY', KEYS[1], 'commits', 1), 0}
else
  redis.call('PERSIST', key)
  epoch = tonumber(ARGV[5])
end
redis.call('HSET', key, 'epoch', epoch, 'ends', now + tonumber(ARGV[6]))
-- Only tidies up; ends decides.
redis.call('PEXPIRE', key, ARGV[6] + 3600000)
return {redis.call('HINCRBY', KEYS[1], 'commits', 1), epoch}
