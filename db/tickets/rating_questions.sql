-- due --
-- Lock the oldest ticket whose customer may be asked now; no row when there is none. Asked is once for a ticket, and
-- once a day for a sender, by the channel that they wrote on, after an answer and unless they have marked it. On
-- WhatsApp its 24-hour window has to be open for another hour.
-- $1 channels, $2 seconds since it was resolved
SELECT t.id AS ticket_id, t.number, t.source_channel AS channel, c.customer_id, c.sender_key
FROM tickets t JOIN conversations c ON c.id = t.conversation_id
WHERE t.status = 'resolved' AND t.status_since <= now() - make_interval(secs => $2)
  AND t.status_since > now() - interval '1 day' AND t.source_channel = ANY ($1::text[]) AND NOT c.metadata ? 'notice'
  AND EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.author IN ('agent', 'staff'))
  AND NOT EXISTS (SELECT FROM ticket_ratings r WHERE r.ticket_id = t.id)
  AND NOT EXISTS (SELECT FROM rating_questions q WHERE q.ticket_id = t.id)
  AND NOT EXISTS (SELECT FROM rating_questions q
                  WHERE q.sender_key = c.sender_key AND q.asked_at > now() - interval '1 day')
  AND (t.source_channel <> 'whatsapp'
       OR EXISTS (SELECT FROM inbox i WHERE i.sender_key = c.sender_key AND i.channel = 'whatsapp'
                  AND i.received_at > now() - interval '23 hours'))
ORDER BY t.status_since LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED;

-- add --
-- Queue the question in a closed conversation of its own, so that no ticket shows it and nobody is handed over when it
-- can't be delivered.
-- $1 is a JSON object with the fields of `given`.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        conversation_id uuid, ticket_id uuid, message_id uuid, outbox_id uuid, asked_of uuid, customer_id uuid,
        channel text, sender_key text, subject text, body text)
), conversation_added AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key, status, metadata)
    SELECT given.conversation_id, given.customer_id, given.channel, given.subject, given.sender_key, 'closed',
           '{"notice": "rating"}' FROM given
), ticket_added AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, subject, status)
    SELECT given.ticket_id, given.customer_id, given.conversation_id, given.channel, given.subject, 'closed' FROM given
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status)
    SELECT given.message_id, given.conversation_id, given.ticket_id, given.customer_id, 'outbound', 'system',
           given.channel, given.body, 'pending' FROM given
), outbox_added AS (
    INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body)
    SELECT given.outbox_id, given.conversation_id, given.ticket_id, given.message_id, 'system', given.channel,
           substr(given.sender_key, strpos(given.sender_key, ':') + 1), given.subject, given.body FROM given
)
INSERT INTO rating_questions (ticket_id, channel, sender_key, outbox_id)
SELECT given.asked_of, given.channel, given.sender_key, given.outbox_id FROM given;

-- open_question --
-- The question that a WhatsApp message of a sender ($1) can be the answer to: it reached them within the last day, is
-- not answered, and neither side has written anything since.
SELECT q.ticket_id, t.number, o.conversation_id, o.ticket_id AS notice_ticket_id, c.customer_id
FROM rating_questions q
JOIN tickets t ON t.id = q.ticket_id
JOIN outbox o ON o.id = q.outbox_id
JOIN conversations c ON c.id = o.conversation_id
WHERE q.sender_key = $1 AND q.channel = 'whatsapp' AND NOT q.answered AND q.asked_at > now() - interval '1 day'
  AND o.state IN ('sending', 'unknown', 'sent') AND t.status IN ('resolved', 'closed')
  AND NOT EXISTS (SELECT FROM inbox i WHERE i.sender_key = $1 AND i.received_at > q.asked_at)
  AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = t.conversation_id AND m.created_at > q.asked_at)
ORDER BY q.asked_at DESC LIMIT 1;

-- take_answer --
-- Store the message that answers a question beside it, and mark the question; no row when the message is stored already.
-- $1 is a JSON object with the fields of `given`.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        inbox_id uuid, message_id uuid, conversation_id uuid, ticket_id uuid, customer_id uuid, asked_of uuid,
        provider text, provider_message_id text, sender_key text, content text, payload jsonb)
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id)
    SELECT given.message_id, given.conversation_id, given.ticket_id, given.customer_id, 'inbound', 'customer',
           'whatsapp', given.content, given.provider_message_id FROM given
), inbox_added AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, message_id,
                       body_hash, payload, state, finished_at)
    SELECT given.inbox_id, given.provider, given.provider_message_id, 'whatsapp', given.sender_key,
           given.conversation_id, given.ticket_id, given.message_id, sha256(convert_to(given.content, 'UTF8')),
           given.payload || jsonb_build_object('conversation_id', given.conversation_id), 'ignored', now() FROM given
)
UPDATE rating_questions q SET answered = true FROM given WHERE q.ticket_id = given.asked_of AND NOT q.answered
RETURNING q.ticket_id;
