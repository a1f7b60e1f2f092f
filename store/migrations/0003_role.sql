-- The role that the application works as: it may read and append, and never change history.
-- Where the login may not make roles (a hosted server), the triggers alone guard the log.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin_app') THEN
        CREATE ROLE huiyin_app NOLOGIN;
        EXECUTE format('GRANT huiyin_app TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'no role huiyin_app: % may not make roles', current_user;
    WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this server made it just now
END $$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'huiyin_app') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA log, vault, ops TO huiyin_app;
    GRANT SELECT ON log.head, log.facts, log.commands TO huiyin_app;
    GRANT EXECUTE ON FUNCTION log.append TO huiyin_app;
    GRANT SELECT, INSERT, DELETE ON log.snapshots TO huiyin_app;
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA vault TO huiyin_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ops.tokens, ops.refusals TO huiyin_app;
    GRANT USAGE, CREATE ON SCHEMA views TO huiyin_app;
END $$;
