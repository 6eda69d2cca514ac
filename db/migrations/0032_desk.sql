-- The desk: two people don't overwrite each other, and each sees who else is looking.

-- What a person has seen of a conversation, as one word: another one means that something has happened since, a message,
-- a draft, or somebody's action. Steps that the agent makes on its way to an answer don't count.
CREATE FUNCTION conversation_version(conversation uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT left(md5(concat_ws('|', c.owner_token, c.status,
        (SELECT m.id FROM messages m WHERE m.conversation_id = c.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1),
        (SELECT a.id FROM staff_actions a WHERE a.conversation_id = c.id ORDER BY a.created_at DESC, a.id DESC LIMIT 1),
        (SELECT o.id FROM outbox o WHERE o.conversation_id = c.id AND o.state = 'draft' ORDER BY o.id DESC LIMIT 1))), 16)
    FROM conversations c WHERE c.id = conversation
$$;

-- Which conversation each of the staff has open; the page says so again and again, and who has been silent has left.
CREATE UNLOGGED TABLE staff_presence (
    actor           text PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    writing         boolean NOT NULL DEFAULT false,
    seen_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX staff_presence_conversation ON staff_presence (conversation_id);
