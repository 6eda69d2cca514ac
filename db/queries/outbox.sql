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
-- The provider has them.
WITH done AS (
    SELECT * FROM unnest($1::uuid[], $2::text[]) AS done (id, provider_ref)
), sent AS (
    UPDATE outbox o SET state = 'sent', sent_at = now(), lease_until = NULL, last_error = NULL
    FROM done WHERE o.id = done.id AND o.state IN ('sending', 'unknown')
    RETURNING o.message_id, done.provider_ref
)
UPDATE messages m SET delivery_status = 'sent', provider_message_id = COALESCE(sent.provider_ref, m.provider_message_id)
FROM sent WHERE m.id = sent.message_id;

-- settle --
-- Not sent, or not known to be: the state says which, the error why, the delay when to look again.
WITH settled AS (
    UPDATE outbox SET state = $2, lease_until = NULL, last_error = $3,
                      next_attempt_at = now() + make_interval(secs => $4)
    WHERE id = $1 AND state IN ('sending', 'unknown')
    RETURNING message_id
)
UPDATE messages m SET delivery_status = CASE WHEN $2 = 'ready' THEN 'pending' ELSE $2 END
FROM settled WHERE m.id = settled.message_id;

-- park_unserved --
-- Nobody serves their channel: they wait for a person, who sees why.
UPDATE outbox SET state = 'parked', last_error = 'no sender for channel ' || channel
WHERE state = 'ready' AND channel <> ALL ($1::text[]) RETURNING id;

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
-- A look-up has not found the word. The second one in a row, a minute after the first, allows one more sending.
UPDATE outbox SET
    state = CASE WHEN (metadata ->> 'missed')::integer >= 1 THEN 'ready' ELSE 'unknown' END,
    metadata = CASE WHEN (metadata ->> 'missed')::integer >= 1 THEN metadata - 'missed'
                    ELSE metadata || '{"missed": 1}' END,
    lease_until = NULL, last_error = 'the provider does not know it',
    next_attempt_at = now() + CASE WHEN (metadata ->> 'missed')::integer >= 1 THEN interval '0' ELSE interval '60 s' END
WHERE id = $1 AND state = 'unknown';

-- expire --
-- A sender died in the middle. On the web nothing leaves the house, so it is simply due again; elsewhere the provider
-- may have it: its fate is asked for, never guessed.
UPDATE outbox SET state = CASE WHEN channel = 'web_form' THEN 'ready' ELSE 'unknown' END,
                  lease_until = NULL, next_attempt_at = now(), last_error = 'its sender ended while sending'
WHERE state = 'sending' AND lease_until <= now() RETURNING id;
