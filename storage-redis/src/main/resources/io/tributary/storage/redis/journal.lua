-- Of the scripts on one journal: ARGV[3] is its name.
local function its(what)
  return prefix .. 'journal' .. what .. ':' .. ARGV[3]
end

local state = its('')
local ids = its('-ids')
local order = its('-order')
local keys = its('-keys')
local payloads = its('-payloads')
local outcomes = its('-outcomes')
local outcomeStates = its('-outcome-states')
local winners = its('-winners')
local progress = its('-progress')
local marks = its('-marks')
local markStates = its('-mark-states')

-- A stored entry: position 8, key 20, sequence 8, lengths of payload, event and primary key 4 each,
-- then event and primary key. A key is the first 20 bytes of the SHA-256 of the event's length, the
-- event and the primary key. An id that was removed has REMOVED instead. Positions are below 10^14,
-- so that they stay whole as text.
local REMOVED = '-'

local function positionOf(entry)
  return struct.unpack('>I8', entry)
end

local function keyOf(entry)
  return string.sub(entry, 9, 28)
end

-- The length of the payload, and what JournalEntry.bytes() says.
local function lengths(entry)
  local payload = struct.unpack('>I4', entry, 37)
  return payload, payload + #entry - 48
end

-- The commit that changed the journal last; of one that is not there, the last that made one or took
-- one away.
local function changed()
  return tonumber(redis.call('HGET', state, 'commit') or redis.call('HGET', KEYS[1], 'journals') or 0)
end
