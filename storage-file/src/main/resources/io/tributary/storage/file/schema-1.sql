CREATE TABLE data_set (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id BLOB NOT NULL CHECK (length(id) = 16),
  -- the newest epoch given to a lease, of all names
  epoch INTEGER NOT NULL,
  -- what a write that is only to see whether writes work changes
  probes INTEGER NOT NULL
) STRICT;
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id < 8388608),
  key TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE record (
  -- store << 40 | first sequence
  key INTEGER PRIMARY KEY,
  committed_at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  process INTEGER NOT NULL,
  -- 16 bytes each
  ids BLOB NOT NULL,
  event BLOB,
  primary_key BLOB,
  author BLOB,
  header BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT;
-- The id first: new ids of all stores meet on the same few pages, however many stores are written.
CREATE TABLE entry_id (
  id BLOB NOT NULL,
  store INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (id, store)
) STRICT, WITHOUT ROWID;
