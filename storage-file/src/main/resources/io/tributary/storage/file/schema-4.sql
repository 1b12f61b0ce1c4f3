-- Spaces of keys with values. A name of NULL: destroyed, its rows are still to be deleted.
CREATE TABLE space (
  id INTEGER PRIMARY KEY,
  -- UTF-8
  name BLOB UNIQUE
) STRICT;
-- The values apart from the keys: they may be long, and are read only where they are asked for.
CREATE TABLE space_item (
  id INTEGER PRIMARY KEY,
  space INTEGER NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX space_item_key ON space_item (space, key);
