-- lock_merges_and_erasures --
-- Take the lock that allows one merge or erasure at a time, before any row is locked; they are rare.
SELECT pg_advisory_xact_lock($1);
