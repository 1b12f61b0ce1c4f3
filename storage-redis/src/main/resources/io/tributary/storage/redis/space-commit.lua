-- ARGV[4] how many keys get a value; these, each with it; then keys that are taken away. All of them
-- are different. Returns commits. Nothing fails after the first write.
local commits = tonumber(guard[3])
local puts = tonumber(ARGV[4])
local there = redis.call('EXISTS', state) == 1
if #ARGV == 4 or (puts == 0 and not there) then
  return commits
end
commits = commits + 1
if puts == 0 then
  -- Needs no room as the first write, so that room can be made where there is none.
  redis.call('DEL', prefix .. 'none')
end
for i = 5, 4 + 2 * puts, 2 do
  redis.call('HSET', values, ARGV[i], ARGV[i + 1])
  redis.call('ZADD', keys, 0, ARGV[i])
end
for i = 5 + 2 * puts, #ARGV do
  redis.call('HDEL', values, ARGV[i])
  redis.call('ZREM', keys, ARGV[i])
end
if redis.call('EXISTS', keys) == 0 then
  redis.call('DEL', state)
  redis.call('ZREM', prefix .. 'spaces', ARGV[3])
  redis.call('HSET', KEYS[1], 'spaces', commits)
else
  redis.call('HSET', state, 'commit', commits)
  if not there then
    redis.call('ZADD', prefix .. 'spaces', 0, ARGV[3])
    redis.call('HSET', KEYS[1], 'spaces', commits)
  end
end
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
