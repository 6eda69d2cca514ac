-- lock --
-- Let one transaction at a time look at what an address ($1) was sent, and add to it.
SELECT pg_advisory_xact_lock(hashtextextended('status-mail:' || $1, 0));

-- claim_answer --
-- Claim a web reply for the mail that tells of it, and return its ticket: once, and only for an answer. The notice of a
-- hand-over is none, and neither is what has no address to tell.
UPDATE outbox o SET metadata = o.metadata || '{"told": true}'
FROM conversations c, tickets t
WHERE o.id = $1 AND NOT o.metadata ? 'told' AND c.id = o.conversation_id AND t.id = o.ticket_id
  AND c.sender_key LIKE 'email:%'
  AND (o.author = 'staff'
       OR (o.author = 'agent' AND EXISTS (SELECT FROM inbox i WHERE i.id = o.inbound_id AND i.state = 'answered')))
RETURNING t.number, c.customer_id, substr(c.sender_key, 7) AS address, o.author = 'staff' AS by_person;

-- ticket_of_address --
-- The ticket of a number ($1), if it was opened from this address ($2).
SELECT t.number, c.customer_id, substr(c.sender_key, 7) AS address, false AS by_person
FROM tickets t JOIN conversations c ON c.id = t.conversation_id
WHERE t.number = $1 AND c.sender_key = 'email:' || $2 AND NOT c.metadata ? 'notice';

-- last_mail --
-- The last status mail to an address: the tickets it names, whether it has not begun to leave (it waits for its hour, or
-- Gmail is away), and whether it left (or was due) within the last hour.
SELECT o.id, o.metadata -> 'tickets' AS tickets,
       o.state = 'ready' AND NOT o.metadata ? 'draft_id' AS waits,
       COALESCE(o.sent_at, o.next_attempt_at) > now() - interval '1 hour' AS is_recent
FROM outbox o
WHERE o.channel = 'email' AND o.recipient = $1 AND o.author = 'system' AND o.metadata ? 'tickets'
  AND o.created_at > now() - interval '1 day' AND o.state <> 'cancelled'
ORDER BY COALESCE(o.sent_at, o.next_attempt_at) DESC, o.id DESC LIMIT 1;

-- extend --
-- Let a waiting status mail name more tickets; no row when it is on its way already.
-- $1 outbox row, $2 subject, $3 body, $4 tickets, $5 whether it leaves now
WITH outbox_extended AS (
    UPDATE outbox o SET subject = $2, body = $3, metadata = o.metadata || jsonb_build_object('tickets', $4::jsonb),
                        next_attempt_at = CASE WHEN $5 THEN now() ELSE o.next_attempt_at END
    WHERE o.id = $1 AND o.state = 'ready' AND NOT o.metadata ? 'draft_id'
    RETURNING o.id, o.message_id
), message_extended AS (
    UPDATE messages m SET content = $3 FROM outbox_extended WHERE m.id = outbox_extended.message_id
)
SELECT id FROM outbox_extended;

-- add --
-- Queue a status mail, in a closed conversation of its own, so that no ticket shows it and no message joins it. It
-- leaves an hour after the one before, or now.
-- $1 is a JSON object with the fields of `given`.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        conversation_id uuid, ticket_id uuid, message_id uuid, outbox_id uuid, customer_id uuid, address text,
        subject text, body text, tickets jsonb, after uuid)
), conversation_added AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key, status, metadata)
    SELECT given.conversation_id, given.customer_id, 'email', given.subject, 'email:' || given.address, 'closed',
           '{"notice": "status"}' FROM given
), ticket_added AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, subject, status)
    SELECT given.ticket_id, given.customer_id, given.conversation_id, 'email', given.subject, 'closed' FROM given
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status)
    SELECT given.message_id, given.conversation_id, given.ticket_id, given.customer_id, 'outbound', 'system', 'email',
           given.body, 'pending' FROM given
)
INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body, metadata,
                    next_attempt_at)
SELECT given.outbox_id, given.conversation_id, given.ticket_id, given.message_id, 'system', 'email', given.address,
       given.subject, given.body, jsonb_build_object('tickets', given.tickets),
       COALESCE((SELECT COALESCE(o.sent_at, o.next_attempt_at) + interval '1 hour' FROM outbox o
                 WHERE o.id = given.after), now())
FROM given;
