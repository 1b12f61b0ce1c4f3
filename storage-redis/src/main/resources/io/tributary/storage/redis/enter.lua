-- The first call of every connection.
-- KEYS[1] PREFIXmeta; ARGV[1] the data set's id as this node knows it, or ''; ARGV[2] the least
-- number of commits there must be; ARGV[3] the server's run id; ARGV[4] the run this node knew last,
-- or ''; ARGV[5] the id of a data set to make where there is none. Returns the data set's id, commits,
-- why it is closed or '', its schema.
local prefix = string.sub(KEYS[1], 1, -5)
local runs = prefix .. 'runs'
-- 2 has journals beside what 1 has, 3 spaces.
local SCHEMA = 3
local meta = redis.call('HMGET', KEYS[1], 'dataSet', 'closed', 'commits', 'schema', 'run')
if not meta[1] then
  if ARGV[1] ~= '' then
    return redis.error_reply('GONE there is no data set')
  end
  redis.call('HSET', KEYS[1], 'schema', SCHEMA, 'dataSet', ARGV[5], 'commits', 1)
  redis.call('DEL', runs)
  meta = {ARGV[5], false, 1, SCHEMA, false}
elseif ARGV[1] ~= '' and ARGV[1] ~= meta[1] then
  return redis.error_reply('RESEEDED the data set is ' .. meta[1])
end
local commits = tonumber(meta[3])
if meta[5] ~= ARGV[3] then
  redis.call('DEL', prefix .. 'none')
  redis.call('HSET', KEYS[1], 'run', ARGV[3])
  redis.call('RPUSH', runs, ARGV[3] .. ' ' .. meta[3])
end
-- Commits may have grown again since the server came back with less than it had confirmed.
local least = tonumber(ARGV[2])
local back = commits < least
if not back and ARGV[4] ~= '' then
  local found = false
  for _, run in ipairs(redis.call('LRANGE', runs, 0, -1)) do
    local id, start = string.match(run, '^(%S+) (%d+)$')
    if found and tonumber(start) < least then
      back = true
    end
    found = found or id == ARGV[4]
  end
  back = back or not found
end
if back then
  return redis.error_reply('BACK ' .. commits .. ' ' .. least)
end
if tonumber(meta[4]) < SCHEMA then
  -- Needs no room as the first write.
  redis.call('DEL', prefix .. 'none')
  redis.call('HSET', KEYS[1], 'schema', SCHEMA)
  meta[4] = SCHEMA
end
return {meta[1], commits, meta[2] or '', tonumber(meta[4])}
