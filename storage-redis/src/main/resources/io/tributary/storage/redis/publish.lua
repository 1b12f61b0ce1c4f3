-- ARGV[3] the channel, ARGV[4] the message. Not a write: nothing of it is kept.
redis.call('PUBLISH', ARGV[3], ARGV[4])
return {tonumber(guard[3])}
