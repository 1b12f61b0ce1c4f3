-- Before every script but enter and reseed.
-- KEYS[1] PREFIXmeta; ARGV[1] the data set's id, ARGV[2] the least number of commits there must be
local prefix = string.sub(KEYS[1], 1, -5)
local guard = redis.call('HMGET', KEYS[1], 'dataSet', 'closed', 'commits')
if not guard[1] then
  return redis.error_reply('GONE there is no data set')
end
if guard[1] ~= ARGV[1] then
  return redis.error_reply('RESEEDED the data set is ' .. guard[1])
end
if guard[2] then
  return redis.error_reply('CLOSED ' .. guard[2])
end
if tonumber(guard[3]) < tonumber(ARGV[2]) then
  return redis.error_reply('BACK ' .. guard[3] .. ' ' .. ARGV[2])
end
