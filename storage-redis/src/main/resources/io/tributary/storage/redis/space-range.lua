-- ARGV[4] 1 for the greatest first, ARGV[5] and ARGV[6] the bounds in that order, ARGV[7] at most so
-- many, ARGV[8] in at most so many bytes, ARGV[9] 1 if a first one is returned in any case, ARGV[10]
-- no more after so many bytes, ARGV[11] and so many keys.
-- Returns commits, the commit that changed the space last, 1 if there are no more within these bytes,
-- then keys and values.
local range = ARGV[4] == '1' and 'ZREVRANGEBYLEX' or 'ZRANGEBYLEX'
local bound = ARGV[5]
local most = math.min(tonumber(ARGV[7]), tonumber(ARGV[11]))
local room = tonumber(ARGV[8])
local any = ARGV[9] == '1'
local look = tonumber(ARGV[10])
local taken = 0
local out = {tonumber(guard[3]), changed(), 0}
while taken < most and look > 0 do
  local batch = math.min(128, most - taken)
  local some = redis.call(range, keys, bound, ARGV[6], 'LIMIT', 0, batch)
  for _, key in ipairs(some) do
    local bytes = #key + redis.call('HSTRLEN', values, key)
    if bytes > room and not (any and taken == 0) then
      out[3] = 1
      return out
    end
    out[#out + 1] = key
    out[#out + 1] = redis.call('HGET', values, key)
    taken = taken + 1
    room = room - bytes
    look = look - bytes
    bound = '(' .. key
    if look <= 0 then
      return out
    end
  end
  if #some < batch then
    out[3] = 1
    return out
  end
end
return out
