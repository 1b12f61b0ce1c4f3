-- ARGV[4] from, ARGV[5] at most so many. Returns commits, where to go on (0: no more), then per
-- tombstone its sequence and id.
local most = tonumber(ARGV[5])
local found = {}
for _, number in ipairs(redis.call('ZRANGE', days, 0, -1)) do
  local some = redis.call('ZRANGEBYSCORE', day(number), ARGV[4], '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
  for i = 1, #some, 2 do
    found[#found + 1] = {tonumber(some[i + 1]), some[i]}
  end
end
table.sort(found, function(a, b) return a[1] < b[1] end)
local out = {tonumber(guard[3]), 0}
for i = 1, math.min(most, #found) do
  out[#out + 1] = found[i][1]
  out[#out + 1] = found[i][2]
end
if #found > most then
  out[2] = found[most + 1][1]
end
return out
