-- The order of a conversation's replies comes from the database: ids are made by hosts, whose clocks differ. A turn
-- and the staff write under the conversation's lock, so a number that is drawn there grows with every reply. Replies
-- of earlier releases have none and come first, in the order of their ids; no row is rewritten.
CREATE SEQUENCE outbox_seq AS bigint;
ALTER TABLE outbox ADD COLUMN seq bigint;
ALTER SEQUENCE outbox_seq OWNED BY outbox.seq;
ALTER TABLE outbox ALTER COLUMN seq SET DEFAULT nextval('outbox_seq');
