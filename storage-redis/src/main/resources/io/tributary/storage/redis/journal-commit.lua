-- ARGV[4] the lease's key or '', ARGV[5] its epoch, ARGV[6] shift of the clock; ARGV[7...13] how many
-- there are removed, entries, outcomes, winners, progress, marks, unmarked; then these:
-- removed: an id
-- entry: id 16, then as stored from the key on, then the payload
-- outcome: id 16, state 1, the rest
-- winner: key 20, the rest
-- progress: hash of remote and store 20, uploaded 8, the rest
-- mark: that hash 20, position 8, state 1, the rest; unmarked: as far as the position
-- Returns commits, then the entries' positions. Nothing fails after the first write.
redis.replicate_commands()
if ARGV[4] ~= '' then
  local now = redis.call('TIME')
  local ms = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000) + tonumber(ARGV[6])
  local held = redis.call('HMGET', ARGV[4], 'epoch', 'ends')
  if held[1] ~= ARGV[5] or ms >= tonumber(held[2]) then
    return redis.error_reply('FENCED the lease has ended')
  end
end
local commits = tonumber(guard[3])
if #ARGV == 13 then
  return {commits}
end
commits = commits + 1
if ARGV[7] ~= '0' and ARGV[8] == '0' then
  -- Needs no room as the first write, so that room can be made where there is none.
  redis.call('DEL', prefix .. 'none')
end
local position = redis.call('HGET', state, 'position')
redis.call('HSET', state, 'commit', commits)
if not position then
  redis.call('ZADD', prefix .. 'journals', 0, ARGV[3])
  redis.call('HSET', KEYS[1], 'journals', commits)
end
position = tonumber(position or 0)

local out = {commits}
local at = 13
local function each(kind, change)
  for i = at + 1, at + tonumber(ARGV[kind]) do
    change(ARGV[i])
  end
  at = at + tonumber(ARGV[kind])
end

each(7, function(id)
  local entry = redis.call('HGET', ids, id)
  if entry and entry ~= REMOVED then
    redis.call('ZREM', order, id)
    redis.call('ZREM', keys, keyOf(entry) .. id)
    redis.call('HDEL', payloads, id)
  end
  redis.call('HSET', ids, id, REMOVED)
end)

each(8, function(item)
  local id = string.sub(item, 1, 16)
  local entry = redis.call('HGET', ids, id)
  if entry then
    out[#out + 1] = entry == REMOVED and 0 or positionOf(entry)
    return
  end
  position = position + 1
  out[#out + 1] = position
  local payload = struct.unpack('>I4', item, 45)
  entry = struct.pack('>I8', position) .. string.sub(item, 17, #item - payload)
  redis.call('HSET', ids, id, entry)
  redis.call('ZADD', order, position, id)
  redis.call('ZADD', keys, 0, keyOf(entry) .. id)
  if payload > 0 then
    redis.call('HSET', payloads, id, string.sub(item, #item - payload + 1))
  end
end)

each(9, function(item)
  local id = string.sub(item, 1, 16)
  local before = redis.call('HGET', outcomes, id)
  if before then
    -- 5: removed, which is final
    if string.byte(before) == 5 then
      return
    end
    redis.call('ZREM', outcomeStates, string.sub(before, 1, 1) .. id)
  end
  redis.call('HSET', outcomes, id, string.sub(item, 17))
  redis.call('ZADD', outcomeStates, 0, string.sub(item, 17, 17) .. id)
end)

each(10, function(item)
  redis.call('HSET', winners, string.sub(item, 1, 20), string.sub(item, 21))
end)

local function unmark(mark)
  local before = redis.call('HGET', marks, mark)
  if before then
    redis.call('HDEL', marks, mark)
    redis.call('ZREM', markStates,
      string.sub(mark, 1, 20) .. string.sub(before, 1, 1) .. string.sub(mark, 21))
  end
end

each(11, function(item)
  local hash = string.sub(item, 1, 20)
  redis.call('HSET', progress, hash, string.sub(item, 21))
  -- Those that are not refused (2).
  for _, known in ipairs({'\1', '\3'}) do
    local from = '[' .. hash .. known
    local done = redis.call('ZRANGEBYLEX', markStates, from, from .. string.sub(item, 21, 28))
    for _, mark in ipairs(done) do
      unmark(hash .. string.sub(mark, 22))
    end
  end
end)

each(12, function(item)
  local mark = string.sub(item, 1, 28)
  unmark(mark)
  redis.call('HSET', marks, mark, string.sub(item, 29))
  redis.call('ZADD', markStates, 0,
    string.sub(mark, 1, 20) .. string.sub(item, 29, 29) .. string.sub(mark, 21))
end)

each(13, unmark)

redis.call('HSET', state, 'position', position)
redis.call('HINCRBY', KEYS[1], 'commits', 1)
return out
