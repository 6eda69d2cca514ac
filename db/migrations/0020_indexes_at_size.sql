-- migrate:up transaction:false
-- Indexes for statements that read whole tables, and for keys that a deletion follows. They are made while others write,
-- which no transaction can do; each is dropped first, because an interrupted one remains and is not valid.

-- Erasure: what names a customer's identifier, by key or in its text, and what belongs to a conversation.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
DROP INDEX CONCURRENTLY IF EXISTS dead_letters_key;
CREATE INDEX CONCURRENTLY dead_letters_key ON dead_letters (key);
DROP INDEX CONCURRENTLY IF EXISTS dead_letters_text;
CREATE INDEX CONCURRENTLY dead_letters_text ON dead_letters USING gin (encode(value, 'escape') gin_trgm_ops);
DROP INDEX CONCURRENTLY IF EXISTS events_key;
CREATE INDEX CONCURRENTLY events_key ON events (key);
DROP INDEX CONCURRENTLY IF EXISTS events_announced;
CREATE INDEX CONCURRENTLY events_announced ON events ((value ->> 'id')) WHERE value ? 'id';
DROP INDEX CONCURRENTLY IF EXISTS identity_evidence_identifier;
CREATE INDEX CONCURRENTLY identity_evidence_identifier ON identity_evidence (type, value);
DROP INDEX CONCURRENTLY IF EXISTS identity_evidence_filed_as;
CREATE INDEX CONCURRENTLY identity_evidence_filed_as ON identity_evidence (filed_as) WHERE filed_as IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS agent_metrics_conversation;
CREATE INDEX CONCURRENTLY agent_metrics_conversation ON agent_metrics (conversation_id)
    WHERE conversation_id IS NOT NULL;

-- Keys that a deletion follows.
DROP INDEX CONCURRENTLY IF EXISTS dead_letters_inbox;
CREATE INDEX CONCURRENTLY dead_letters_inbox ON dead_letters (inbox_id) WHERE inbox_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS identity_merges_all_of_winner;
CREATE INDEX CONCURRENTLY identity_merges_all_of_winner ON identity_merges (winner_id);
DROP INDEX CONCURRENTLY IF EXISTS identity_merges_all_of_loser;
CREATE INDEX CONCURRENTLY identity_merges_all_of_loser ON identity_merges (loser_id);
DROP INDEX CONCURRENTLY IF EXISTS identity_conflicts_second;
CREATE INDEX CONCURRENTLY identity_conflicts_second ON identity_conflicts (second_id);
DROP INDEX CONCURRENTLY IF EXISTS identity_conflicts_merge;
CREATE INDEX CONCURRENTLY identity_conflicts_merge ON identity_conflicts (merge_id) WHERE merge_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS identity_links_ticket;
CREATE INDEX CONCURRENTLY identity_links_ticket ON identity_links (ticket_id);
DROP INDEX CONCURRENTLY IF EXISTS identity_links_merge;
CREATE INDEX CONCURRENTLY identity_links_merge ON identity_links (merge_id) WHERE merge_id IS NOT NULL;

-- The conversations of a sender, closed ones too, and the mails that the staff let be read again.
DROP INDEX CONCURRENTLY IF EXISTS conversations_all_of_sender;
CREATE INDEX CONCURRENTLY conversations_all_of_sender ON conversations (sender_key);
DROP INDEX CONCURRENTLY IF EXISTS dead_letters_reread;
CREATE INDEX CONCURRENTLY dead_letters_reread ON dead_letters (key) WHERE topic = 'gmail' AND state = 'replayed';
