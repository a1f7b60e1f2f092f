-- The log: what happened, in one total order, written once.
CREATE SCHEMA log;

CREATE TABLE log.head (
    id          smallint PRIMARY KEY CHECK (id = 1),
    pos         bigint NOT NULL,
    recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log.head VALUES (1, 0, 'epoch');

CREATE TABLE log.facts (
    position    bigint PRIMARY KEY,
    stream_id   uuid NOT NULL,
    version     bigint NOT NULL,
    topic       text NOT NULL,
    state       bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    UNIQUE (stream_id, version)
);
-- States are short, and long ones are compressed before they come here.
ALTER TABLE log.facts ALTER COLUMN state SET STORAGE EXTERNAL;

CREATE TABLE log.commands (
    command_id  uuid PRIMARY KEY,
    fingerprint bytea NOT NULL,
    position    bigint NOT NULL,
    stream_id   uuid NOT NULL,
    version     bigint NOT NULL
);

-- Derived from the facts, and may be thrown away.
CREATE TABLE log.snapshots (
    stream_id   uuid NOT NULL,
    version     bigint NOT NULL,
    topic       text NOT NULL,
    state       bytea NOT NULL,
    PRIMARY KEY (stream_id, version)
);
ALTER TABLE log.snapshots ALTER COLUMN state SET STORAGE EXTERNAL;

CREATE FUNCTION log.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: what happened stays as it was written',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON log.facts
    FOR EACH ROW EXECUTE FUNCTION log.never();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON log.facts
    FOR EACH STATEMENT EXECUTE FUNCTION log.never();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON log.commands
    FOR EACH ROW EXECUTE FUNCTION log.never();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON log.commands
    FOR EACH STATEMENT EXECUTE FUNCTION log.never();
CREATE TRIGGER never_gone BEFORE DELETE ON log.head
    FOR EACH ROW EXECUTE FUNCTION log.never();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON log.head
    FOR EACH STATEMENT EXECUTE FUNCTION log.never();
CREATE TRIGGER never_back BEFORE UPDATE ON log.head
    FOR EACH ROW WHEN (new.id <> old.id OR new.pos < old.pos
                       OR new.recorded_at < old.recorded_at)
    EXECUTE FUNCTION log.never();

-- ALWAYS: they fire for the owner too, and in session_replication_role = replica.
ALTER TABLE log.facts    ENABLE ALWAYS TRIGGER written_once;
ALTER TABLE log.facts    ENABLE ALWAYS TRIGGER never_emptied;
ALTER TABLE log.commands ENABLE ALWAYS TRIGGER written_once;
ALTER TABLE log.commands ENABLE ALWAYS TRIGGER never_emptied;
ALTER TABLE log.head     ENABLE ALWAYS TRIGGER never_gone;
ALTER TABLE log.head     ENABLE ALWAYS TRIGGER never_emptied;
ALTER TABLE log.head     ENABLE ALWAYS TRIGGER never_back;

-- The one way in. The head row stays locked until the commit, so the order of commits is
-- the order of positions, and a reader never sees a gap. The function runs as its owner:
-- whoever may append can choose neither a position nor the time of recording.
-- Arrays of one request a command: voiced_last is the 1-based row of its last fact.
CREATE FUNCTION log.append(
    stream_ids uuid[], versions bigint[], topics text[], states bytea[],
    occurred timestamptz[], voiced uuid[], fingerprints bytea[], voiced_last bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n    bigint := cardinality(stream_ids);
    base bigint;
    now_ timestamptz;
BEGIN
    UPDATE log.head
       SET pos = pos + n, recorded_at = greatest(clock_timestamp(), recorded_at)
     WHERE id = 1 RETURNING pos - n, recorded_at INTO STRICT base, now_;
    INSERT INTO log.facts
    SELECT base + f.o, f.stream_id, f.version, f.topic, f.state,
           coalesce(f.occurred_at, now_), now_
      FROM unnest(stream_ids, versions, topics, states, occurred)
           WITH ORDINALITY AS f(stream_id, version, topic, state, occurred_at, o);
    IF cardinality(voiced) > 0 THEN
        INSERT INTO log.commands
        SELECT c.command_id, c.fingerprint, base + c.last,
               stream_ids[c.last], versions[c.last]
          FROM unnest(voiced, fingerprints, voiced_last)
               AS c(command_id, fingerprint, last);
    END IF;
    PERFORM pg_notify('huiyin_log', (base + n)::text);
    RETURN base;
END $$;
REVOKE ALL ON FUNCTION log.append FROM PUBLIC;
