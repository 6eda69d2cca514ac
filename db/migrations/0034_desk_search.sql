-- migrate:up transaction:false
-- The desk searches messages and subjects by words, customers by a part of their name, address or number. Made while
-- others write; an interrupted index remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS messages_words;
CREATE INDEX CONCURRENTLY messages_words ON messages USING gin (to_tsvector('simple', left(content, 8000)));
DROP INDEX CONCURRENTLY IF EXISTS tickets_words;
CREATE INDEX CONCURRENTLY tickets_words ON tickets USING gin (to_tsvector('simple', subject));
DROP INDEX CONCURRENTLY IF EXISTS customers_parts;
CREATE INDEX CONCURRENTLY customers_parts ON customers
    USING gin ((COALESCE(name, '') || ' ' || filing_key || ' ' || COALESCE(email, '') || ' ' || COALESCE(phone, '')) gin_trgm_ops);
DROP INDEX CONCURRENTLY IF EXISTS tickets_created;
CREATE INDEX CONCURRENTLY tickets_created ON tickets (created_at);
