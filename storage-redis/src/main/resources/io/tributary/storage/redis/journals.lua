-- ARGV[3] 1 to go on after ARGV[4], ARGV[5] at most so many. Returns commits, the last commit that
-- made a journal or took one away, then their names.
local min = ARGV[3] == '1' and '(' .. ARGV[4] or '-'
local out = redis.call('ZRANGEBYLEX', prefix .. 'journals', min, '+', 'LIMIT', 0, ARGV[5])
table.insert(out, 1, tonumber(redis.call('HGET', KEYS[1], 'journals') or 0))
table.insert(out, 1, tonumber(guard[3]))
return out
