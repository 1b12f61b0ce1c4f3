-- The registry's verbs by ARGV[3]. Names are encoded so that their order is that of their parts.
local mappings = prefix .. 'mappings'
local mappingNames = prefix .. 'mapping-names'
local bindings = prefix .. 'bindings'
local bindingNames = prefix .. 'binding-names'
local verb = ARGV[3]
local commits = tonumber(guard[3])

local function committed(answer)
  return {redis.call('HINCRBY', KEYS[1], 'commits', 1), answer}
end

local function list(names, values)
  local min = ARGV[4] == '' and '-' or '(' .. ARGV[4]
  local out = {commits}
  for _, name in ipairs(redis.call('ZRANGEBYLEX', names, min, '+', 'LIMIT', 0, ARGV[5])) do
    out[#out + 1] = name
    out[#out + 1] = redis.call('HGET', values, name)
  end
  return out
end

if verb == 'resolve' then
  return {commits, redis.call('HGET', mappings, ARGV[4])}
elseif verb == 'assign' then
  -- ARGV[4] name, ARGV[5] store, ARGV[6] 1 to revive; a value is + or - (removed) and the store
  local value = redis.call('HGET', mappings, ARGV[4])
  if value == '+' .. ARGV[5] then
    return {commits, 'OK'}
  elseif value and string.sub(value, 1, 1) == '+' then
    return {commits, 'ALREADY_ASSIGNED ' .. string.sub(value, 2)}
  elseif value and ARGV[6] ~= '1' then
    return {commits, 'REMOVED'}
  end
  redis.call('HSET', mappings, ARGV[4], '+' .. ARGV[5])
  redis.call('ZADD', mappingNames, 0, ARGV[4])
  return committed('OK')
elseif verb == 'remove' then
  -- ARGV[4] where the key's names begin, ARGV[5] where they have ended
  local removed = 0
  redis.call('DEL', prefix .. 'none')
  for _, name in ipairs(redis.call('ZRANGEBYLEX', mappingNames, '[' .. ARGV[4], '(' .. ARGV[5])) do
    local value = redis.call('HGET', mappings, name)
    if string.sub(value, 1, 1) == '+' then
      redis.call('HSET', mappings, name, '-' .. string.sub(value, 2))
      removed = removed + 1
    end
  end
  return committed(removed)
elseif verb == 'list' then
  return list(mappingNames, mappings)
elseif verb == 'bind' then
  local value = redis.call('HGET', bindings, ARGV[4])
  if value then
    return {commits, value}
  end
  redis.call('HSET', bindings, ARGV[4], ARGV[5])
  redis.call('ZADD', bindingNames, 0, ARGV[4])
  return committed(ARGV[5])
elseif verb == 'binding' then
  return {commits, redis.call('HGET', bindings, ARGV[4])}
else
  return list(bindingNames, bindings)
end
