-- ARGV[4] the day of the removal; ARGV[5] the lease's key or '', ARGV[6] its epoch, ARGV[7] shift of
-- the clock; ARGV[8...] sequences. Returns commits, records, entries, bytes.
redis.replicate_commands()
if ARGV[5] ~= '' then
  local now = redis.call('TIME')
  local ms = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000) + tonumber(ARGV[7])
  local held = redis.call('HMGET', ARGV[5], 'epoch', 'ends')
  if held[1] ~= ARGV[6] or ms >= tonumber(held[2]) then
    return redis.error_reply('FENCED the lease has ended')
  end
end
-- Needs no room as the first write, so that room can be made where there is none.
redis.call('DEL', none)
local head, current, filled, records, entries, bytes, tombstones =
  numbers('head', 'page', 'filled', 'records', 'entries', 'bytes', 'tombstones')
local removed = {0, 0, 0, 0}
local dead = day(ARGV[4])

local function removeFrom(start, key, first, blob)
  local size = count(blob)
  local known, ask, asked = lookup()
  for k = 0, size - 1 do
    ask(idOf(blob, k))
  end
  asked()
  local add, added = collector(function(args) redis.call('ZADD', dead, unpack(args)) end)
  for k = 0, size - 1 do
    local id = idOf(blob, k)
    -- Others were first committed elsewhere, or more than once in here.
    if known[id] == first + k then
      add(first + k, id)
      tombstones = tombstones + 1
    end
  end
  added()
  redis.call('HDEL', key, first)
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', pages, start)
    if tonumber(start) == current then
      filled = PAGE
    end
  end
  removed[2] = removed[2] + 1
  removed[3] = removed[3] + size
  removed[4] = removed[4] + bytesOf(#blob)
end

for i = 8, #ARGV do
  local sequence = tonumber(ARGV[i])
  local start = redis.call('ZREVRANGEBYSCORE', pages, sequence, '-inf', 'LIMIT', 0, 1)[1]
  if start then
    local key = page(start)
    local blob = redis.call('HGET', key, sequence)
    local first = sequence
    if not blob then
      -- In the middle of a record, if in any.
      first = 0
      for _, each in ipairs(redis.call('HKEYS', key)) do
        each = tonumber(each)
        if each <= sequence and each > first then
          first = each
        end
      end
      if first > 0 then
        blob = redis.call('HGET', key, first)
        if first + count(blob) <= sequence then
          blob = false
        end
      end
    end
    if blob then
      removeFrom(start, key, first, blob)
    end
  end
end
if removed[2] > 0 then
  if redis.call('EXISTS', dead) == 1 then
    redis.call('ZADD', days, ARGV[4], ARGV[4])
  end
  redis.call('HSET', state, 'filled', filled, 'records', records - removed[2],
    'entries', entries - removed[3], 'bytes', bytes - removed[4], 'tombstones', tombstones)
end
removed[1] = redis.call('HINCRBY', KEYS[1], 'commits', 1)
return removed
