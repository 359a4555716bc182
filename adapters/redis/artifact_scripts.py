"""Lua scripts of the queue of artifacts; each is atomic on the server.

The hash of rows has two fields more: `life`, which changes when the server lost the hash, and `bytes`, of all rows.
"""

# KEYS: stream, rows, turns of the person, lists of cached turns. ARGV: life, most entries, most bytes, bytes, owner,
# ids of rows, ids of turns, number of turns, then turn and value for each, then id and row for each.
ENQUEUE = """
for i = 4, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return {'known', 0, ''} end end
local rows, first = KEYS[2], 9 + 2 * tonumber(ARGV[8])
for i = 9, first - 1, 2 do if redis.call('HEXISTS', KEYS[3], ARGV[i]) == 1 then return {'known', 0, ''} end end
for i = first, #ARGV, 2 do if redis.call('HEXISTS', rows, ARGV[i]) == 1 then return {'known', 0, ''} end end
local depth = redis.call('XLEN', KEYS[1])
local bytes = tonumber(redis.call('HGET', rows, 'bytes') or '0') or 0
if depth >= tonumber(ARGV[2]) or bytes + tonumber(ARGV[4]) > tonumber(ARGV[3]) then return {'full', depth, ''} end
redis.call('HSETNX', rows, 'life', ARGV[1])
redis.call('XADD', KEYS[1], '*', 'owner', ARGV[5], 'ids', ARGV[6], 'turns', ARGV[7])
for i = 9, first - 1, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
for i = first, #ARGV, 2 do redis.call('HSET', rows, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', rows, 'bytes', ARGV[4])
return {'kept', redis.call('HLEN', rows) - 2, redis.call('HGET', rows, 'life')}
"""

# KEYS: stream. ARGV: group, consumer, most entries, milliseconds after which those of others are taken over
# (0: never).
TAKE = """
local function read(from)
  return redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], from)
end
local own = read('0')
if own and own.err then
  if not string.find(own.err, 'NOGROUP', 1, true) then return own end
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')  -- only now: a full server refuses it
elseif own and own[1] and #own[1][2] > 0 then
  return own[1][2]
end
if ARGV[4] ~= '0' then
  local claimed = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[4], '0-0', 'COUNT', ARGV[3])
  if #claimed[2] > 0 then return claimed[2] end
end
local new = read('>')
if new and new.err then return new end
return new and new[1] and new[1][2] or {}
"""

PAGE = "return redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])"
NEWEST = "return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)"

# KEYS: stream, rows, turns of the person, aside. ARGV: group, entry, why it is set aside ('' if it is done), most
# entries and seconds there, number of turns, turns, ids. If somebody else has removed the entry, its rows are theirs.
REMOVE = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
if redis.call('XDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
local freed, first = 0, 7 + tonumber(ARGV[6])
local aside = {'reason', ARGV[3], 'entry', ARGV[2]}
for i = first, #ARGV do
  local row = redis.call('HGET', KEYS[2], ARGV[i])
  if row then
    freed = freed + #row
    aside[#aside + 1], aside[#aside + 2] = ARGV[i], row
    redis.call('HDEL', KEYS[2], ARGV[i])
  end
end
if freed > 0 then redis.call('HINCRBY', KEYS[2], 'bytes', -freed) end
for i = 7, first - 1 do redis.call('HDEL', KEYS[3], ARGV[i]) end
if ARGV[3] ~= '' then
  redis.call('XADD', KEYS[4], 'MAXLEN', ARGV[4], '*', unpack(aside))
  redis.call('EXPIRE', KEYS[4], ARGV[5])
end
return 1
"""

# KEYS: rows. ARGV: ids. Returns the life, and for each id whether its row waits.
WAITING = """
local found = {redis.call('HGET', KEYS[1], 'life') or ''}
for i = 1, #ARGV do found[i + 1] = redis.call('HEXISTS', KEYS[1], ARGV[i]) end
return found
"""

# KEYS: stream. ARGV: group, own consumer, milliseconds after which a consumer without entries is removed.
LEAVE = """
local found = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if found.err then return 0 end
for _, one in ipairs(found) do
  if one[4] == 0 and (one[2] == ARGV[2] or one[6] > tonumber(ARGV[3])) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], one[2])
  end
end
return 1
"""
