-- ARGV[4] the head afterwards, ARGV[5] the day tombstones count as of; ARGV[6...] pairs of a first
-- sequence and a record, or the 16 bytes of an id that is to be a tombstone. Returns commits.
local head, current, filled, records, entries, bytes, tombstones =
  numbers('head', 'page', 'filled', 'records', 'entries', 'bytes', 'tombstones')
local after = tonumber(ARGV[4])
if after < head or (ARGV[6] and tonumber(ARGV[6]) <= head) then
  return redis.error_reply('REJECTED the store has head ' .. head)
end
local known, ask, asked = lookup()
for i = 6, #ARGV, 2 do
  local item = ARGV[i + 1]
  if #item == 16 then
    ask(item)
  else
    for k = 0, count(item) - 1 do
      ask(idOf(item, k))
    end
  end
end
asked()
-- The first write takes room: where there is none the server refuses it, and nothing is done.
redis.call('HSET', state, 'head', after)
if head == 0 and after > 0 then
  redis.call('ZADD', prefix .. 'stores', 0, ARGV[3])
end
local newIds, newIdsDone = hset(ids)
local dead = day(ARGV[5])
local add, added = collector(function(args) redis.call('ZADD', dead, unpack(args)) end)
local before = tombstones
local put, putDone
for i = 6, #ARGV, 2 do
  local first = tonumber(ARGV[i])
  local item = ARGV[i + 1]
  if #item == 16 then
    if not known[item] then
      known[item] = first
      newIds(item, first)
      add(first, item)
      tombstones = tombstones + 1
    end
  else
    local size = count(item)
    for k = 0, size - 1 do
      local id = idOf(item, k)
      if not known[id] then
        known[id] = first + k
        newIds(id, first + k)
      end
    end
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
    put(first, item)
    filled = filled + 1
    records = records + 1
    entries = entries + size
    bytes = bytes + bytesOf(#item)
  end
end
newIdsDone()
added()
if putDone then
  putDone()
end
if tombstones > before then
  redis.call('ZADD', days, ARGV[5], ARGV[5])
end
redis.call('HSET', state, 'page', current, 'filled', filled, 'records', records,
  'entries', entries, 'bytes', bytes, 'tombstones', tombstones)
redis.call('HSETNX', state, 'durable', 0)
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
