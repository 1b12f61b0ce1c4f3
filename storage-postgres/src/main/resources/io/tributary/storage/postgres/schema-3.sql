-- Spaces of keys with values. A space without keys has no row.

CREATE TABLE @space (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- sha256 of the name
  hash bytea NOT NULL UNIQUE,
  name bytea NOT NULL
);
CREATE INDEX ON @space (substring(name, 1, 512));

CREATE TABLE @space_item (
  space bigint NOT NULL,
  key bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (space, key)
);

-- All keys are different.
CREATE FUNCTION @commit_space(
  p_name bytea,
  p_key bytea[],
  p_value bytea[],
  p_removed bytea[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_space bigint;
  v_key bytea;
BEGIN
  IF cardinality(p_key) = 0 AND cardinality(p_removed) = 0 THEN
    RETURN;
  END IF;
  -- Each statement after this sees what was committed before: nobody else changes the space.
  LOOP
    SELECT s.id INTO v_space FROM @space s WHERE s.hash = sha256(p_name) FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
    IF cardinality(p_key) = 0 THEN
      RETURN;
    END IF;
    INSERT INTO @space (hash, name) VALUES (sha256(p_name), p_name) ON CONFLICT DO NOTHING;
  END LOOP;
  IF cardinality(p_key) > 0 THEN
    -- unnest in the list of columns hands on row by row; in FROM it would copy everything first.
    INSERT INTO @space_item (space, key, value)
      SELECT v_space, n.key, n.value
      FROM (SELECT unnest(p_key) AS key, unnest(p_value) AS value) AS n
      ON CONFLICT (space, key) DO UPDATE SET value = excluded.value;
  END IF;
  IF cardinality(p_removed) > 0 THEN
    -- Each by itself: no plan can go over the whole space instead.
    FOREACH v_key IN ARRAY p_removed LOOP
      DELETE FROM @space_item i WHERE i.space = v_space AND i.key = v_key;
    END LOOP;
    PERFORM FROM @space_item i WHERE i.space = v_space LIMIT 1;
    IF NOT FOUND THEN
      DELETE FROM @space s WHERE s.id = v_space;
    END IF;
  END IF;
END
$$;

-- Row by row: whatever p_max is, no more is looked at than is returned. p_to is above all keys if
-- there is no bound.
CREATE FUNCTION @space_range(
  p_name bytea,
  p_from bytea,
  p_to bytea,
  p_reverse boolean,
  p_max integer,
  p_max_bytes bigint
) RETURNS SETOF @space_item LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_space bigint;
  v_item @space_item;
  v_bytes bigint := 0;
  v_count integer := 0;
  v_forward CURSOR FOR
    SELECT i.*
    FROM @space_item i
    WHERE i.space = v_space AND i.key >= p_from AND i.key < p_to
    ORDER BY i.key;
  v_backward CURSOR FOR
    SELECT i.*
    FROM @space_item i
    WHERE i.space = v_space AND i.key >= p_from AND i.key < p_to
    ORDER BY i.key DESC;
BEGIN
  SELECT s.id INTO v_space FROM @space s WHERE s.hash = sha256(p_name);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF p_reverse THEN
    OPEN v_backward;
  ELSE
    OPEN v_forward;
  END IF;
  WHILE v_count < p_max LOOP
    IF p_reverse THEN
      FETCH v_backward INTO v_item;
    ELSE
      FETCH v_forward INTO v_item;
    END IF;
    EXIT WHEN NOT FOUND;
    v_bytes := v_bytes + octet_length(v_item.key) + octet_length(v_item.value);
    EXIT WHEN v_count > 0 AND v_bytes > p_max_bytes;
    RETURN NEXT v_item;
    v_count := v_count + 1;
  END LOOP;
END
$$;

CREATE FUNCTION @destroy_space(p_name bytea)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_space bigint;
BEGIN
  SELECT s.id INTO v_space FROM @space s WHERE s.hash = sha256(p_name) FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM @space_item i WHERE i.space = v_space;
  DELETE FROM @space s WHERE s.id = v_space;
END
$$;
