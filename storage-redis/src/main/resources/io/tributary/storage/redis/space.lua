-- Of the scripts on one space: ARGV[3] is its name.
local state = prefix .. 'space:' .. ARGV[3]
local keys = prefix .. 'space-keys:' .. ARGV[3]
local values = prefix .. 'space-values:' .. ARGV[3]

-- The commit that changed the space last; of one that is not there, the last that made one or took
-- one away.
local function changed()
  return tonumber(redis.call('HGET', state, 'commit') or redis.call('HGET', KEYS[1], 'spaces') or 0)
end
