-- ARGV[3] go on after this one, '' for the first, ARGV[4] at most so many. Returns commits, the last
-- commit that made a space or took one away, then their names.
local out = redis.call('ZRANGEBYLEX', prefix .. 'spaces', '(' .. ARGV[3], '+', 'LIMIT', 0, ARGV[4])
table.insert(out, 1, tonumber(redis.call('HGET', KEYS[1], 'spaces') or 0))
table.insert(out, 1, tonumber(guard[3]))
return out
