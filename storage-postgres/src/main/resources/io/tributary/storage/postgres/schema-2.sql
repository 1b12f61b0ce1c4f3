-- Journals. What has text in its key is found by a hash: text may be longer than what an index takes.
-- A plan may have been made when the tables were empty and all indexes alike. So each question fits
-- one index only: besides the primary keys they are on one value, made of all that is compared.

CREATE TABLE @journal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- sha256 of the name
  hash bytea NOT NULL UNIQUE,
  name bytea NOT NULL,
  -- the last one given
  position bigint NOT NULL DEFAULT 0
)
-- Each commit updates a row: room for its next version on the same page.
WITH (fillfactor = 50);
CREATE INDEX ON @journal (substring(name, 1, 512));

CREATE TABLE @journal_entry (
  journal bigint NOT NULL,
  position bigint NOT NULL,
  -- 0 if it was written here
  sequence bigint NOT NULL,
  id uuid NOT NULL,
  event bytea NOT NULL,
  primary_key bytea NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (journal, position)
);
CREATE UNIQUE INDEX ON @journal_entry ((int8send(journal) || uuid_send(id)));
CREATE INDEX ON @journal_entry (
  (int8send(journal) || sha256(int4send(octet_length(event)) || event || primary_key)
    || uuid_send(id))
);

CREATE TABLE @journal_removed (
  journal bigint NOT NULL,
  id uuid NOT NULL,
  PRIMARY KEY (journal, id)
);

CREATE TABLE @journal_outcome (
  journal bigint NOT NULL,
  at bigint NOT NULL,
  id uuid NOT NULL,
  attempts integer NOT NULL,
  state smallint NOT NULL,
  reason bytea,
  PRIMARY KEY (journal, id)
);
CREATE INDEX ON @journal_outcome ((int8send(journal) || int2send(state) || uuid_send(id)));

CREATE TABLE @journal_winner (
  journal bigint NOT NULL,
  -- sha256 of the event's length, 4 bytes, the event and the primary key
  hash bytea NOT NULL,
  event bytea NOT NULL,
  primary_key bytea NOT NULL,
  id uuid NOT NULL,
  -- null if it is the entry's own
  payload bytea,
  policy bytea NOT NULL,
  PRIMARY KEY (journal, hash)
);

CREATE TABLE @journal_progress (
  journal bigint NOT NULL,
  -- sha256 of remote and store
  hash bytea NOT NULL,
  remote uuid NOT NULL,
  store bytea NOT NULL,
  next bigint NOT NULL,
  begun bigint NOT NULL,
  uploaded bigint NOT NULL,
  attempt integer NOT NULL,
  PRIMARY KEY (journal, hash)
)
WITH (fillfactor = 50);

CREATE TABLE @journal_mark (
  journal bigint NOT NULL,
  -- of whose progress
  hash bytea NOT NULL,
  position bigint NOT NULL,
  state smallint NOT NULL,
  reason bytea,
  PRIMARY KEY (journal, hash, position)
);
CREATE INDEX ON @journal_mark (
  (int8send(journal) || hash || int2send(state) || int8send(position))
);

-- No list of ids, and of what has a hash none with several of the same: what counts of them is found
-- out before.
--
-- fenced: whether the lease has ended, and nothing was done. positions: of the entries.
CREATE FUNCTION @commit_journal(
  -- null if there are no changes
  p_name bytea,
  p_lease bytea,
  p_epoch bigint,
  p_removed uuid[],
  p_entry uuid[],
  p_entry_sequence bigint[],
  p_entry_event bytea[],
  p_entry_primary_key bytea[],
  p_entry_payload bytea[],
  p_outcome uuid[],
  p_outcome_state smallint[],
  p_outcome_attempts integer[],
  p_outcome_at bigint[],
  p_outcome_reason bytea[],
  p_winner bytea[],
  p_winner_event bytea[],
  p_winner_primary_key bytea[],
  p_winner_id uuid[],
  p_winner_payload bytea[],
  p_winner_policy bytea[],
  p_progress bytea[],
  p_progress_remote uuid[],
  p_progress_store bytea[],
  p_progress_next bigint[],
  p_progress_begun bigint[],
  p_progress_attempt integer[],
  p_progress_uploaded bigint[],
  -- up to where marks go
  p_progress_drop bigint[],
  p_mark bytea[],
  p_mark_position bigint[],
  p_mark_state smallint[],
  p_mark_reason bytea[],
  p_unmarked bytea[],
  p_unmarked_position bigint[],
  OUT fenced boolean,
  OUT positions bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_journal bigint;
  v_before bigint;
  v_position bigint;
BEGIN
  fenced := false;
  positions := '{}';
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
  IF p_name IS NULL THEN
    RETURN;
  END IF;
  -- Each statement after this sees what was committed before: nobody else changes the journal.
  LOOP
    SELECT j.id, j.position INTO v_journal, v_before
      FROM @journal j WHERE j.hash = sha256(p_name) FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO @journal (hash, name) VALUES (sha256(p_name), p_name) ON CONFLICT DO NOTHING;
  END LOOP;
  IF cardinality(p_removed) > 0 THEN
    DELETE FROM @journal_entry e
      WHERE int8send(e.journal) || uuid_send(e.id) = ANY (
        ARRAY(SELECT int8send(v_journal) || uuid_send(i.id) FROM unnest(p_removed) AS i (id))
      );
    INSERT INTO @journal_removed (journal, id)
      SELECT v_journal, i.id FROM unnest(p_removed) AS i (id)
      ON CONFLICT DO NOTHING;
  END IF;
  IF cardinality(p_entry) > 0 THEN
    positions := ARRAY(
      SELECT coalesce(
        (
          SELECT e.position FROM @journal_entry e
          WHERE int8send(e.journal) || uuid_send(e.id) = int8send(v_journal) || uuid_send(i.id)
        ),
        (SELECT 0 FROM @journal_removed r WHERE r.journal = v_journal AND r.id = i.id)
      )
      FROM unnest(p_entry) WITH ORDINALITY AS i (id, n)
      ORDER BY i.n
    );
    v_position := v_before;
    FOR i IN 1 .. cardinality(positions) LOOP
      IF positions[i] IS NULL THEN
        v_position := v_position + 1;
        positions[i] := v_position;
      END IF;
    END LOOP;
    IF v_position > v_before THEN
      -- unnest in the list of columns hands on row by row; in FROM it would copy everything first.
      INSERT INTO @journal_entry (journal, position, sequence, id, event, primary_key, payload)
        SELECT v_journal, e.position, e.sequence, e.id, e.event, e.primary_key, e.payload
        FROM (
          SELECT unnest(positions) AS position, unnest(p_entry_sequence) AS sequence,
            unnest(p_entry) AS id, unnest(p_entry_event) AS event,
            unnest(p_entry_primary_key) AS primary_key, unnest(p_entry_payload) AS payload
        ) AS e
        WHERE e.position > v_before;
      UPDATE @journal j SET position = v_position WHERE j.id = v_journal;
    END IF;
  END IF;
  IF cardinality(p_outcome) > 0 THEN
    INSERT INTO @journal_outcome AS o (journal, id, state, attempts, at, reason)
      SELECT v_journal, n.*
      FROM unnest(p_outcome, p_outcome_state, p_outcome_attempts, p_outcome_at, p_outcome_reason)
        AS n (id, state, attempts, at, reason)
      ON CONFLICT (journal, id) DO UPDATE
        SET state = excluded.state, attempts = excluded.attempts, at = excluded.at,
          reason = excluded.reason
        -- 5: removed, which is final
        WHERE o.state <> 5;
  END IF;
  IF cardinality(p_winner) > 0 THEN
    INSERT INTO @journal_winner (journal, hash, event, primary_key, id, payload, policy)
      SELECT v_journal, n.*
      FROM unnest(p_winner, p_winner_event, p_winner_primary_key, p_winner_id, p_winner_payload,
        p_winner_policy) AS n (hash, event, primary_key, id, payload, policy)
      ON CONFLICT (journal, hash) DO UPDATE
        SET id = excluded.id, payload = excluded.payload, policy = excluded.policy;
  END IF;
  IF cardinality(p_progress) > 0 THEN
    INSERT INTO @journal_progress
        (journal, hash, remote, store, next, begun, attempt, uploaded)
      SELECT v_journal, n.*
      FROM unnest(p_progress, p_progress_remote, p_progress_store, p_progress_next,
        p_progress_begun, p_progress_attempt, p_progress_uploaded)
        AS n (hash, remote, store, next, begun, attempt, uploaded)
      ON CONFLICT (journal, hash) DO UPDATE
        SET next = excluded.next, begun = excluded.begun, attempt = excluded.attempt,
          uploaded = excluded.uploaded;
    FOR i IN 1 .. cardinality(p_progress) LOOP
      -- 2: refused, which are kept
      DELETE FROM @journal_mark m
        WHERE m.journal = v_journal AND m.hash = p_progress[i] AND m.position <= p_progress_drop[i]
          AND m.state <> 2;
    END LOOP;
  END IF;
  IF cardinality(p_mark) > 0 THEN
    INSERT INTO @journal_mark (journal, hash, position, state, reason)
      SELECT v_journal, n.*
      FROM unnest(p_mark, p_mark_position, p_mark_state, p_mark_reason)
        AS n (hash, position, state, reason)
      ON CONFLICT (journal, hash, position) DO UPDATE
        SET state = excluded.state, reason = excluded.reason;
  END IF;
  FOR i IN 1 .. cardinality(p_unmarked) LOOP
    DELETE FROM @journal_mark m
      WHERE m.journal = v_journal AND m.hash = p_unmarked[i]
        AND m.position = p_unmarked_position[i];
  END LOOP;
END
$$;

-- Entries above p_after in the order of insertion. With p_progress only those above its uploaded
-- that are not marked. Row by row: whatever p_max is, no more is looked at than is returned, but for
-- marked ones.
CREATE FUNCTION @journal_entries(
  p_name bytea,
  p_progress bytea,
  p_after bigint,
  p_max integer,
  p_max_bytes bigint
) RETURNS SETOF @journal_entry LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_journal bigint;
  v_after bigint;
  v_entry @journal_entry;
  v_bytes bigint := 0;
  v_count integer := 0;
  v_entries CURSOR FOR
    SELECT e.*
    FROM @journal_entry e
    WHERE e.journal = v_journal AND e.position > v_after
    ORDER BY e.position;
BEGIN
  SELECT j.id INTO v_journal FROM @journal j WHERE j.hash = sha256(p_name);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT p.uploaded INTO v_after
    FROM @journal_progress p WHERE p.journal = v_journal AND p.hash = p_progress;
  v_after := greatest(v_after, p_after);
  OPEN v_entries;
  WHILE v_count < p_max LOOP
    FETCH v_entries INTO v_entry;
    EXIT WHEN NOT FOUND;
    IF p_progress IS NOT NULL THEN
      PERFORM FROM @journal_mark m
        WHERE m.journal = v_journal AND m.hash = p_progress AND m.position = v_entry.position;
      CONTINUE WHEN FOUND;
    END IF;
    v_bytes := v_bytes + octet_length(v_entry.event) + octet_length(v_entry.primary_key)
      + octet_length(v_entry.payload);
    EXIT WHEN v_count > 0 AND v_bytes > p_max_bytes;
    RETURN NEXT v_entry;
    v_count := v_count + 1;
  END LOOP;
END
$$;

CREATE FUNCTION @destroy_journal(p_name bytea)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_journal bigint;
BEGIN
  SELECT j.id INTO v_journal FROM @journal j WHERE j.hash = sha256(p_name) FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM @journal_entry e WHERE e.journal = v_journal;
  DELETE FROM @journal_removed r WHERE r.journal = v_journal;
  DELETE FROM @journal_outcome o WHERE o.journal = v_journal;
  DELETE FROM @journal_winner w WHERE w.journal = v_journal;
  DELETE FROM @journal_progress p WHERE p.journal = v_journal;
  DELETE FROM @journal_mark m WHERE m.journal = v_journal;
  DELETE FROM @journal j WHERE j.id = v_journal;
END
$$;
