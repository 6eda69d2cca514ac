-- claim --
-- Lease the next word of each conversation: never two of one conversation, never past one that is on its way, undecided
-- or waiting for its retry.
UPDATE outbox o SET state = 'sending', attempts = o.attempts + 1, lease_until = now() + make_interval(secs => $3)
FROM (SELECT id FROM outbox due
      WHERE due.state = 'ready' AND due.next_attempt_at <= now() AND due.channel = ANY ($1::text[])
        AND NOT EXISTS (SELECT FROM outbox before
                        WHERE before.conversation_id = due.conversation_id AND before.id < due.id
                          AND before.state IN ('ready', 'sending', 'unknown'))
      ORDER BY due.next_attempt_at, due.id LIMIT $2 FOR UPDATE SKIP LOCKED) next
WHERE o.id = next.id
RETURNING o.id, o.conversation_id, o.ticket_id, o.message_id, o.author, o.channel, o.recipient, o.subject, o.body,
          o.attempts;

-- sent --
-- The provider has them, all their parts; a status that has come by callback meanwhile is later news.
WITH done AS (
    SELECT * FROM unnest($1::uuid[], $2::text[]) AS done (id, provider_ref)
), sent AS (
    UPDATE outbox o SET state = 'sent', sent_at = now(), lease_until = NULL, last_error = NULL
    FROM done WHERE o.id = done.id AND o.state IN ('sending', 'unknown')
      AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state <> 'sent')
    RETURNING o.message_id, done.provider_ref
)
UPDATE messages m
SET delivery_status = CASE WHEN m.delivery_status IN ('delivered', 'read', 'undelivered', 'failed', 'canceled')
                           THEN m.delivery_status ELSE 'sent' END,
    provider_message_id = COALESCE(sent.provider_ref, m.provider_message_id)
FROM sent WHERE m.id = sent.message_id;

-- settle --
-- Not sent, or not known to be: the state says which, the error why, the delay when to look again. Whoever held the
-- word at an earlier attempt has no say any more.
WITH settled AS (
    UPDATE outbox SET state = $2, lease_until = NULL, last_error = $3,
                      next_attempt_at = COALESCE(now() + make_interval(secs => $4), next_attempt_at)
    WHERE id = $1 AND state IN ('sending', 'unknown') AND attempts = $5
    RETURNING message_id
)
UPDATE messages m SET delivery_status = CASE WHEN $2 = 'ready' THEN 'pending' ELSE $2 END
FROM settled WHERE m.id = settled.message_id;

-- park_unserved --
-- Nobody serves their channel: they wait for a person, who sees why.
UPDATE outbox SET state = 'parked', last_error = 'no sender for channel ' || channel
WHERE state = 'ready' AND channel <> ALL ($1::text[]) RETURNING id;

-- serve_again --
-- Their channel has a sender again: what was parked for want of one goes its way.
UPDATE outbox SET state = 'ready', last_error = NULL, next_attempt_at = now()
WHERE state = 'parked' AND channel = ANY ($1::text[]) AND last_error = 'no sender for channel ' || channel RETURNING id;

-- parked_ticket --
-- What decides who has to look after a word that can't be delivered.
SELECT t.category, t.priority FROM outbox o JOIN tickets t ON t.id = o.ticket_id WHERE o.id = $1;

-- park --
-- The word can't be delivered: it waits for a person, who gets the conversation. The agent falls silent there.
WITH word AS (
    UPDATE outbox SET state = 'parked', lease_until = NULL, last_error = $2
    WHERE id = $1 AND state NOT IN ('parked', 'cancelled')
    RETURNING id, message_id, ticket_id, conversation_id
), message AS (
    UPDATE messages m SET delivery_status = 'parked' FROM word WHERE m.id = word.message_id
), conversation AS (
    UPDATE conversations c
    SET status = 'handed_over', owner = 'staff',
        owner_token = CASE WHEN c.owner = 'agent' THEN c.owner_token + 1 ELSE c.owner_token END
    FROM word WHERE c.id = word.conversation_id AND c.status <> 'closed'
    RETURNING c.id, c.sender_key, c.channel
), ticket AS (
    UPDATE tickets t
    SET status = 'escalated', resolved_at = NULL, escalation_reason = COALESCE(t.escalation_reason, 'undeliverable'),
        severity = COALESCE(t.severity, $3), queue = COALESCE(t.queue, $4),
        summary = concat_ws(E'\n', NULLIF(t.summary, ''), 'Not delivered: ' || $2::text)
    FROM word, conversation WHERE t.id = word.ticket_id
    RETURNING t.id, t.number, t.priority, t.severity, t.queue
)
INSERT INTO events (id, topic, key, value)
SELECT gen_random_uuid(), $5, c.sender_key, jsonb_build_object(
    'v', 1, 'ticket_number', t.number, 'ticket_id', t.id, 'conversation_id', c.id, 'channel', c.channel,
    'reason', 'undeliverable', 'severity', t.severity, 'queue', t.queue, 'priority', t.priority, 'timestamp', now())
FROM conversation c, ticket t RETURNING id;

-- sender --
-- Whom a word answers: the customer, and the identifier that wrote.
SELECT c.customer_id, c.sender_key FROM outbox o JOIN conversations c ON c.id = o.conversation_id WHERE o.id = $1;

-- redirect --
-- A WhatsApp word goes to a linked address instead, whole, unless a piece of it is out already.
WITH word AS (
    UPDATE outbox o SET channel = 'email', recipient = $2, state = 'ready', attempts = 0, lease_until = NULL,
                        next_attempt_at = now(), last_error = NULL,
                        metadata = o.metadata || jsonb_build_object('instead_of', o.recipient)
    WHERE o.id = $1 AND o.channel = 'whatsapp' AND o.state = 'sending'
      AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state <> 'ready')
    RETURNING o.id
), pieces AS (
    DELETE FROM outbox_parts p USING word WHERE p.outbox_id = word.id
)
SELECT id FROM word;

-- lease_unknown --
-- Take words whose fate is not known, to ask their provider.
UPDATE outbox o SET lease_until = now() + make_interval(secs => $3)
FROM (SELECT id FROM outbox WHERE state = 'unknown' AND next_attempt_at <= now() AND channel = ANY ($1::text[])
        AND (lease_until IS NULL OR lease_until <= now())
      ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED) due
WHERE o.id = due.id
RETURNING o.id, o.conversation_id, o.ticket_id, o.message_id, o.author, o.channel, o.recipient, o.subject, o.body,
          o.attempts;

-- missed --
-- A look-up has not found the word. The second one in a row, $2 seconds after the first, allows one more sending, and
-- only one: whatever is not found after that is not sent a third time.
UPDATE outbox SET
    state = CASE WHEN metadata ? 'missed' AND NOT metadata ? 'resent' THEN 'ready' ELSE 'unknown' END,
    metadata = CASE WHEN metadata ? 'missed' THEN metadata - 'missed' || '{"resent": 1}' ELSE metadata || '{"missed": 1}' END,
    lease_until = NULL, last_error = 'the provider does not know it',
    next_attempt_at = now() + CASE WHEN metadata ? 'missed' THEN interval '0' ELSE make_interval(secs => $2) END
WHERE id = $1 AND state = 'unknown'
RETURNING state = 'unknown' AND NOT metadata ? 'missed' AS lost;

-- not_asked --
-- A look-up got no answer; how many there were by now. Each pause is twice as long as the one before.
UPDATE outbox SET
    metadata = metadata || jsonb_build_object('not_asked', COALESCE((metadata ->> 'not_asked')::integer, 0) + 1),
    lease_until = NULL, last_error = $2,
    next_attempt_at = now() + make_interval(secs => least(900, $3 * power(2, COALESCE((metadata ->> 'not_asked')::integer, 0))))
WHERE id = $1 AND state = 'unknown'
RETURNING (metadata ->> 'not_asked')::integer AS times;

-- ask_now --
-- Their provider is back: nobody waits for the end of a pause that an outage has made long. The minute between two look-ups
-- that did get an answer stays.
UPDATE outbox SET next_attempt_at = now()
WHERE state = 'unknown' AND channel = $1 AND next_attempt_at > now()
  AND metadata ? 'not_asked' AND NOT metadata ? 'missed';

-- expire --
-- A sender died in the middle. On the web nothing leaves the house, so it is simply due again; elsewhere the provider
-- may have it: its fate is asked for, never guessed.
UPDATE outbox SET state = CASE WHEN channel = 'web_form' THEN 'ready' ELSE 'unknown' END,
                  lease_until = NULL, next_attempt_at = now(), last_error = 'its sender ended while sending'
WHERE state = 'sending' AND lease_until <= now() RETURNING id;
