-- A view is fed by the log or by Kafka, never by both: views.positions says by which.
-- (The engine makes that table; where it is there already, it lacks these columns.)
ALTER TABLE IF EXISTS views.positions
    ADD COLUMN IF NOT EXISTS feed  text   NOT NULL DEFAULT 'log',
    ADD COLUMN IF NOT EXISTS floor bigint NOT NULL DEFAULT 0;

-- The tables that a Kafka feed kept beside those of the log.
DROP TABLE IF EXISTS views.handovers__kafka, views.hops__kafka;
DROP TABLE kafka.feeds;
TRUNCATE kafka.offsets, kafka.streams;

-- Who publishes, since when.
ALTER TABLE kafka.relayed
    ADD COLUMN leader    text,
    ADD COLUMN led_since timestamptz;

-- Everything of the log up to a position is in the topic before the offsets ends, one a
-- partition. The newest few thousand are kept.
CREATE TABLE kafka.marks (
    topic_id uuid     NOT NULL,
    position bigint   NOT NULL,
    ends     bigint[] NOT NULL,
    PRIMARY KEY (topic_id, position)
);

-- Facts that came before an earlier one of their case: they will come again.
CREATE TABLE kafka.early (
    feed      text   NOT NULL,
    stream_id uuid   NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (feed, stream_id, position)
);

-- Messages that are no fact of this log. (A fact of the log that cannot be read is parked.)
CREATE TABLE kafka.unreadable (
    feed           text        NOT NULL,
    topic_id       uuid        NOT NULL,
    partition      integer     NOT NULL,
    message_offset bigint      NOT NULL,
    id             text,
    key            text,
    reason         text        NOT NULL,
    seen_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, topic_id, partition, message_offset)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA kafka TO huiyin_app;
    END IF;
END $$;
