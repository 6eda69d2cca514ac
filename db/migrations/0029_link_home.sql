-- Replies by mail, and the first one by WhatsApp, say where the ticket stands; files of a conversation can be opened.

-- The templates as they were shipped; one that a person has changed stays.
UPDATE channel_configs
SET response_template = response_template || E'{% if link %}\nStatus and earlier messages: {{ link }}{% endif %}'
WHERE channel = 'email' AND response_template =
    E'Dear {{ name or "Customer" }},\n\n{{ body }}\n\nKind regards,\n{{ company }} Support\nTicket reference: {{ ticket }}';
UPDATE channel_configs
SET response_template = response_template || E'{% if first and link %}\n\nTicket {{ ticket }}: {{ link }}{% endif %}'
WHERE channel = 'whatsapp' AND response_template = E'{{ body }}';

-- Who of the staff opened which file of a customer's: the n-th of a message. No action on the conversation, so it takes
-- no hand-over. Rows are added and never changed; they go only with what is erased.
CREATE TABLE file_openings (
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id      uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    n               integer NOT NULL,
    actor           text NOT NULL,
    opened_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX file_openings_conversation ON file_openings (conversation_id, opened_at);
CREATE INDEX file_openings_message ON file_openings (message_id);
CREATE TRIGGER file_openings_append_only BEFORE UPDATE ON file_openings
    FOR EACH ROW EXECUTE FUNCTION never_changed();
