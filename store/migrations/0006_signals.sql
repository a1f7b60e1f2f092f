-- What was seen across cases: how far the watch has looked, and what it raised.
CREATE SCHEMA signals;

-- Sightings of facts up to a position have been looked at.
CREATE TABLE signals.watch (
    id   smallint PRIMARY KEY CHECK (id = 1),
    done bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO signals.watch VALUES (1, 0);

-- Facts that the watch went by: parked by the view then, and looked at once it has them; or,
-- with a reason, what they let see could not be looked at.
CREATE TABLE signals.missed (
    position bigint PRIMARY KEY,
    reason   text
);

-- One row an episode. It was raised by the sighting of the fact at a position, which made
-- it n within [since, until); last_at is the last sighting that was enough, peak the most.
-- sent_position: the command about it was answered; refused: it was not taken, and why.
CREATE TABLE signals.raised (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    key           text NOT NULL,
    unit          text,
    other_unit    text,
    category      text,
    topic         text,
    customer      uuid,
    at            timestamptz NOT NULL,
    since         timestamptz NOT NULL,
    until         timestamptz NOT NULL,
    n             integer NOT NULL,
    usual         double precision,
    position      bigint NOT NULL,
    last_at       timestamptz NOT NULL,
    peak          integer NOT NULL,
    policy        text NOT NULL,
    sent_position bigint,
    refused       text
);
CREATE INDEX ON signals.raised (kind, key, last_at);
CREATE INDEX ON signals.raised (position) WHERE sent_position IS NULL;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin_app') THEN
        GRANT USAGE ON SCHEMA signals TO huiyin_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA signals TO huiyin_app;
    END IF;
END $$;
