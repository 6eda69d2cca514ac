-- migrate:up transaction:false
-- Each channel claims its own replies, and does not read past those of another that waits; the replicas share what a
-- provider takes. The indexes are made while others write; an interrupted one remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS outbox_due_of_channel;
CREATE INDEX CONCURRENTLY outbox_due_of_channel ON outbox (channel, next_attempt_at, id) WHERE state = 'ready';
DROP INDEX CONCURRENTLY IF EXISTS outbox_unknown_of_channel;
CREATE INDEX CONCURRENTLY outbox_unknown_of_channel ON outbox (channel, next_attempt_at) WHERE state = 'unknown';
DROP INDEX CONCURRENTLY IF EXISTS outbox_due;
DROP INDEX CONCURRENTLY IF EXISTS outbox_unknown;

-- A row a limit of a provider's: up to when its time is leased to replicas.
CREATE TABLE IF NOT EXISTS provider_quotas (
    key          text PRIMARY KEY,
    leased_until timestamptz NOT NULL
);
