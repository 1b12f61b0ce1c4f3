-- The records themselves tell head and size no more once some are removed.
ALTER TABLE store ADD COLUMN head INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN records INTEGER NOT NULL DEFAULT 0;
-- the ids in those records
ALTER TABLE store ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;
-- as NewRecord.bytes() counts
ALTER TABLE store ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
-- rows of entry_id whose record is gone
ALTER TABLE store ADD COLUMN tombstones INTEGER NOT NULL DEFAULT 0;
UPDATE store SET (head, records, entries, bytes) = (
  SELECT
    coalesce(max((key & 1099511627775) + length(ids) / 16 - 1), 0),
    count(*),
    coalesce(sum(length(ids) / 16), 0),
    coalesce(sum(64 + length(ids) + coalesce(length(event), 0) + coalesce(length(primary_key), 0)
      + coalesce(length(author), 0) + length(header) + length(body)), 0)
  FROM record
  WHERE key BETWEEN store.id << 40 AND (store.id << 40) + 1099511627775);
-- When tombstones were made, see RemovalDays: each one has a day.
CREATE TABLE removal (
  -- store << 40 | sequence / 1024
  key INTEGER PRIMARY KEY,
  days BLOB NOT NULL
) STRICT;
-- Text as its UTF-8 bytes, which are also its order.
CREATE TABLE mapping (
  tenant BLOB NOT NULL,
  public_key BLOB NOT NULL,
  requested BLOB NOT NULL,
  store BLOB NOT NULL,
  removed INTEGER NOT NULL,
  PRIMARY KEY (tenant, public_key, requested)
) STRICT, WITHOUT ROWID;
CREATE TABLE binding (
  tenant BLOB NOT NULL,
  public_key BLOB NOT NULL,
  signing_key BLOB NOT NULL,
  PRIMARY KEY (tenant, public_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE compaction (
  number INTEGER PRIMARY KEY,
  run BLOB NOT NULL
) STRICT;
