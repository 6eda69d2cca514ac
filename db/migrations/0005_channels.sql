-- WhatsApp and mail: which conversation a message joins, what its sender has proved, what became of each part of a reply.

-- Where the next message of a WhatsApp number, or of a verified sender in a mail thread, goes. One row a key: its upsert
-- locks it, so messages that come at once meet in one conversation although their statements don't see each other.
CREATE TABLE conversation_slots (
    key             text PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    ticket_id       uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    last_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversation_slots_conversation ON conversation_slots (conversation_id);
CREATE INDEX conversation_slots_ticket ON conversation_slots (ticket_id);

-- Whether the channel vouched for whoever opened it. A forged mail names a real customer; it must see nothing of him.
ALTER TABLE conversations ADD COLUMN sender_verified boolean NOT NULL DEFAULT false;

-- Since when the present owner of an address or number is known: what is older may be another person's.
ALTER TABLE customer_identifiers ADD COLUMN verified_at timestamptz;

-- What nobody is to answer (a reaction, an automatic mail) is kept as 'ignored'. The list of states only grows.
-- squawk-ignore ban-drop-constraint
ALTER TABLE inbox DROP CONSTRAINT inbox_state_check;
ALTER TABLE inbox ADD CONSTRAINT inbox_state_check
    CHECK (state IN ('waiting', 'answered', 'escalated', 'held', 'absorbed', 'dead', 'ignored')) NOT VALID;
ALTER TABLE inbox VALIDATE CONSTRAINT inbox_state_check;

-- The last message of a number tells whether its 24-hour window is open.
CREATE INDEX inbox_sender ON inbox (sender_key, received_at DESC);

-- What one correspondent was sent: counted for the cap on automatic replies, searched when an answer was lost.
CREATE INDEX outbox_recipient ON outbox (channel, recipient, created_at);

-- `status` is the provider's own word for it (queued, sent, delivered, …) and only moves forward; `refs` are the
-- provider's ids of earlier attempts, whose late callbacks mean nothing any more.
ALTER TABLE outbox_parts ADD COLUMN as_template boolean NOT NULL DEFAULT false;
ALTER TABLE outbox_parts ADD COLUMN begun_at timestamptz;
ALTER TABLE outbox_parts ADD COLUMN status text;
ALTER TABLE outbox_parts ADD COLUMN error_code integer;
ALTER TABLE outbox_parts ADD COLUMN refs text[] NOT NULL DEFAULT '{}';
CREATE INDEX outbox_parts_provider_ref ON outbox_parts (provider_ref) WHERE provider_ref IS NOT NULL;
