-- ARGV[4] from, ARGV[5] up to (-1: the head), ARGV[6] at most so many records, ARGV[7] in at most so
-- many bytes, ARGV[8] 1 if a first one is returned in any case, ARGV[9] 1 for outlines, ARGV[10]
-- look at no more than so many bytes.
-- Returns commits, head, durable, what ended it (0 the end, 1 the bytes, 2 records or looking), where to read on, then per record its first
-- sequence and the record; of an outline only what is before the ids, the record's length and the
-- event.
local head, durable = numbers('head', 'durable')
local from = tonumber(ARGV[4])
local upTo = tonumber(ARGV[5])
local most = tonumber(ARGV[6])
local room = tonumber(ARGV[7])
local any = ARGV[8] == '1'
local outlines = ARGV[9] == '1'
local look = tonumber(ARGV[10])
if upTo < 0 or upTo > head then
  upTo = head
end

local out = {tonumber(guard[3]), head, durable, 0, from}
local o = 5
local taken = 0
local limited = 0

-- The record at first, of so many bytes; false if it does not fit.
local function take(first, length, blob, key)
  if taken == most or look <= 0 then
    limited = 2
    return false
  elseif bytesOf(length) > room and not (any and taken == 0) then
    limited = 1
    return false
  end
  blob = blob or redis.call('HGET', key, first)
  room = room - bytesOf(length)
  look = look - length
  taken = taken + 1
  from = first + count(blob)
  o = o + 1
  out[o] = first
  if outlines then
    local event = struct.unpack('>I4', blob, 15)
    local ends = FIXED + 16 * count(blob)
    out[o + 1] = string.sub(blob, 1, FIXED)
    out[o + 2] = length
    out[o + 3] = string.sub(blob, ends + 1, ends + event)
    o = o + 3
  else
    o = o + 1
    out[o] = blob
  end
  return true
end

local function readPage(start)
  local key = page(start)
  local firsts = firstsOf(start)
  for i = 1, #firsts do
    local first = firsts[i]
    if first > upTo then
      return
    end
    if first >= from then
      if not take(first, redis.call('HSTRLEN', key, first), nil, key) then
        return
      end
    elseif firsts[i + 1] == nil or firsts[i + 1] > from then
      local blob = redis.call('HGET', key, first)
      if first + count(blob) > from and not take(first, #blob, blob, key) then
        return
      end
    end
  end
end

if from <= upTo then
  local start = redis.call('ZREVRANGEBYSCORE', pages, from, '-inf', 'LIMIT', 0, 1)[1] or from
  start = tonumber(start)
  while limited == 0 do
    local some = redis.call('ZRANGEBYSCORE', pages, start, upTo, 'LIMIT', 0, 16)
    for i = 1, #some do
      readPage(some[i])
      if limited > 0 then
        break
      end
      start = tonumber(some[i]) + 1
    end
    if #some < 16 then
      break
    end
  end
end
out[4] = limited
if limited == 0 and from <= upTo then
  from = upTo + 1
end
out[5] = from
return out
