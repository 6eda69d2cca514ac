-- add --
-- Something to tell, once for its key; with a pause ($6, seconds) the same key may be told again when that is over.
INSERT INTO notifications AS n (key, hand_over_id, urgent, body, due_at, draft_id) VALUES ($1, $2, $3, $4, $5, $7)
ON CONFLICT (key) DO UPDATE SET
    urgent = excluded.urgent, body = excluded.body, due_at = excluded.due_at, state = 'ready', lease_until = NULL,
    attempts = 0, reached = '{}', last_error = NULL, created_at = now(), sent_at = NULL
    WHERE n.state <> 'ready' AND n.created_at <= now() - make_interval(secs => $6)
RETURNING key;

-- withdraw --
-- A person has taken the hand-over before its announcement was due, or the draft is waited for no more: nobody has to be
-- told. A draft's news is over at once, also for whom an earlier attempt has not reached.
UPDATE notifications n SET state = 'withdrawn'
WHERE n.state = 'ready' AND (n.lease_until IS NULL OR n.lease_until <= now())
  AND ((n.attempts = 0 AND EXISTS (SELECT FROM hand_overs h WHERE h.id = n.hand_over_id
                                   AND (h.taken_at IS NOT NULL OR h.ended_at IS NOT NULL)))
       OR (n.draft_id IS NOT NULL AND NOT EXISTS (SELECT FROM waiting_drafts w WHERE w.id = n.draft_id)));

-- claim --
-- Lease what is due, the urgent first. The lease covers a death between the sending and its record.
UPDATE notifications n SET lease_until = now() + make_interval(secs => $3), attempts = n.attempts + 1
FROM (SELECT key FROM notifications
      WHERE state = 'ready' AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= now())
      ORDER BY urgent DESC, due_at, key LIMIT $2 FOR UPDATE SKIP LOCKED) due
WHERE n.key = due.key
RETURNING n.key, n.urgent, n.body, n.attempts, n.reached, n.created_at;

-- sent --
UPDATE notifications SET state = 'sent', sent_at = now(), lease_until = NULL, last_error = NULL, reached = $2
WHERE key = ANY ($1::text[]) AND state = 'ready';

-- defer --
-- Some have not got it ($3 says which kind): again in $4 seconds, to those alone; without a delay never more.
UPDATE notifications SET reached = $2, last_error = $3, lease_until = NULL,
       state = CASE WHEN $4::double precision IS NULL THEN 'failed' ELSE state END,
       due_at = COALESCE(now() + make_interval(secs => $4), due_at)
WHERE key = ANY ($1::text[]) AND state = 'ready';

-- unsent --
-- Nobody is to be told: what was due is kept as it is, so that a later addressee doesn't get the past.
UPDATE notifications SET state = 'unsent' WHERE state = 'ready' AND due_at <= $1;

-- backlog --
-- What could not be told: waits after a failure, and was given up within the last day.
SELECT count(*) FILTER (WHERE state = 'ready' AND last_error IS NOT NULL) AS waiting,
       count(*) FILTER (WHERE state = 'failed' AND created_at > now() - interval '1 day') AS failed,
       (array_agg(last_error ORDER BY created_at DESC) FILTER (WHERE last_error IS NOT NULL))[1] AS last_error
FROM notifications
WHERE (state = 'ready' AND last_error IS NOT NULL) OR (state = 'failed' AND created_at > now() - interval '1 day');

-- delete_old --
DELETE FROM notifications WHERE key IN (
    SELECT key FROM notifications WHERE state <> 'ready' AND created_at < now() - interval '30 days' LIMIT 1000);

-- undecided_words --
-- Words that nobody else speaks of: their provider has not told their fate for a while, or they came back when their
-- conversation was closed, so that no hand-over begins.
SELECT o.id, o.state, t.number, o.channel, (extract(epoch FROM $1 - o.created_at) / 60)::double precision AS minutes
FROM outbox o JOIN tickets t ON t.id = o.ticket_id JOIN conversations c ON c.id = o.conversation_id
WHERE ((o.state = 'unknown' AND o.created_at <= $1 - make_interval(secs => $2))
       OR (o.state = 'parked' AND o.author <> 'system' AND c.status = 'closed'
           AND o.created_at > now() - interval '7 days'))
  AND NOT EXISTS (SELECT FROM notifications n WHERE n.key = o.state || ':' || o.id)
ORDER BY o.created_at LIMIT $3;
