-- Journals. A name of NULL: destroyed, its rows are still to be deleted.
CREATE TABLE journal (
  id INTEGER PRIMARY KEY CHECK (id < 8388608),
  -- UTF-8
  name BLOB UNIQUE,
  -- the greatest position there ever was
  last INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE journal_entry (
  -- journal << 40 | position
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  event BLOB NOT NULL,
  primary_key BLOB NOT NULL,
  payload BLOB NOT NULL,
  sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_entry_key ON journal_entry (key >> 40, event, primary_key, id);
-- What is known of an id: where its entry is, and what became of it.
CREATE TABLE journal_id (
  journal INTEGER NOT NULL,
  id BLOB NOT NULL,
  -- 0: there is no entry
  position INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  -- EntryOutcome.State.code(); NULL: no outcome, and the columns behind it mean nothing
  state INTEGER,
  attempts INTEGER,
  at INTEGER,
  reason BLOB,
  PRIMARY KEY (journal, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_id_state ON journal_id (journal, state, id) WHERE state IS NOT NULL;
CREATE TABLE journal_winner (
  journal INTEGER NOT NULL,
  event BLOB NOT NULL,
  primary_key BLOB NOT NULL,
  id BLOB NOT NULL,
  payload BLOB,
  policy BLOB NOT NULL,
  PRIMARY KEY (journal, event, primary_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal_progress (
  journal INTEGER NOT NULL,
  remote BLOB NOT NULL,
  store BLOB NOT NULL,
  next INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  uploaded INTEGER NOT NULL,
  PRIMARY KEY (journal, remote, store)
) STRICT, WITHOUT ROWID;
-- By state first: the one of a position is looked for in each state, there are three.
CREATE TABLE journal_mark (
  journal INTEGER NOT NULL,
  remote BLOB NOT NULL,
  store BLOB NOT NULL,
  state INTEGER NOT NULL,
  position INTEGER NOT NULL,
  reason BLOB,
  PRIMARY KEY (journal, remote, store, state, position)
) STRICT, WITHOUT ROWID;
