-- Returns commits.
local commits = tonumber(guard[3])
if redis.call('EXISTS', state) == 0 then
  return commits
end
-- Memory is given back beside other calls.
redis.call('UNLINK', state, ids, order, keys, payloads, outcomes, outcomeStates, winners, progress,
  marks, markStates)
redis.call('ZREM', prefix .. 'journals', ARGV[3])
redis.call('HSET', KEYS[1], 'journals', commits + 1)
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
