-- ARGV[4] the head this node has had confirmed, ARGV[5] appends; per append its records' number,
-- then the records. Returns commits, then per append: head before; per record its first new
-- sequence, or one negative sequence per id that was known; head after.
local head, durable, current, filled, records, entries, bytes =
  numbers('head', 'durable', 'page', 'filled', 'records', 'entries', 'bytes')
local confirmed = tonumber(ARGV[4])
local appends = tonumber(ARGV[5])

local known, ask, asked = lookup()
local at = 6
for a = 1, appends do
  local n = tonumber(ARGV[at])
  for r = at + 1, at + n do
    local blob = ARGV[r]
    for k = 0, count(blob) - 1 do
      ask(idOf(blob, k))
    end
  end
  at = at + n + 1
end
asked()

local out, o = {0}, 1
local before = head
local newIds, newIdsDone = hset(ids)
local toStore = {}
at = 6
for a = 1, appends do
  local n = tonumber(ARGV[at])
  o = o + 1
  out[o] = head
  for r = at + 1, at + n do
    local blob = ARGV[r]
    local size = count(blob)
    local unknown = false
    for k = 0, size - 1 do
      if not known[idOf(blob, k)] then
        unknown = true
        break
      end
    end
    if unknown then
      for k = 0, size - 1 do
        local id = idOf(blob, k)
        if not known[id] then
          known[id] = head + 1 + k
          newIds(id, head + 1 + k)
        end
      end
      o = o + 1
      out[o] = head + 1
      toStore[#toStore + 1] = r
      toStore[#toStore + 1] = head + 1
      records = records + 1
      entries = entries + size
      bytes = bytes + bytesOf(#blob)
      head = head + size
    else
      for k = 0, size - 1 do
        o = o + 1
        out[o] = -known[idOf(blob, k)]
      end
    end
  end
  o = o + 1
  out[o] = head
  at = at + n + 1
end
newIdsDone()

local put, putDone
for i = 1, #toStore, 2 do
  local first = toStore[i + 1]
  if current == 0 or filled >= PAGE then
    if putDone then
      putDone()
      put = nil
    end
    current = first
    filled = 0
    redis.call('ZADD', pages, current, current)
  end
  if not put then
    put, putDone = hset(page(current))
  end
  put(first, ARGV[toStore[i]])
  filled = filled + 1
end
if putDone then
  putDone()
end

if durable < confirmed then
  durable = confirmed
end
if head > before then
  if before == 0 then
    redis.call('ZADD', prefix .. 'stores', 0, ARGV[3])
  end
  redis.call('HSET', state, 'head', head, 'durable', durable, 'page', current, 'filled', filled,
    'records', records, 'entries', entries, 'bytes', bytes)
else
  -- Nothing new needs no room: where the server has none left, it refuses only a script's first
  -- write, and only one that takes room.
  redis.call('DEL', none)
end
out[1] = redis.call('HINCRBY', KEYS[1], 'commits', 1)
return out
