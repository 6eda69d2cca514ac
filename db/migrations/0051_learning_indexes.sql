-- migrate:up transaction:false
-- The ended hand-overs that nobody has learned from yet, and the answers that rest on a learned entry. Made while others
-- write; an interrupted index remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS hand_overs_to_learn;
CREATE INDEX CONCURRENTLY hand_overs_to_learn ON hand_overs (ended_at) WHERE learned IS NULL AND ended_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS messages_on_learned;
CREATE INDEX CONCURRENTLY messages_on_learned ON messages USING gin (sources jsonb_path_ops)
    WHERE sources::text LIKE '%"learned--%';
