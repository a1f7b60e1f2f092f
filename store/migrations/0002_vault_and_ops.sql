-- Keys and look-ups of personal data (vault), and what is not history (ops, views).
CREATE SCHEMA vault;

-- Keys that belong to no person, wrapped by the key file of that epoch.
CREATE TABLE vault.keys (
    purpose text PRIMARY KEY,
    epoch   integer NOT NULL,
    wrapped bytea NOT NULL
);
CREATE TABLE vault.people (
    person  uuid PRIMARY KEY,
    epoch   integer NOT NULL,
    wrapped bytea NOT NULL
);
-- A mark is the HMAC of a phone number, or of the name that another system gives somebody.
CREATE TABLE vault.lookups (
    mark   bytea PRIMARY KEY,
    person uuid NOT NULL REFERENCES vault.people
);

-- The schema ops is there already: it holds the version of the schema itself.

CREATE TABLE ops.tokens (
    hash       bytea PRIMARY KEY,
    role       text NOT NULL,
    unit       text,
    person     text NOT NULL,
    post       text,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE TABLE ops.refusals (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code    text NOT NULL,
    action  text NOT NULL,
    role    text NOT NULL,
    unit    text,
    subject uuid,
    at      timestamptz NOT NULL DEFAULT now()
);

CREATE SCHEMA views;
