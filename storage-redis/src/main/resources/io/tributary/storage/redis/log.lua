-- Of the scripts on one store: ARGV[3] is the store's key as text.
local state = prefix .. 'store:' .. ARGV[3]
local ids = prefix .. 'ids:' .. ARGV[3]
local pages = prefix .. 'pages:' .. ARGV[3]
local days = prefix .. 'days:' .. ARGV[3]
local none = prefix .. 'none'

-- A stored record: kind 1, flags 1, ids 4, committedAt 8, lengths of event, primaryKey, author and
-- header 4 each, then the ids, those four, and the body. Sequences are below 10^14, so that they
-- stay whole as text.
local FIXED = 30
local PAGE = 128

local function page(first)
  return prefix .. 'page:' .. first .. ':' .. ARGV[3]
end

local function day(number)
  return prefix .. 'dead:' .. number .. ':' .. ARGV[3]
end

local function count(blob)
  return struct.unpack('>I4', blob, 3)
end

local function idOf(blob, k)
  return string.sub(blob, FIXED + 1 + 16 * k, FIXED + 16 + 16 * k)
end

-- What NewRecord.bytes() says of a record stored in so many bytes.
local function bytesOf(length)
  return length - FIXED + 64
end

-- Lua hands over a few thousand arguments at most.
local CHUNK = 1000

-- Collects arguments for one command and runs it for so many at a time.
local function collector(run)
  local args, n = {}, 0
  return function(a, b)
    n = n + 1
    args[n] = a
    if b then
      n = n + 1
      args[n] = b
    end
    if n >= CHUNK then
      run(args)
      args, n = {}, 0
    end
  end, function()
    if n > 0 then
      run(args)
      args, n = {}, 0
    end
  end
end

local function hset(key)
  return collector(function(args) redis.call('HSET', key, unpack(args)) end)
end

-- The sequences of those ids that the store knows.
local function lookup()
  local known = {}
  local ask, flush = collector(function(args)
    local found = redis.call('HMGET', ids, unpack(args))
    for i = 1, #args do
      if found[i] then
        known[args[i]] = tonumber(found[i])
      end
    end
  end)
  return known, ask, flush
end

-- The first sequences of a page's records, in order.
local function firstsOf(first)
  local firsts = redis.call('HKEYS', page(first))
  for i = 1, #firsts do
    firsts[i] = tonumber(firsts[i])
  end
  table.sort(firsts)
  return firsts
end

-- Numbers of the store's state; 0 for those it does not have.
local function numbers(...)
  local found = redis.call('HMGET', state, ...)
  for i = 1, #found do
    found[i] = tonumber(found[i] or 0)
  end
  return unpack(found)
end
