-- Kafka, when it is switched on: how far the relay has published, how far feeds have taken.
CREATE SCHEMA kafka;

-- A topic that is deleted and made again has another id, and so is published from 0.
CREATE TABLE kafka.relayed (
    topic_id uuid PRIMARY KEY,
    topic    text NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 50);

-- A feed is a group of views folded from a topic; fingerprint is the shape of their tables.
CREATE TABLE kafka.feeds (
    feed        text PRIMARY KEY,
    fingerprint text NOT NULL
);
CREATE TABLE kafka.offsets (
    feed        text NOT NULL,
    topic_id    uuid NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (feed, topic_id, partition)
) WITH (fillfactor = 50);
-- The last fact of each case that a feed has folded.
CREATE TABLE kafka.streams (
    feed      text NOT NULL,
    stream_id uuid NOT NULL,
    version   bigint NOT NULL,
    PRIMARY KEY (feed, stream_id)
) WITH (fillfactor = 80);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin_app') THEN
        GRANT USAGE ON SCHEMA kafka TO huiyin_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA kafka TO huiyin_app;
    END IF;
END $$;
