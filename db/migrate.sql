-- try_lock --
SELECT pg_try_advisory_lock($1);

-- create_ledger --
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS schema_state (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    min_code_version integer NOT NULL
);
INSERT INTO schema_state (min_code_version) VALUES (1) ON CONFLICT DO NOTHING;

-- has_ledger --
SELECT to_regclass('schema_migrations') IS NOT NULL;

-- min_code_version --
SELECT min_code_version FROM schema_state;

-- applied --
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

-- record --
INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3);
