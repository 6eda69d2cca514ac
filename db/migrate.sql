-- try_lock --
-- Take the advisory lock under which one process migrates at a time; false while another one holds it.
SELECT pg_try_advisory_lock($1);

-- create_migration_tables --
-- The applied migrations with their checksums, how far an interrupted one outside of a transaction has come, and the
-- oldest code version that may use the schema.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS migration_progress (
    version  integer PRIMARY KEY,
    checksum text NOT NULL,
    done     integer NOT NULL
);
CREATE TABLE IF NOT EXISTS schema_state (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    min_code_version integer NOT NULL
);
INSERT INTO schema_state (min_code_version) VALUES (1) ON CONFLICT DO NOTHING;

-- has_migration_tables --
-- Whether this database was ever migrated; false for an empty one.
SELECT to_regclass('schema_migrations') IS NOT NULL;

-- min_code_version --
-- The oldest code version that can work with this schema.
SELECT min_code_version FROM schema_state;

-- list_applied --
-- The applied migrations, in order.
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

-- record_applied --
-- Record a migration: in the transaction that applies it, or after the last statement of one outside of it.
INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3);

-- statements_done --
-- How many statements of an interrupted migration ($1, with that checksum) are done.
SELECT done FROM migration_progress WHERE version = $1 AND checksum = $2;

-- record_progress --
-- Record that so many statements ($3) of a migration are done.
INSERT INTO migration_progress (version, checksum, done) VALUES ($1, $2, $3)
ON CONFLICT (version) DO UPDATE SET checksum = excluded.checksum, done = excluded.done;

-- forget_progress --
-- Forget how far a migration had come: it is applied.
DELETE FROM migration_progress WHERE version = $1;
