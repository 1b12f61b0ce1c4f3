-- What is asked of a journal, by ARGV[4]. Returns commits, the commit that changed the journal last,
-- then the answer. An entry is three: its id, as it is stored, its payload.
local verb = ARGV[4]
local out = {tonumber(guard[3]), changed()}

local function add(...)
  for i = 1, select('#', ...) do
    out[#out + 1] = select(i, ...)
  end
end

local function addEntry(id, entry)
  local payload = lengths(entry) > 0 and redis.call('HGET', payloads, id)
  add(id, entry, payload or '')
end

-- Ids as numbers: < on text goes by the server's locale.
local function less(a, b)
  for i = 1, 13, 4 do
    local x, y = struct.unpack('>I4', a, i), struct.unpack('>I4', b, i)
    if x ~= y then
      return x < y
    end
  end
  return false
end

if verb == 'known' then
  -- ARGV[5...] ids; per id that is known: id, its position or REMOVED or '', its outcome or ''.
  for i = 5, #ARGV do
    local entry = redis.call('HGET', ids, ARGV[i])
    local outcome = redis.call('HGET', outcomes, ARGV[i])
    if entry or outcome then
      add(ARGV[i], string.sub(entry or '', 1, 8), outcome or '')
    end
  end
elseif verb == 'entry' then
  -- ARGV[5] id
  local entry = redis.call('HGET', ids, ARGV[5])
  if entry and entry ~= REMOVED then
    addEntry(ARGV[5], entry)
  end
elseif verb == 'key' then
  -- ARGV[5] key, ARGV[6] above or '', ARGV[7] at most so many, ARGV[8] after so many bytes no more.
  -- Returns first 1 if there are no more.
  local key = ARGV[5]
  local left = tonumber(ARGV[8])
  local some = redis.call('ZRANGEBYLEX', keys, (ARGV[6] == '' and '[' or '(') .. key .. ARGV[6],
    '[' .. key .. string.rep('\255', 16), 'LIMIT', 0, ARGV[7])
  add(#some < tonumber(ARGV[7]) and 1 or 0)
  for _, member in ipairs(some) do
    if left <= 0 then
      out[3] = 0
      break
    end
    local id = string.sub(member, 21)
    local entry = redis.call('HGET', ids, id)
    local _, bytes = lengths(entry)
    left = left - bytes
    addEntry(id, entry)
  end
elseif verb == 'entries' then
  -- ARGV[5] after, ARGV[6] at most so many, ARGV[7] in at most so many bytes, ARGV[8] 1 if a first one
  -- is returned in any case, ARGV[9] look at no more than so many bytes, ARGV[10] and so many entries,
  -- ARGV[11] the hash of the remote and store they are pending for, or ''.
  -- Returns first 1 if there are no more within the bytes, and the position it went to.
  local after = ARGV[5]
  local most = tonumber(ARGV[6])
  local room = tonumber(ARGV[7])
  local any = ARGV[8] == '1'
  local look = tonumber(ARGV[9])
  local left = tonumber(ARGV[10])
  local hash = ARGV[11]
  if hash ~= '' then
    local known = redis.call('HGET', progress, hash)
    if known and struct.unpack('>I8', known) > tonumber(after) then
      after = tostring(struct.unpack('>I8', known))
    end
  end
  local taken = 0
  -- Whether there is nothing more, and whether this is enough.
  local ended, enough = false, false
  add(0, after)
  repeat
    local some = redis.call('ZRANGEBYSCORE', order, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, 128)
    for i = 1, #some, 2 do
      local id, position = some[i], some[i + 1]
      if hash == '' or redis.call('HEXISTS', marks, hash .. struct.pack('>I8', tonumber(position))) == 0 then
        local entry = redis.call('HGET', ids, id)
        local _, bytes = lengths(entry)
        if bytes > room and not (any and taken == 0) then
          ended = true
          break
        end
        addEntry(id, entry)
        taken = taken + 1
        room = room - bytes
        look = look - bytes
      end
      after = position
      left = left - 1
      enough = taken == most or look <= 0 or left <= 0
      if enough then
        break
      end
    end
    ended = ended or (#some < 256 and not enough)
  until ended or enough
  out[3] = ended and 1 or 0
  out[4] = after
elseif verb == 'winner' then
  -- ARGV[5] key
  add(redis.call('HGET', winners, ARGV[5]) or nil)
elseif verb == 'progress' then
  -- ARGV[5] the hash of a remote and store, or '' for all
  if ARGV[5] == '' then
    for _, each in ipairs(redis.call('HVALS', progress)) do
      add(each)
    end
  else
    add(redis.call('HGET', progress, ARGV[5]) or nil)
  end
elseif verb == 'marks' then
  -- ARGV[5] that hash and the state, ARGV[6] after, as 8 bytes, ARGV[7] at most so many; per mark its
  -- position and the rest.
  local some = redis.call('ZRANGEBYLEX', markStates, '(' .. ARGV[5] .. ARGV[6],
    '[' .. ARGV[5] .. string.rep('\255', 8), 'LIMIT', 0, ARGV[7])
  for _, member in ipairs(some) do
    local place = string.sub(member, 22)
    add(place, redis.call('HGET', marks, string.sub(member, 1, 20) .. place))
  end
else
  -- outcomes: ARGV[5] states, a byte each, ARGV[6] after or '', ARGV[7] at most so many; per outcome
  -- its id and the rest.
  local most = tonumber(ARGV[7])
  local lists = {}
  for i = 1, #ARGV[5] do
    local one = string.sub(ARGV[5], i, i)
    lists[i] = {1, redis.call('ZRANGEBYLEX', outcomeStates,
      (ARGV[6] == '' and '[' or '(') .. one .. ARGV[6], '[' .. one .. string.rep('\255', 16),
      'LIMIT', 0, most)}
  end
  for _ = 1, most do
    local least, from
    for _, list in ipairs(lists) do
      local next = list[2][list[1]]
      if next and (not least or less(string.sub(next, 2), least)) then
        least = string.sub(next, 2)
        from = list
      end
    end
    if not least then
      break
    end
    from[1] = from[1] + 1
    add(least, redis.call('HGET', outcomes, least))
  end
end
return out
