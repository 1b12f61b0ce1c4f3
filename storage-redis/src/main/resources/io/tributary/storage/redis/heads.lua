-- ARGV[3...] stores. Returns commits, then head and durable head of each.
local out = {tonumber(guard[3])}
for i = 3, #ARGV do
  local found = redis.call('HMGET', prefix .. 'store:' .. ARGV[i], 'head', 'durable')
  out[#out + 1] = tonumber(found[1] or 0)
  out[#out + 1] = tonumber(found[2] or 0)
end
return out
