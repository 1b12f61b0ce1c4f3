-- @name stands for the table or function of that name, with schema and prefix.
-- Text is kept as bytes: U+0000 and malformed input survive, whatever the database's encoding.

CREATE TABLE @data_set (
  one integer PRIMARY KEY CHECK (one = 1),
  id bytea NOT NULL CHECK (octet_length(id) = 16),
  -- which of these scripts have been run
  schema integer NOT NULL
);

CREATE TABLE @store (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- sha256 of the key: a key may be longer than what an index takes
  hash bytea NOT NULL UNIQUE,
  key bytea NOT NULL,
  head bigint NOT NULL DEFAULT 0,
  -- what is there: without removed records
  records bigint NOT NULL DEFAULT 0,
  entries bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  tombstones bigint NOT NULL DEFAULT 0
)
-- Each append updates a row: room for its next version on the same page.
WITH (fillfactor = 50);
CREATE INDEX ON @store (substring(key, 1, 512));

CREATE TABLE @record (
  store bigint NOT NULL,
  first bigint NOT NULL,
  committed_at bigint NOT NULL,
  count integer NOT NULL,
  bytes integer NOT NULL,
  kind smallint NOT NULL,
  process boolean NOT NULL,
  -- the id of a record with one id that was first committed here
  id uuid,
  -- else the ids, 16 bytes each; where they were first committed is in entry_id
  ids bytea,
  event bytea,
  primary_key bytea,
  author bytea,
  header bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (store, first)
);
-- Most bodies are ciphertext: trying to compress them is in vain.
ALTER TABLE @record ALTER COLUMN body SET STORAGE EXTERNAL;
-- The id first: new ids of all stores meet on the same few pages, however many stores are written.
CREATE UNIQUE INDEX ON @record (id, store) WHERE id IS NOT NULL;

-- The ids that a store knows but for those in record.id: of records with several ids, and tombstones.
CREATE TABLE @entry_id (
  store bigint NOT NULL,
  id uuid NOT NULL,
  -- what it was first committed under
  sequence bigint NOT NULL,
  -- Unix milliseconds; null while its record is there
  removed_at bigint,
  PRIMARY KEY (store, id)
);
CREATE INDEX ON @entry_id (store, sequence) WHERE removed_at IS NOT NULL;

CREATE TABLE @lease (
  hash bytea PRIMARY KEY,
  name bytea NOT NULL,
  -- rows stay, so that epochs never go back
  epoch bigint NOT NULL,
  ends_at timestamptz NOT NULL
);

CREATE TABLE @mapping (
  -- sha256 of tenant, public_key and requested_store
  hash bytea PRIMARY KEY,
  -- sha256 of tenant and public_key
  owner bytea NOT NULL,
  tenant bytea NOT NULL,
  public_key bytea NOT NULL,
  requested_store bytea NOT NULL,
  store bytea NOT NULL,
  removed boolean NOT NULL
);
CREATE INDEX ON @mapping (owner);

CREATE TABLE @binding (
  -- sha256 of tenant and public_key
  hash bytea PRIMARY KEY,
  tenant bytea NOT NULL,
  public_key bytea NOT NULL,
  signing_key bytea NOT NULL
);

CREATE TABLE @compaction (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bytea NOT NULL
);

-- What is written and deleted again to see whether there is room.
CREATE TABLE @probe (
  bytes bytea NOT NULL
);
ALTER TABLE @probe ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Locks the stores in the order of their hashes, making those that are missing.
--
-- Nobody waits for ever: missing rows are inserted in that order before any row is locked, and
-- whoever locks rows waits only for those who lock rows. Each statement sees what was committed
-- before it began, so what is read after this was written by nobody else in the meantime.
CREATE FUNCTION @lock_stores(
  p_keys bytea[],
  OUT ids bigint[],
  OUT heads bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO @store (hash, key)
    SELECT sha256(k.key), k.key
    FROM unnest(p_keys) AS k (key)
    WHERE NOT EXISTS (SELECT FROM @store s WHERE s.hash = sha256(k.key))
    ORDER BY 1
    ON CONFLICT DO NOTHING;
  SELECT array_agg(l.id ORDER BY l.n), array_agg(l.head ORDER BY l.n)
    INTO ids, heads
    FROM (
      SELECT s.id, s.head, k.n
      FROM unnest(p_keys) WITH ORDINALITY AS k (key, n)
      JOIN @store s ON s.hash = sha256(k.key)
      ORDER BY s.hash
      FOR NO KEY UPDATE OF s
    ) AS l;
END
$$;

-- Appends records that have at least one id which occurs nowhere before in the call.
--
-- heads: of the stores, before. firsts: per record its first sequence, 0 if it was not stored.
-- known: per id the sequence it was known under; null if no id was known.
CREATE FUNCTION @append(
  -- per store, and what it gets if no id is known
  p_keys bytea[],
  p_store_records bigint[],
  p_store_entries bigint[],
  p_store_bytes bigint[],
  -- per record; the store as its place in p_keys, the sequence above the head if no id is known
  p_store integer[],
  p_above integer[],
  p_committed_at bigint[],
  p_count integer[],
  p_bytes integer[],
  p_kind smallint[],
  p_process boolean[],
  p_id uuid[],
  p_ids bytea[],
  p_event bytea[],
  p_primary_key bytea[],
  p_author bytea[],
  p_header bytea[],
  p_body bytea[],
  -- per id that occurs for the first time: its record and its place there, from 0
  p_entry uuid[],
  p_entry_record integer[],
  p_entry_place integer[],
  OUT heads bigint[],
  OUT firsts bigint[],
  OUT known bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_ids bigint[];
  v_next bigint[];
  v_new boolean[];
  v_found record;
  v_at integer;
  v_look boolean;
BEGIN
  SELECT l.ids, l.heads INTO v_ids, heads FROM @lock_stores(p_keys) AS l;
  -- Most stores have neither records of several ids nor tombstones, and most ids are new: then the
  -- index of record.id, which is looked at anyway, says so. Else it stops the insert, and the ids are
  -- looked up first.
  v_look := cardinality(p_ids) > 0
    OR EXISTS (SELECT FROM @entry_id o WHERE o.store = ANY (v_ids));
  LOOP
    IF v_look THEN
      FOR v_found IN
        SELECT e.n, r.first AS sequence
        FROM unnest(p_entry, p_entry_record) WITH ORDINALITY AS e (id, record, n)
        JOIN @record r ON r.id = e.id AND r.store = v_ids[p_store[e.record]]
        UNION ALL
        SELECT e.n, o.sequence
        FROM unnest(p_entry, p_entry_record) WITH ORDINALITY AS e (id, record, n)
        JOIN @entry_id o ON o.store = v_ids[p_store[e.record]] AND o.id = e.id
      LOOP
        known := coalesce(known, array_fill(0::bigint, ARRAY[cardinality(p_entry)]));
        known[v_found.n] := v_found.sequence;
      END LOOP;
    END IF;
    IF known IS NULL THEN
      firsts := ARRAY(
        SELECT heads[r.store] + r.above FROM unnest(p_store, p_above) AS r (store, above)
      );
    ELSE
      v_next := heads;
      v_new := array_fill(false, ARRAY[cardinality(p_store)]);
      FOR i IN 1 .. cardinality(p_entry) LOOP
        IF known[i] = 0 THEN
          v_new[p_entry_record[i]] := true;
        END IF;
      END LOOP;
      firsts := array_fill(0::bigint, ARRAY[cardinality(p_store)]);
      FOR i IN 1 .. cardinality(p_store) LOOP
        IF v_new[i] THEN
          v_at := p_store[i];
          firsts[i] := v_next[v_at] + 1;
          v_next[v_at] := v_next[v_at] + p_count[i];
        END IF;
      END LOOP;
    END IF;
    BEGIN
      -- unnest in the list of columns hands on row by row; in FROM it would copy everything first.
      INSERT INTO @record (store, first, committed_at, count, bytes, kind, process, id, ids,
          event, primary_key, author, header, body)
        SELECT v_ids[r.store], r.first, r.committed_at, r.count, r.bytes, r.kind, r.process, r.id,
          r.ids, r.event, r.primary_key, r.author, r.header, r.body
        FROM (
          SELECT unnest(p_store) AS store, unnest(firsts) AS first,
            unnest(p_committed_at) AS committed_at, unnest(p_count) AS count,
            unnest(p_bytes) AS bytes, unnest(p_kind) AS kind, unnest(p_process) AS process,
            unnest(p_id) AS id, unnest(p_ids) AS ids, unnest(p_event) AS event,
            unnest(p_primary_key) AS primary_key, unnest(p_author) AS author,
            unnest(p_header) AS header, unnest(p_body) AS body
        ) AS r
        WHERE r.first > 0;
      EXIT;
    EXCEPTION WHEN unique_violation THEN
      IF v_look THEN
        RAISE;
      END IF;
      v_look := true;
    END;
  END LOOP;
  IF cardinality(p_ids) > 0 THEN
    INSERT INTO @entry_id (store, id, sequence)
      SELECT v_ids[p_store[e.record]], e.id, firsts[e.record] + e.place
      FROM unnest(p_entry, p_entry_record, p_entry_place, known) AS e (id, record, place, known)
      WHERE p_id[e.record] IS NULL AND coalesce(e.known, 0) = 0;
  END IF;
  IF known IS NULL THEN
    UPDATE @store AS s
      SET head = s.head + d.entries,
        records = s.records + d.records,
        entries = s.entries + d.entries,
        bytes = s.bytes + d.bytes
      FROM unnest(v_ids, p_store_records, p_store_entries, p_store_bytes)
        AS d (store, records, entries, bytes)
      WHERE s.id = d.store;
  ELSE
    UPDATE @store AS s
      SET head = s.head + d.entries,
        records = s.records + d.records,
        entries = s.entries + d.entries,
        bytes = s.bytes + d.bytes
      FROM (
        SELECT r.store, count(*) AS records, sum(r.count) AS entries, sum(r.bytes) AS bytes
        FROM unnest(p_store, p_count, p_bytes, firsts) AS r (store, count, bytes, first)
        WHERE r.first > 0
        GROUP BY r.store
      ) AS d
      WHERE s.id = v_ids[d.store];
  END IF;
END
$$;

-- fenced: whether the lease has ended, and nothing was done.
CREATE FUNCTION @remove(
  p_key bytea,
  p_sequences bigint[],
  p_removed_at bigint,
  p_lease bytea,
  p_epoch bigint,
  OUT fenced boolean,
  OUT removed_records bigint,
  OUT removed_entries bigint,
  OUT removed_bytes bigint
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_store bigint;
  v_tombstones bigint;
BEGIN
  fenced := false;
  removed_records := 0;
  removed_entries := 0;
  removed_bytes := 0;
  IF p_lease IS NOT NULL THEN
    -- Locked: nobody gets the lease before this has ended.
    PERFORM FROM @lease l
      WHERE l.hash = sha256(p_lease) AND l.epoch = p_epoch AND l.ends_at > clock_timestamp()
      FOR SHARE;
    IF NOT FOUND THEN
      fenced := true;
      RETURN;
    END IF;
  END IF;
  SELECT s.id INTO v_store FROM @store s WHERE s.hash = sha256(p_key) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  WITH gone AS (
    DELETE FROM @record r
      WHERE r.store = v_store AND r.first IN (
        SELECT c.first
        FROM unnest(p_sequences) AS q (sequence)
        CROSS JOIN LATERAL (
          SELECT b.first, b.count
          FROM @record b
          WHERE b.store = v_store AND b.first <= q.sequence
          ORDER BY b.first DESC
          LIMIT 1
        ) AS c
        WHERE q.sequence < c.first + c.count
      )
      RETURNING r.first, r.count, r.bytes, r.id, r.ids
  ), of_one AS (
    INSERT INTO @entry_id (store, id, sequence, removed_at)
      SELECT v_store, g.id, g.first, p_removed_at FROM gone g WHERE g.id IS NOT NULL
      RETURNING 1
  ), of_several AS (
    UPDATE @entry_id AS e
      SET removed_at = p_removed_at
      FROM (
        SELECT g.first + p AS sequence,
          encode(substring(g.ids, 16 * p + 1, 16), 'hex')::uuid AS id
        FROM gone g CROSS JOIN LATERAL generate_series(0, g.count - 1) AS p
        WHERE g.ids IS NOT NULL
      ) AS i
      -- An id that was known before has its tombstone where it was first committed.
      WHERE e.store = v_store AND e.id = i.id AND e.sequence = i.sequence
      RETURNING 1
  )
  SELECT count(*), coalesce(sum(g.count), 0), coalesce(sum(g.bytes), 0),
      (SELECT count(*) FROM of_one) + (SELECT count(*) FROM of_several)
    INTO removed_records, removed_entries, removed_bytes, v_tombstones
    FROM gone g;
  UPDATE @store AS s
    SET records = s.records - removed_records,
      entries = s.entries - removed_entries,
      bytes = s.bytes - removed_bytes,
      tombstones = s.tombstones + v_tombstones
    WHERE s.id = v_store AND removed_records > 0;
END
$$;

CREATE FUNCTION @forget(p_key bytea, p_removed_before bigint, p_max integer)
RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_store bigint;
  v_count integer;
BEGIN
  SELECT s.id INTO v_store FROM @store s WHERE s.hash = sha256(p_key) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  DELETE FROM @entry_id e
    WHERE e.store = v_store AND e.id IN (
      SELECT f.id
      FROM @entry_id f
      WHERE f.store = v_store AND f.removed_at < p_removed_before
      ORDER BY f.sequence
      LIMIT p_max
    );
  GET DIAGNOSTICS v_count = ROW_COUNT;
  UPDATE @store s SET tombstones = s.tombstones - v_count WHERE s.id = v_store AND v_count > 0;
  RETURN v_count;
END
$$;

-- False, and nothing done, if the first item is not above the head.
CREATE FUNCTION @restore(
  p_key bytea,
  p_head bigint,
  p_lowest bigint,
  p_restored_at bigint,
  -- per record
  p_first bigint[],
  p_committed_at bigint[],
  p_count integer[],
  p_bytes integer[],
  p_kind smallint[],
  p_process boolean[],
  p_id uuid[],
  p_ids bytea[],
  p_event bytea[],
  p_primary_key bytea[],
  p_author bytea[],
  p_header bytea[],
  p_body bytea[],
  -- per id that occurs for the first time: its record, 0 for a tombstone, and its sequence
  p_entry uuid[],
  p_entry_record integer[],
  p_entry_sequence bigint[]
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_store bigint;
  v_head bigint;
  v_known uuid[];
  v_tombstones bigint;
BEGIN
  SELECT l.ids[1], l.heads[1] INTO v_store, v_head FROM @lock_stores(ARRAY[p_key]) AS l;
  IF p_lowest <= v_head OR p_head < v_head THEN
    RETURN false;
  END IF;
  SELECT coalesce(array_agg(k.id), '{}') INTO v_known FROM (
    SELECT e.id FROM unnest(p_entry) AS e (id)
      JOIN @record r ON r.id = e.id AND r.store = v_store
    UNION ALL
    SELECT e.id FROM unnest(p_entry) AS e (id)
      JOIN @entry_id o ON o.store = v_store AND o.id = e.id
  ) AS k;
  INSERT INTO @record (store, first, committed_at, count, bytes, kind, process, id, ids,
      event, primary_key, author, header, body)
    SELECT v_store, r.first, r.committed_at, r.count, r.bytes, r.kind, r.process,
      CASE WHEN r.id = ANY (v_known) THEN NULL ELSE r.id END,
      CASE WHEN r.id = ANY (v_known) THEN uuid_send(r.id) ELSE r.ids END,
      r.event, r.primary_key, r.author, r.header, r.body
    FROM (
      SELECT unnest(p_first) AS first,
        unnest(p_committed_at) AS committed_at, unnest(p_count) AS count,
        unnest(p_bytes) AS bytes, unnest(p_kind) AS kind, unnest(p_process) AS process,
        unnest(p_id) AS id, unnest(p_ids) AS ids, unnest(p_event) AS event,
        unnest(p_primary_key) AS primary_key, unnest(p_author) AS author,
        unnest(p_header) AS header, unnest(p_body) AS body
    ) AS r;
  WITH more AS (
    INSERT INTO @entry_id (store, id, sequence, removed_at)
      SELECT v_store, e.id, e.sequence, CASE WHEN e.record = 0 THEN p_restored_at END
      FROM unnest(p_entry, p_entry_record, p_entry_sequence) AS e (id, record, sequence)
      WHERE (e.record = 0 OR p_id[e.record] IS NULL) AND e.id <> ALL (v_known)
      RETURNING removed_at
  )
  SELECT count(m.removed_at) INTO v_tombstones FROM more m;
  UPDATE @store AS s
    SET head = p_head,
      records = s.records + d.records,
      entries = s.entries + d.entries,
      bytes = s.bytes + d.bytes,
      tombstones = s.tombstones + v_tombstones
    FROM (
      SELECT count(*) AS records, coalesce(sum(r.count), 0) AS entries,
        coalesce(sum(r.bytes), 0) AS bytes
      FROM unnest(p_count, p_bytes) AS r (count, bytes)
    ) AS d
    WHERE s.id = v_store;
  RETURN true;
END
$$;

-- The epoch, or null if the lease is held.
CREATE FUNCTION @acquire(p_name bytea, p_ttl_ms bigint)
RETURNS bigint LANGUAGE sql VOLATILE AS $$
  INSERT INTO @lease AS l (hash, name, epoch, ends_at)
    VALUES (sha256(p_name), p_name, 1, clock_timestamp() + p_ttl_ms * interval '1 ms')
    ON CONFLICT (hash) DO UPDATE
      SET epoch = l.epoch + 1, ends_at = clock_timestamp() + p_ttl_ms * interval '1 ms'
      WHERE l.ends_at <= clock_timestamp()
    RETURNING l.epoch
$$;

-- What stands in the way: null if nothing does, else whether it is that the mapping was removed.
CREATE FUNCTION @assign(
  p_hash bytea,
  p_owner bytea,
  p_tenant bytea,
  p_public_key bytea,
  p_requested_store bytea,
  p_store bytea,
  p_revive boolean
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_mapping record;
BEGIN
  INSERT INTO @mapping
    VALUES (p_hash, p_owner, p_tenant, p_public_key, p_requested_store, p_store, false)
    ON CONFLICT (hash) DO NOTHING;
  IF FOUND THEN
    RETURN NULL;
  END IF;
  SELECT m.store, m.removed INTO v_mapping FROM @mapping m WHERE m.hash = p_hash FOR UPDATE;
  IF NOT v_mapping.removed THEN
    RETURN CASE WHEN v_mapping.store <> p_store THEN false END;
  ELSIF NOT p_revive THEN
    RETURN true;
  END IF;
  UPDATE @mapping m SET store = p_store, removed = false WHERE m.hash = p_hash;
  RETURN NULL;
END
$$;

CREATE FUNCTION @add_compaction(p_run bytea, p_keep integer)
RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_number bigint;
BEGIN
  INSERT INTO @compaction (run) VALUES (p_run) RETURNING number INTO v_number;
  DELETE FROM @compaction c WHERE c.number < (
    SELECT min(n.number) FROM (
      SELECT number FROM @compaction ORDER BY number DESC LIMIT p_keep
    ) AS n
  );
  RETURN v_number;
END
$$;
