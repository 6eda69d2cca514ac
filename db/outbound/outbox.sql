-- lease_due --
-- Lease a channel's next due message of each conversation for sending. Order is kept: no message passes an earlier one
-- of its conversation, on whatever channel, that is ready, being sent or of unknown outcome. The order is that of `seq`,
-- which hangs on no host's clock as ids do.
UPDATE outbox o SET state = 'sending', attempts = o.attempts + 1, lease_until = clock_timestamp() + make_interval(secs => $3)
FROM (SELECT id FROM outbox due
      WHERE due.state = 'ready' AND due.next_attempt_at <= now() AND due.channel = $1
        AND NOT EXISTS (SELECT FROM outbox before
                        WHERE before.conversation_id = due.conversation_id
                          AND (COALESCE(before.seq, 0), before.id) < (COALESCE(due.seq, 0), due.id)
                          AND before.state IN ('ready', 'sending', 'unknown'))
      ORDER BY due.next_attempt_at, due.id LIMIT $2 FOR UPDATE SKIP LOCKED) next
WHERE o.id = next.id
RETURNING o.id, o.conversation_id, o.ticket_id, o.message_id, o.author, o.channel, o.recipient, o.subject, o.body,
          o.attempts, o.inbound_id;

-- mark_sent --
-- Record that the provider accepted messages with all their parts. A delivery status that a callback has set meanwhile
-- is newer and kept; where it made a part due again, the message is due again.
WITH accepted AS (
    SELECT * FROM unnest($1::uuid[], $2::text[]) AS accepted (id, provider_ref)
), outbox_requeued AS (
    UPDATE outbox o SET state = 'ready', lease_until = NULL
    FROM accepted WHERE o.id = accepted.id AND o.state = 'sending'
      AND EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state = 'ready' AND p.refs <> '{}')
      AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state = 'sending')
), outbox_sent AS (
    UPDATE outbox o SET state = 'sent', sent_at = now(), lease_until = NULL, last_error = NULL
    FROM accepted WHERE o.id = accepted.id AND o.state IN ('sending', 'unknown')
      AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state <> 'sent')
    RETURNING o.message_id, accepted.provider_ref
)
UPDATE messages m
SET delivery_status = CASE WHEN m.delivery_status IN ('delivered', 'read', 'undelivered', 'failed', 'canceled')
                           THEN m.delivery_status ELSE 'sent' END,
    provider_message_id = COALESCE(outbox_sent.provider_ref, m.provider_message_id)
FROM outbox_sent WHERE m.id = outbox_sent.message_id;

-- mark_unsent --
-- Record that a message was not sent, or that its outcome is unknown. Nothing happens when a later attempt has begun.
-- $1 outbox row, $2 new state, $3 error, $4 seconds until the next attempt (null: unchanged), $5 attempt
WITH outbox_updated AS (
    UPDATE outbox SET state = $2, lease_until = NULL, last_error = $3,
                      next_attempt_at = COALESCE(now() + make_interval(secs => $4), next_attempt_at)
    WHERE id = $1 AND state IN ('sending', 'unknown') AND attempts = $5
    RETURNING message_id
)
UPDATE messages m SET delivery_status = CASE WHEN $2 = 'ready' THEN 'pending' ELSE $2 END
FROM outbox_updated WHERE m.id = outbox_updated.message_id;

-- park_unserved --
-- Park the ready messages of channels that are on and have no sender; the staff see the reason.
UPDATE outbox SET state = 'parked', last_error = 'no sender for channel ' || channel
WHERE state = 'ready' AND channel <> ALL ($1::text[]) RETURNING id;

-- unpark_served --
-- Release the messages that were parked for want of a sender and whose channel has one again.
UPDATE outbox SET state = 'ready', last_error = NULL, next_attempt_at = now()
WHERE state = 'parked' AND channel = ANY ($1::text[]) AND last_error = 'no sender for channel ' || channel RETURNING id;

-- category_and_priority --
-- Category and priority of a message's ticket: they decide severity and queue when it is parked.
SELECT t.category, t.priority FROM outbox o JOIN tickets t ON t.id = o.ticket_id WHERE o.id = $1;

-- park --
-- Park an undeliverable message and hand its conversation over to the staff; no row when it is parked already.
-- $1 outbox row, $2 error, $3 severity, $4 queue, $5 topic of the announcement
WITH outbox_parked AS (
    UPDATE outbox SET state = 'parked', lease_until = NULL, last_error = $2
    WHERE id = $1 AND state NOT IN ('parked', 'cancelled')
    RETURNING id, message_id, ticket_id, conversation_id
), message_parked AS (
    UPDATE messages m SET delivery_status = 'parked' FROM outbox_parked WHERE m.id = outbox_parked.message_id
), conversation_handed_over AS (
    UPDATE conversations c
    SET status = 'handed_over', owner = 'staff',
        owner_token = CASE WHEN c.owner = 'agent' THEN c.owner_token + 1 ELSE c.owner_token END
    FROM outbox_parked WHERE c.id = outbox_parked.conversation_id AND c.status <> 'closed'
    RETURNING c.id, c.sender_key, c.channel
), ticket_escalated AS (
    UPDATE tickets t
    SET status = 'escalated', resolved_at = NULL, escalation_reason = COALESCE(t.escalation_reason, 'undeliverable'),
        severity = COALESCE(t.severity, $3), queue = COALESCE(t.queue, $4),
        summary = concat_ws(E'\n', NULLIF(t.summary, ''), 'Not delivered: ' || $2::text)
    FROM outbox_parked, conversation_handed_over WHERE t.id = outbox_parked.ticket_id
    RETURNING t.id, t.number, t.priority, t.severity, t.queue
)
INSERT INTO events (id, topic, key, value)
SELECT gen_random_uuid(), $5, c.sender_key, jsonb_build_object(
    'v', 1, 'ticket_number', t.number, 'ticket_id', t.id, 'conversation_id', c.id, 'channel', c.channel,
    'reason', 'undeliverable', 'severity', t.severity, 'queue', t.queue, 'priority', t.priority, 'timestamp', now())
FROM conversation_handed_over c, ticket_escalated t RETURNING id;

-- sender_of --
-- The customer and sender key of a message's conversation.
SELECT c.customer_id, c.sender_key FROM outbox o JOIN conversations c ON c.id = o.conversation_id WHERE o.id = $1;

-- redirect_to_email --
-- Send a WhatsApp message by mail to a linked address instead, unless one of its parts was sent or may have been.
WITH outbox_redirected AS (
    UPDATE outbox o SET channel = 'email', recipient = $2, state = 'ready', attempts = 0, lease_until = NULL,
                        next_attempt_at = now(), last_error = NULL,
                        metadata = o.metadata || jsonb_build_object('instead_of', o.recipient)
    WHERE o.id = $1 AND o.channel = 'whatsapp' AND o.state = 'sending'
      AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state <> 'ready')
    RETURNING o.id
), parts_deleted AS (
    DELETE FROM outbox_parts p USING outbox_redirected WHERE p.outbox_id = outbox_redirected.id
)
SELECT id FROM outbox_redirected;

-- lease_unknown --
-- Lease a channel's messages of unknown outcome that are due for a look-up at their provider.
UPDATE outbox o SET lease_until = clock_timestamp() + make_interval(secs => $3)
FROM (SELECT id FROM outbox WHERE state = 'unknown' AND next_attempt_at <= now() AND channel = $1
        AND (lease_until IS NULL OR lease_until <= now())
      ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED) due
WHERE o.id = due.id
RETURNING o.id, o.conversation_id, o.ticket_id, o.message_id, o.author, o.channel, o.recipient, o.subject, o.body,
          o.attempts, o.inbound_id;

-- lookup_not_found --
-- Record a look-up that did not find the message. After the second in a row, $2 seconds later, it may be sent once
-- more, and never a third time. Returns whether it is lost: sent once more, and again not found twice.
UPDATE outbox SET
    state = CASE WHEN metadata ? 'missed' AND NOT metadata ? 'resent' THEN 'ready' ELSE 'unknown' END,
    metadata = CASE WHEN metadata ? 'missed' THEN metadata - 'missed' || '{"resent": 1}'
                    ELSE metadata || '{"missed": 1}' END,
    lease_until = NULL, last_error = 'the provider does not know it',
    next_attempt_at = now() + CASE WHEN metadata ? 'missed' THEN interval '0' ELSE make_interval(secs => $2) END
WHERE id = $1 AND state = 'unknown'
RETURNING state = 'unknown' AND NOT metadata ? 'missed' AS lost;

-- lookup_failed --
-- Record a look-up that the provider did not answer; returns how many there were. The pause doubles, up to 15 minutes.
-- $1 outbox row, $2 error, $3 first pause in seconds
UPDATE outbox SET
    metadata = metadata || jsonb_build_object('not_asked', COALESCE((metadata ->> 'not_asked')::integer, 0) + 1),
    lease_until = NULL, last_error = $2,
    next_attempt_at = now() + make_interval(
        secs => least(900, $3 * power(2, COALESCE((metadata ->> 'not_asked')::integer, 0))))
WHERE id = $1 AND state = 'unknown'
RETURNING (metadata ->> 'not_asked')::integer AS times;

-- look_up_now --
-- Make the failed look-ups of a channel due at once: its provider answers again. A look-up that was answered and found
-- nothing keeps its pause before the second one.
UPDATE outbox SET next_attempt_at = now()
WHERE state = 'unknown' AND channel = $1 AND next_attempt_at > now()
  AND metadata ? 'not_asked' AND NOT metadata ? 'missed'
RETURNING id;

-- expire_leases --
-- Free the messages whose sender died while sending. A web reply is sent by storing it and is ready again; on the other
-- channels the provider may have the message, so its outcome is unknown and looked up.
UPDATE outbox SET state = CASE WHEN channel = 'web_form' THEN 'ready' ELSE 'unknown' END,
                  lease_until = NULL, next_attempt_at = now(), last_error = 'its sender ended while sending'
WHERE state = 'sending' AND lease_until <= now() RETURNING id;
