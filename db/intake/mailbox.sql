-- hint --
-- A push has told of a change. The number is a hint only: what is read begins at the cursor.
INSERT INTO mailboxes AS m (address, hint, hinted_at) VALUES ($1, $2, now())
ON CONFLICT (address) DO UPDATE SET hint = GREATEST(m.hint, excluded.hint), hinted_at = now();

-- know --
INSERT INTO mailboxes (address) VALUES ($1) ON CONFLICT (address) DO NOTHING;

-- take --
-- Lease the mailbox when there is reason to read it: a push since the last reading, or a poll that is due.
UPDATE mailboxes SET holder = $2, lease_until = now() + make_interval(secs => $3), listed_at = now()
WHERE address = $1 AND (lease_until IS NULL OR lease_until <= now())
  AND (listed_at IS NULL OR listed_at <= now() - make_interval(secs => $4)
       OR (hint > COALESCE(cursor, 0) AND hinted_at > listed_at))
RETURNING cursor, created_at, caught_up_at, watched_at, watch_expires_at;

-- renew --
UPDATE mailboxes SET lease_until = now() + make_interval(secs => $3) WHERE address = $1 AND holder = $2
RETURNING address;

-- release --
UPDATE mailboxes SET holder = NULL, lease_until = NULL, caught_up_at = CASE WHEN $3 THEN now() ELSE caught_up_at END
WHERE address = $1 AND holder = $2;

-- advance --
-- Everything up to this historyId is stored. A late worker can't lower it.
UPDATE mailboxes SET cursor = GREATEST(cursor, $2) WHERE address = $1;

-- watched --
UPDATE mailboxes SET watched_at = $2, watch_expires_at = $3 WHERE address = $1;

-- unseen --
-- Which of these mails nobody has dealt with, in the order given.
SELECT given.id FROM unnest($1::text[]) WITH ORDINALITY AS given (id, n)
WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.provider = 'gmail' AND i.provider_message_id = given.id)
  AND NOT EXISTS (SELECT FROM mailbox_settled s WHERE s.provider_message_id = given.id)
ORDER BY given.n;

-- replayed --
-- Dead letters' mails that a person wants to be read again, and that nobody has dealt with since.
SELECT DISTINCT d.key AS id FROM dead_letters d
WHERE d.topic = 'gmail' AND d.state = 'replayed'
  AND NOT EXISTS (SELECT FROM inbox i WHERE i.provider = 'gmail' AND i.provider_message_id = d.key)
  AND NOT EXISTS (SELECT FROM mailbox_settled s WHERE s.provider_message_id = d.key);

-- dead_letter --
-- A mail that can't be read: it stays in the mailbox, its beginning is a dead letter, announced once.
WITH settled AS (
    INSERT INTO mailbox_settled (provider_message_id, kind) VALUES ($1, 'unreadable')
    ON CONFLICT (provider_message_id) DO NOTHING RETURNING provider_message_id
), letter AS (
    INSERT INTO dead_letters (id, topic, key, value, cause)
    SELECT $2, 'gmail', settled.provider_message_id, $3, $4 FROM settled RETURNING id, key
)
INSERT INTO events (id, topic, key, value)
SELECT $5, $6, letter.key, jsonb_build_object('v', 1, 'id', letter.id, 'cause', $4::text) FROM letter RETURNING id;

-- take_over --
-- A colleague has answered from Gmail itself: his mail is a message of the conversation with whom he wrote to, which is
-- a person's from here on. $1 is one JSON object.
WITH r AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS r (
        provider_message_id text, message_id uuid, thread_key text, sender_keys text[], content text,
        attachments jsonb, rfc_message_id text, sent_at timestamptz)
), addressed AS (
    SELECT c.id FROM r JOIN conversations c ON c.channel = 'email' AND c.thread_key = r.thread_key
    WHERE c.sender_key = ANY (r.sender_keys)
    ORDER BY c.status = 'closed', c.created_at DESC LIMIT 1
), settled AS (
    INSERT INTO mailbox_settled (provider_message_id, kind)
    SELECT r.provider_message_id, CASE WHEN EXISTS (SELECT FROM addressed) THEN 'staff' ELSE 'unrelated' END FROM r
    ON CONFLICT (provider_message_id) DO NOTHING RETURNING provider_message_id
), conversation AS (
    UPDATE conversations c
    SET owner = 'staff', owner_token = c.owner_token + 1,
        status = CASE WHEN c.status = 'closed' THEN c.status ELSE 'handed_over' END
    FROM addressed, settled WHERE c.id = addressed.id
    RETURNING c.id, c.customer_id
), ticket AS (
    SELECT t.id FROM conversation JOIN tickets t ON t.conversation_id = conversation.id
    ORDER BY t.created_at DESC LIMIT 1
), escalated AS (
    UPDATE tickets t SET status = 'escalated', moved_by = 'staff'
    FROM ticket WHERE t.id = ticket.id AND t.status IN ('open', 'processing', 'waiting')
)
INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                      provider_message_id, delivery_status, metadata, created_at)
SELECT r.message_id, conversation.id, ticket.id, conversation.customer_id, 'outbound', 'staff', 'email', r.content,
       r.provider_message_id, 'sent',
       jsonb_strip_nulls(jsonb_build_object('rfc_message_id', r.rfc_message_id, 'attachments', r.attachments)), r.sent_at
FROM r, conversation, ticket
RETURNING conversation_id;

-- envelope --
-- What a word needs on its way: the thread, the mail it answers (the conversation's last one where it answers none by
-- name), and the Message-IDs of the conversation so far, oldest first.
SELECT c.thread_key AS thread_id, o.metadata ->> 'draft_id' AS draft_id, o.metadata ? 'resent' AS resent,
       answered.rfc_message_id AS answers, answered.reference_ids, known.ids AS known_ids,
       o.inbound_id IS NOT NULL AS by_name
FROM outbox o
JOIN conversations c ON c.id = o.conversation_id
LEFT JOIN LATERAL (
    SELECT i.payload -> 'metadata' ->> 'rfc_message_id' AS rfc_message_id,
           i.payload -> 'metadata' -> 'references' AS reference_ids
    FROM inbox i
    WHERE i.conversation_id = o.conversation_id AND (o.inbound_id IS NULL OR i.id = o.inbound_id)
    ORDER BY i.received_at DESC, i.id DESC LIMIT 1) answered ON true
LEFT JOIN LATERAL (
    SELECT array_agg(q.id ORDER BY q.created_at, q.message_id) AS ids
    FROM (SELECT m.id AS message_id, m.created_at,
                 COALESCE(m.metadata ->> 'rfc_message_id', i.payload -> 'metadata' ->> 'rfc_message_id') AS id
          FROM messages m LEFT JOIN inbox i ON i.message_id = m.id
          WHERE m.conversation_id = o.conversation_id) q
    WHERE q.id IS NOT NULL) known ON true
WHERE o.id = $1;

-- begin --
-- The word is about to leave in this draft, and in no other. Nothing happens where somebody else holds it by now.
UPDATE outbox SET metadata = metadata || jsonb_build_object('draft_id', $3::text),
                  lease_until = now() + make_interval(secs => $4)
WHERE id = $1 AND state = 'sending' AND attempts = $2 RETURNING id;

-- note_sent --
-- The Message-ID that the mail has in the world, for those who answer in its thread.
UPDATE messages m SET metadata = m.metadata || jsonb_build_object('rfc_message_id', $2::text)
FROM outbox o WHERE o.id = $1 AND m.id = o.message_id;
