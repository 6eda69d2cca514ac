-- one_at_a_time --
-- Merges and erasures are rare: one waits for the other before it holds anything.
SELECT pg_advisory_xact_lock($1);
