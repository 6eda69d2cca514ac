-- record_hint --
-- Record the historyId of a push notification as a reason to read the mailbox; reading starts at the cursor.
INSERT INTO mailboxes AS m (address, hint, hinted_at) VALUES ($1, $2, now())
ON CONFLICT (address) DO UPDATE SET hint = GREATEST(m.hint, excluded.hint), hinted_at = now();

-- ensure --
-- Create the mailbox's row if there is none.
INSERT INTO mailboxes (address) VALUES ($1) ON CONFLICT (address) DO NOTHING;

-- take --
-- Lease the mailbox when it is to be read: a push came since the last reading, or the poll interval is over.
-- $1 address, $2 holder, $3 seconds of the lease, $4 poll interval in seconds
UPDATE mailboxes SET holder = $2, lease_until = clock_timestamp() + make_interval(secs => $3), listed_at = now()
WHERE address = $1 AND (lease_until IS NULL OR lease_until <= now())
  AND (listed_at IS NULL OR listed_at <= now() - make_interval(secs => $4)
       OR (hint > COALESCE(cursor, 0) AND hinted_at > listed_at))
RETURNING cursor, created_at, caught_up_at, watched_at, watch_expires_at;

-- renew --
-- Prolong the lease; no row when it has another holder.
UPDATE mailboxes SET lease_until = clock_timestamp() + make_interval(secs => $3) WHERE address = $1 AND holder = $2
RETURNING address;

-- release --
-- End the lease; $3 says whether everything up to now has been read.
UPDATE mailboxes SET holder = NULL, lease_until = NULL, caught_up_at = CASE WHEN $3 THEN now() ELSE caught_up_at END
WHERE address = $1 AND holder = $2;

-- advance --
-- Advance the cursor to a historyId up to which every mail is stored; a worker that lost its lease can't lower it.
UPDATE mailboxes SET cursor = GREATEST(cursor, $2) WHERE address = $1;

-- record_watch --
-- Record when Gmail's push notifications were last renewed, and when they expire.
UPDATE mailboxes SET watched_at = $2, watch_expires_at = $3 WHERE address = $1;

-- unprocessed --
-- Those of these mails that are neither accepted nor settled otherwise, in the order given.
SELECT given.id FROM unnest($1::text[]) WITH ORDINALITY AS given (id, n)
WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.provider = 'gmail' AND i.provider_message_id = given.id)
  AND NOT EXISTS (SELECT FROM mailbox_settled s WHERE s.provider_message_id = given.id)
ORDER BY given.n;

-- to_reread --
-- Dead-lettered mails that the staff replayed and that have not been accepted or settled since.
SELECT DISTINCT d.key AS id FROM dead_letters d
WHERE d.topic = 'gmail' AND d.state = 'replayed'
  AND NOT EXISTS (SELECT FROM inbox i WHERE i.provider = 'gmail' AND i.provider_message_id = d.key)
  AND NOT EXISTS (SELECT FROM mailbox_settled s WHERE s.provider_message_id = d.key);

-- dead_letter --
-- Dead-letter an unreadable mail with the beginning of its bytes, and announce it once; the mail stays in the mailbox.
-- $1 Gmail's id, $2 dead letter, $3 bytes, $4 cause, $5 event, $6 topic
WITH mail_settled AS (
    INSERT INTO mailbox_settled (provider_message_id, kind) VALUES ($1, 'unreadable')
    ON CONFLICT (provider_message_id) DO NOTHING RETURNING provider_message_id
), dead_letter_filed AS (
    INSERT INTO dead_letters (id, topic, key, value, cause)
    SELECT $2, 'gmail', mail_settled.provider_message_id, $3, $4 FROM mail_settled RETURNING id, key
)
INSERT INTO events (id, topic, key, value)
SELECT $5, $6, dead_letter_filed.key, jsonb_build_object('v', 1, 'id', dead_letter_filed.id, 'cause', $4::text)
FROM dead_letter_filed RETURNING id;

-- sent_texts --
-- The newest texts that we sent in a thread, oldest first: what a customer's mail quotes is found by them.
SELECT q.content FROM (
    SELECT m.content, m.created_at, m.id FROM conversations c JOIN messages m ON m.conversation_id = c.id
    WHERE c.channel = 'email' AND c.thread_key = $1 AND m.direction = 'outbound'
    ORDER BY m.created_at DESC, m.id DESC LIMIT $2) q
ORDER BY q.created_at, q.id;

-- take_over --
-- Store a mail that the staff sent from Gmail itself as a reply, and hand its conversation over to them.
-- $1 is a JSON object with the fields of `given`. No row for a mail of no conversation, or settled before.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        provider_message_id text, message_id uuid, thread_key text, sender_keys text[], content text,
        attachments jsonb, rfc_message_id text, sent_at timestamptz)
), conversation_found AS (
    SELECT c.id FROM given JOIN conversations c ON c.channel = 'email' AND c.thread_key = given.thread_key
    WHERE c.sender_key = ANY (given.sender_keys) AND NOT c.metadata ? 'notice'
    ORDER BY c.status = 'closed', c.created_at DESC LIMIT 1
), mail_settled AS (
    INSERT INTO mailbox_settled (provider_message_id, kind)
    SELECT given.provider_message_id,
           CASE WHEN EXISTS (SELECT FROM conversation_found) THEN 'staff' ELSE 'unrelated' END
    FROM given
    ON CONFLICT (provider_message_id) DO NOTHING RETURNING provider_message_id
), conversation_taken AS (
    UPDATE conversations c
    SET owner = 'staff', owner_token = c.owner_token + 1,
        status = CASE WHEN c.status = 'closed' THEN c.status ELSE 'handed_over' END
    FROM conversation_found, mail_settled WHERE c.id = conversation_found.id
    RETURNING c.id, c.customer_id
), newest_ticket AS (
    SELECT t.id FROM conversation_taken JOIN tickets t ON t.conversation_id = conversation_taken.id
    ORDER BY t.created_at DESC LIMIT 1
), ticket_escalated AS (
    UPDATE tickets t SET status = 'escalated', moved_by = 'staff'
    FROM newest_ticket WHERE t.id = newest_ticket.id AND t.status IN ('open', 'processing', 'waiting')
)
INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                      provider_message_id, delivery_status, metadata, created_at)
SELECT given.message_id, conversation_taken.id, newest_ticket.id, conversation_taken.customer_id, 'outbound', 'staff',
       'email', given.content, given.provider_message_id, 'sent',
       jsonb_strip_nulls(jsonb_build_object('rfc_message_id', given.rfc_message_id, 'attachments', given.attachments)),
       given.sent_at
FROM given, conversation_taken, newest_ticket
RETURNING conversation_id;

-- envelope --
-- The envelope of a reply: Gmail's thread, the mail that it answers (without one of its own the conversation's last),
-- and the Message-IDs of the conversation so far, oldest first.
SELECT c.thread_key AS thread_id, o.metadata ->> 'draft_id' AS draft_id, o.metadata ? 'resent' AS resent,
       answered.rfc_message_id AS in_reply_to, answered.reference_ids, conversation_ids.ids AS known_ids,
       o.inbound_id IS NOT NULL AS answers_message
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
    WHERE q.id IS NOT NULL) conversation_ids ON true
WHERE o.id = $1;

-- begin_sending --
-- Record the Gmail draft that a reply is about to be sent as, and prolong its lease; no row when the lease was lost.
-- $1 outbox row, $2 attempt, $3 draft, $4 seconds of the lease
UPDATE outbox SET metadata = metadata || jsonb_build_object('draft_id', $3::text),
                  lease_until = clock_timestamp() + make_interval(secs => $4)
WHERE id = $1 AND state = 'sending' AND attempts = $2 RETURNING id;

-- record_message_id --
-- Record the Message-ID that Gmail gave a mail of ours, for later mails of the thread, and the thread itself ($3) where
-- ours is the first: what a customer's reply quotes is found by it.
WITH conversation_threaded AS (
    UPDATE conversations c SET thread_key = $3
    FROM outbox o WHERE o.id = $1 AND c.id = o.conversation_id AND c.channel = 'email' AND c.thread_key IS NULL
)
UPDATE messages m SET metadata = m.metadata || jsonb_build_object('rfc_message_id', $2::text)
FROM outbox o WHERE o.id = $1 AND m.id = o.message_id;
