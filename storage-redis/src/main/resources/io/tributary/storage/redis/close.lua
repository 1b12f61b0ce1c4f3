-- Closes the data set on all nodes. KEYS[1] PREFIXmeta; ARGV[1] its id, ARGV[2] 0, ARGV[3] why.
redis.call('DEL', prefix .. 'none')
redis.call('HSET', KEYS[1], 'closed', ARGV[3])
return redis.call('HINCRBY', KEYS[1], 'commits', 1)
