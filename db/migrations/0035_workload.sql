-- migrate:up transaction:false
-- The age of the oldest reply whose fate is unknown or that is parked, for the metrics; both are few, so the index is
-- small. It is made while others write; an interrupted one remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS outbox_unsettled;
CREATE INDEX CONCURRENTLY outbox_unsettled ON outbox (state, created_at) WHERE state IN ('unknown', 'parked');
