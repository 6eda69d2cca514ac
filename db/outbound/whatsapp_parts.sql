-- correspondent --
-- Where the last message of a word's recipient came from, and whether it still opens the 24-hour window. A minute is
-- left for the way.
SELECT last.address, COALESCE(last.received_at > now() - interval '1439 minutes', false) AS window_open, c.name
FROM outbox o
JOIN conversations v ON v.id = o.conversation_id
JOIN customers c ON c.id = v.customer_id
LEFT JOIN LATERAL (
    SELECT i.received_at, i.payload -> 'metadata' ->> 'address' AS address FROM inbox i
    WHERE i.sender_key = 'whatsapp:' || o.recipient AND i.channel = 'whatsapp'
    ORDER BY i.received_at DESC LIMIT 1) last ON true
WHERE o.id = $1

-- cut --
-- Keep the pieces of a word before the first of them leaves; pieces that are kept already stay as they are.
INSERT INTO outbox_parts (outbox_id, n, body)
SELECT $1, piece.n, piece.body FROM unnest($2::text[]) WITH ORDINALITY AS piece (body, n)
WHERE NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = $1)
ON CONFLICT (outbox_id, n) DO NOTHING

-- parts --
SELECT n, body, state, provider_ref, as_template, begun_at FROM outbox_parts WHERE outbox_id = $1 ORDER BY n

-- begin --
-- From here on the provider may have this part. Only whoever leases the word at this attempt may begin one; his lease
-- begins anew.
WITH mine AS (
    UPDATE outbox SET lease_until = now() + make_interval(secs => $4)
    WHERE id = $1 AND state = 'sending' AND attempts = $3 RETURNING id
)
UPDATE outbox_parts p SET state = 'sending', as_template = $5, begun_at = COALESCE(p.begun_at, now())
FROM mine WHERE p.outbox_id = mine.id AND p.n = $2 AND p.state <> 'sent'
RETURNING p.n

-- accepted --
-- The provider has this part, under this id. False when it, or one before it, has been given back already.
WITH part AS (
    UPDATE outbox_parts SET state = 'sent', provider_ref = $3, sent_at = COALESCE(sent_at, now())
    WHERE outbox_id = $1 AND n = $2 AND (provider_ref IS NULL OR provider_ref = $3) AND $3 <> ALL (refs)
    RETURNING n
)
SELECT EXISTS (SELECT FROM part)
       AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = $1 AND p.n < $2 AND p.state <> 'sent')

-- note_status --
-- What the provider says of a part: $3 its id, $4 the status, $5 the statuses behind which this one is news, $6 an error
-- code. An id of an earlier attempt means nothing; another id than the known one means that the provider has it twice.
-- A word of unknown fate is settled by this.
WITH word AS (
    SELECT id, state, attempts, message_id FROM outbox WHERE id = $1 FOR UPDATE
), before AS (
    SELECT p.provider_ref IS NOT NULL AND p.provider_ref <> $3 AND $3 <> ALL (p.refs) AS doubled
    FROM outbox_parts p JOIN word ON p.outbox_id = word.id WHERE p.n = $2
), part AS (
    UPDATE outbox_parts p
    SET status = $4, error_code = $6, state = 'sent', provider_ref = $3, sent_at = COALESCE(p.sent_at, now())
    FROM word
    WHERE p.outbox_id = word.id AND p.n = $2 AND $3 <> ALL (p.refs) AND (p.provider_ref IS NULL OR p.provider_ref = $3)
      AND (p.status IS NULL OR p.status = ANY ($5::text[]))
    RETURNING p.as_template
), whole AS (
    SELECT NOT EXISTS (SELECT FROM outbox_parts q WHERE q.outbox_id = $1 AND q.n <> $2 AND q.state <> 'sent') AS sent,
           NOT EXISTS (SELECT FROM outbox_parts q
                       WHERE q.outbox_id = $1 AND q.n <> $2 AND (q.status IS NULL OR q.status = ANY ($5::text[])))
           AS so_far
    FROM part
), settled AS (
    UPDATE outbox o
    SET state = CASE WHEN whole.sent THEN 'sent' WHEN word.state = 'unknown' THEN 'ready' ELSE o.state END,
        sent_at = CASE WHEN whole.sent THEN now() END, lease_until = NULL,
        last_error = CASE WHEN whole.sent THEN NULL ELSE o.last_error END,
        next_attempt_at = CASE WHEN word.state = 'unknown' THEN now() ELSE o.next_attempt_at END
    FROM word, whole WHERE o.id = word.id AND word.state IN ('unknown', 'ready', 'parked')
), message AS (
    -- Where there are several parts, the message is as far as its last one.
    UPDATE messages m
    SET provider_message_id = $3,
        delivery_status = CASE
            WHEN $4 = ANY (ARRAY ['undelivered', 'failed', 'canceled']) THEN $4
            WHEN whole.so_far AND $4 = ANY (ARRAY ['sent', 'delivered', 'read']) THEN $4
            WHEN whole.sent AND m.delivery_status IN ('pending', 'unknown', 'parked') THEN 'sent'
            ELSE m.delivery_status END
    FROM word, whole WHERE m.id = word.message_id
)
SELECT word.attempts, EXISTS (SELECT FROM part) AS news, COALESCE((SELECT doubled FROM before), false) AS doubled,
       COALESCE((SELECT as_template FROM part), false) AS as_template
FROM word

-- send_again --
-- The provider gave the part back: it is due once more after the delay, as a template where $3 says so. The id of this
-- attempt is remembered, for its callbacks may still come.
WITH part AS (
    UPDATE outbox_parts p
    SET state = 'ready', refs = p.refs || p.provider_ref, provider_ref = NULL, status = NULL, as_template = $3
    WHERE p.outbox_id = $1 AND p.n = $2 AND p.provider_ref IS NOT NULL RETURNING p.outbox_id
), word AS (
    UPDATE outbox o
    SET state = CASE WHEN o.state IN ('sending', 'unknown') THEN o.state ELSE 'ready' END, sent_at = NULL, last_error = $5,
        next_attempt_at = now() + make_interval(secs => $4)
    FROM part WHERE o.id = part.outbox_id RETURNING o.message_id
)
UPDATE messages m SET delivery_status = 'pending' FROM word WHERE m.id = word.message_id

-- part_of --
-- The part that the provider knows by this id.
SELECT outbox_id, n FROM outbox_parts WHERE provider_ref = $1

-- known_refs --
-- Which of these ids of the provider belong to a part for this recipient already, present or former.
SELECT DISTINCT ref FROM outbox o JOIN outbox_parts p ON p.outbox_id = o.id, unnest(p.refs || p.provider_ref) AS ref
WHERE o.channel = 'whatsapp' AND o.recipient = $1 AND ref = ANY ($2::text[])
