-- A write that needs room.
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
