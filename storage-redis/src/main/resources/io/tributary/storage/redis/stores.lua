-- ARGV[3] after ('' for the first), ARGV[4] at most so many. Returns commits, then the keys.
local min = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local out = redis.call('ZRANGEBYLEX', prefix .. 'stores', min, '+', 'LIMIT', 0, ARGV[4])
table.insert(out, 1, tonumber(guard[3]))
return out
