-- recipient_of --
-- The address that a message's recipient last wrote from, there or in this conversation, where they may have hidden
-- their number meanwhile; and whether WhatsApp's 24-hour window is open for another minute.
SELECT last.address, COALESCE(last.received_at > now() - interval '1439 minutes', false) AS window_open, c.name
FROM outbox o
JOIN conversations v ON v.id = o.conversation_id
JOIN customers c ON c.id = v.customer_id
LEFT JOIN LATERAL (
    SELECT q.received_at, q.address FROM (
        (SELECT i.received_at, i.payload -> 'metadata' ->> 'address' AS address FROM inbox i
         WHERE i.sender_key = 'whatsapp:' || o.recipient AND i.channel = 'whatsapp'
         ORDER BY i.received_at DESC LIMIT 1)
        UNION ALL
        (SELECT i.received_at, i.payload -> 'metadata' ->> 'address' FROM inbox i
         WHERE i.conversation_id = o.conversation_id AND i.channel = 'whatsapp'
         ORDER BY i.received_at DESC, i.id DESC LIMIT 1)) q
    ORDER BY q.received_at DESC LIMIT 1) last ON true
WHERE o.id = $1

-- store_parts --
-- Store the parts that a message was split into, before the first is sent; those of an earlier attempt are kept.
INSERT INTO outbox_parts (outbox_id, n, body)
SELECT $1, part.n, part.body FROM unnest($2::text[]) WITH ORDINALITY AS part (body, n)
WHERE NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = $1)
ON CONFLICT (outbox_id, n) DO NOTHING

-- list_parts --
-- The parts of a message, in order.
SELECT n, body, state, provider_ref, as_template, begun_at FROM outbox_parts WHERE outbox_id = $1 ORDER BY n

-- begin_part --
-- Mark a part as being sent (the provider may have it from now on) and prolong the message's lease. No row when the
-- lease passed to a later attempt, or the part is sent.
-- $1 outbox row, $2 part, $3 attempt, $4 seconds of the lease, $5 as template
WITH lease_prolonged AS (
    UPDATE outbox SET lease_until = clock_timestamp() + make_interval(secs => $4)
    WHERE id = $1 AND state = 'sending' AND attempts = $3 RETURNING id
)
UPDATE outbox_parts p SET state = 'sending', as_template = $5, begun_at = COALESCE(p.begun_at, now())
FROM lease_prolonged WHERE p.outbox_id = lease_prolonged.id AND p.n = $2 AND p.state <> 'sent'
RETURNING p.n

-- mark_accepted --
-- Record that the provider accepted a part ($2) under an id ($3); false when this or an earlier part was requeued.
WITH part_sent AS (
    UPDATE outbox_parts SET state = 'sent', provider_ref = $3, sent_at = COALESCE(sent_at, now())
    WHERE outbox_id = $1 AND n = $2 AND (provider_ref IS NULL OR provider_ref = $3) AND $3 <> ALL (refs)
    RETURNING n
)
SELECT EXISTS (SELECT FROM part_sent)
       AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = $1 AND p.n < $2 AND p.state <> 'sent')

-- note_status --
-- Record a delivery status from a callback; callbacks come late, twice and out of order.
-- $1 outbox row, $2 part, $3 provider's id, $4 status, $5 the statuses that it may follow, $6 error code

-- The message and its part. A callback for the id of an earlier attempt changes nothing; an id other than the known one
-- means that the provider has the part twice.
WITH outbox_locked AS (
    SELECT id, state, attempts, message_id FROM outbox WHERE id = $1 FOR UPDATE
), part_before AS (
    SELECT p.provider_ref IS NOT NULL AND p.provider_ref <> $3 AND $3 <> ALL (p.refs) AS doubled
    FROM outbox_parts p JOIN outbox_locked ON p.outbox_id = outbox_locked.id WHERE p.n = $2
), part_updated AS (
    UPDATE outbox_parts p
    SET status = $4, error_code = $6, state = 'sent', provider_ref = $3, sent_at = COALESCE(p.sent_at, now())
    FROM outbox_locked
    WHERE p.outbox_id = outbox_locked.id AND p.n = $2 AND $3 <> ALL (p.refs)
      AND (p.provider_ref IS NULL OR p.provider_ref = $3) AND (p.status IS NULL OR p.status = ANY ($5::text[]))
    RETURNING p.as_template
), other_parts AS (
    SELECT NOT EXISTS (SELECT FROM outbox_parts q
                       WHERE q.outbox_id = $1 AND q.n <> $2 AND q.state <> 'sent') AS all_sent,
           NOT EXISTS (SELECT FROM outbox_parts q
                       WHERE q.outbox_id = $1 AND q.n <> $2 AND (q.status IS NULL OR q.status = ANY ($5::text[])))
           AS all_reached
    FROM part_updated
),

-- The whole message: a callback settles an unknown outcome. Its delivery status is that of the part that is furthest
-- behind.
outbox_updated AS (
    UPDATE outbox o
    SET state = CASE WHEN other_parts.all_sent THEN 'sent' WHEN outbox_locked.state = 'unknown' THEN 'ready'
                     ELSE o.state END,
        sent_at = CASE WHEN other_parts.all_sent THEN now() END, lease_until = NULL,
        last_error = CASE WHEN other_parts.all_sent THEN NULL ELSE o.last_error END,
        next_attempt_at = CASE WHEN outbox_locked.state = 'unknown' THEN now() ELSE o.next_attempt_at END
    FROM outbox_locked, other_parts
    WHERE o.id = outbox_locked.id AND outbox_locked.state IN ('unknown', 'ready', 'parked')
), message_updated AS (
    UPDATE messages m
    SET provider_message_id = $3,
        delivery_status = CASE
            WHEN $4 = ANY (ARRAY ['undelivered', 'failed', 'canceled']) THEN $4
            WHEN other_parts.all_reached AND $4 = ANY (ARRAY ['sent', 'delivered', 'read']) THEN $4
            WHEN other_parts.all_sent AND m.delivery_status IN ('pending', 'unknown', 'parked') THEN 'sent'
            ELSE m.delivery_status END
    FROM outbox_locked, other_parts WHERE m.id = outbox_locked.message_id
)
SELECT outbox_locked.attempts, EXISTS (SELECT FROM part_updated) AS is_new,
       COALESCE((SELECT doubled FROM part_before), false) AS doubled,
       COALESCE((SELECT as_template FROM part_updated), false) AS as_template
FROM outbox_locked

-- requeue_part --
-- Make a part due again that the provider accepted and did not deliver. The id of this attempt is kept in `refs`, to
-- recognise its late callbacks.
-- $1 outbox row, $2 part, $3 as template, $4 seconds until the next attempt, $5 reason
WITH part_requeued AS (
    UPDATE outbox_parts p
    SET state = 'ready', refs = p.refs || p.provider_ref, provider_ref = NULL, status = NULL, as_template = $3
    WHERE p.outbox_id = $1 AND p.n = $2 AND p.provider_ref IS NOT NULL RETURNING p.outbox_id
), outbox_requeued AS (
    UPDATE outbox o
    SET state = CASE WHEN o.state IN ('sending', 'unknown') THEN o.state ELSE 'ready' END, sent_at = NULL,
        last_error = $5, next_attempt_at = now() + make_interval(secs => $4)
    FROM part_requeued WHERE o.id = part_requeued.outbox_id RETURNING o.message_id
)
UPDATE messages m SET delivery_status = 'pending' FROM outbox_requeued WHERE m.id = outbox_requeued.message_id

-- find_part --
-- The part that the provider knows by an id.
SELECT outbox_id, n FROM outbox_parts WHERE provider_ref = $1

-- known_refs --
-- Those of the provider's ids ($2) that belong to a part for this recipient, of its present or an earlier attempt.
SELECT DISTINCT ref FROM outbox o JOIN outbox_parts p ON p.outbox_id = o.id, unnest(p.refs || p.provider_ref) AS ref
WHERE o.channel = 'whatsapp' AND o.recipient = $1 AND ref = ANY ($2::text[])
