-- KEYS[1] PREFIXmeta; ARGV[3] the new id of the data set, ARGV[4] the server's run id. Returns commits.
local prefix = string.sub(KEYS[1], 1, -5)
local runs = prefix .. 'runs'
redis.call('DEL', runs)
redis.call('HSET', KEYS[1], 'dataSet', ARGV[3], 'run', ARGV[4])
redis.call('HSETNX', KEYS[1], 'schema', 3)
redis.call('HDEL', KEYS[1], 'closed')
local commits = redis.call('HINCRBY', KEYS[1], 'commits', 1)
redis.call('RPUSH', runs, ARGV[4] .. ' ' .. commits)
return commits
