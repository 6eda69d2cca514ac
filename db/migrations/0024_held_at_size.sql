-- migrate:up transaction:false
-- What retention looks for, how far the metrics of before may reach (0025 makes the days behind that), and how far the
-- ledger of identities was looked through. Each step may be repeated after an interruption; none locks a table for longer
-- than a look at its catalog.

-- False once the texts of its tool calls were deleted; the record itself stays.
ALTER TABLE decision_records ADD COLUMN IF NOT EXISTS details_kept boolean NOT NULL DEFAULT true;
DROP INDEX CONCURRENTLY IF EXISTS decision_records_details;
CREATE INDEX CONCURRENTLY decision_records_details ON decision_records (created_at) WHERE details_kept;
DROP INDEX CONCURRENTLY IF EXISTS rate_limits_window;
CREATE INDEX CONCURRENTLY rate_limits_window ON rate_limits (window_start);

-- All rows of these are deleted soon: vacuum after two of a hundred, not twenty.
ALTER TABLE events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
ALTER TABLE rate_limits SET (autovacuum_vacuum_scale_factor = 0.02);

-- Proved without a lock that anybody waits for: the table can become a partition without being read again.
-- squawk-ignore ban-drop-constraint
ALTER TABLE agent_metrics DROP CONSTRAINT IF EXISTS agent_metrics_until;
DO $$ BEGIN EXECUTE format('ALTER TABLE agent_metrics ADD CONSTRAINT agent_metrics_until CHECK (recorded_at < %L) NOT VALID',
    date_trunc('day', now(), 'UTC') + interval '7 days'); END $$;
ALTER TABLE agent_metrics VALIDATE CONSTRAINT agent_metrics_until;

-- The last row of identity_evidence that was looked at for pairs of customers who may be one.
CREATE TABLE IF NOT EXISTS identity_scan (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    evidence_id bigint NOT NULL
);
INSERT INTO identity_scan (evidence_id) VALUES (0) ON CONFLICT DO NOTHING;
