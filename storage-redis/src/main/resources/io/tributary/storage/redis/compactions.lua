-- ARGV[3] add: ARGV[4] the run, ARGV[5] how many to keep; returns commits and the number.
-- ARGV[3] list: ARGV[4] below, ARGV[5] at most so many; returns commits, then numbers and runs.
local runs = prefix .. 'compactions'
local found = redis.call('HMGET', KEYS[1], 'compactions', 'compactionsFrom')
local last = tonumber(found[1] or 0)
local first = tonumber(found[2] or 1)
if ARGV[3] == 'add' then
  last = last + 1
  redis.call('HSET', runs, last, ARGV[4])
  while first <= last - tonumber(ARGV[5]) do
    redis.call('HDEL', runs, first)
    first = first + 1
  end
  redis.call('HSET', KEYS[1], 'compactions', last, 'compactionsFrom', first)
  return {redis.call('HINCRBY', KEYS[1], 'commits', 1), last}
end
local out = {tonumber(guard[3])}
local number = math.min(last, tonumber(ARGV[4]) - 1)
while number >= first and #out < 2 * tonumber(ARGV[5]) do
  out[#out + 1] = number
  out[#out + 1] = redis.call('HGET', runs, number)
  number = number - 1
end
return out
