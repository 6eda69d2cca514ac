-- migrate:up transaction:false
-- How long the oldest reply has waited that was tried and has not left is asked every other second. Made while others
-- write. An interrupted index remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS outbox_retried;
CREATE INDEX CONCURRENTLY outbox_retried ON outbox (created_at) WHERE state = 'ready' AND attempts > 0;
