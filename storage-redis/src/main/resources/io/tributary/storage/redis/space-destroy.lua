-- Returns commits.
local commits = tonumber(guard[3])
if redis.call('EXISTS', state) == 0 then
  return commits
end
-- Memory is given back beside other calls.
redis.call('UNLINK', state, keys, values)
redis.call('ZREM', prefix .. 'spaces', ARGV[3])
redis.call('HSET', KEYS[1], 'spaces', commits + 1)
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
