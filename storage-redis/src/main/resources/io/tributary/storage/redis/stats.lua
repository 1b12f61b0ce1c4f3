-- Returns commits, head, durable, records, entries, bytes, tombstones.
return {tonumber(guard[3]), numbers('head', 'durable', 'records', 'entries', 'bytes', 'tombstones')}
