-- ARGV[4] key. Returns commits, the commit that changed the space last, the value if there is one.
return {tonumber(guard[3]), changed(), redis.call('HGET', values, ARGV[4])}
