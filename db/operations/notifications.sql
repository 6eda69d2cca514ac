-- add --
-- Add a notification, once per key; a settled one may be renewed when it is older than the pause.
-- $1 key, $2 hand-over, $3 urgent, $4 body, $5 when it is due, $6 pause in seconds, $7 draft
INSERT INTO notifications AS n (key, hand_over_id, urgent, body, due_at, draft_id) VALUES ($1, $2, $3, $4, $5, $7)
ON CONFLICT (key) DO UPDATE SET
    urgent = excluded.urgent, body = excluded.body, due_at = excluded.due_at, state = 'ready', lease_until = NULL,
    attempts = 0, reached = '{}', last_error = NULL, created_at = now(), sent_at = NULL
    WHERE n.state <> 'ready' AND n.created_at <= now() - make_interval(secs => $6)
RETURNING key;

-- withdraw_settled --
-- Withdraw notifications that have no object any more: of a hand-over that was taken or ended before the first attempt,
-- and of a draft that waits no more, even where an earlier attempt has not reached every addressee.
UPDATE notifications n SET state = 'withdrawn'
WHERE n.state = 'ready' AND (n.lease_until IS NULL OR n.lease_until <= now())
  AND ((n.attempts = 0 AND EXISTS (SELECT FROM hand_overs h WHERE h.id = n.hand_over_id
                                   AND (h.taken_at IS NOT NULL OR h.ended_at IS NOT NULL)))
       OR (n.draft_id IS NOT NULL AND NOT EXISTS (SELECT FROM waiting_drafts w WHERE w.id = n.draft_id)));

-- lease_due --
-- Lease due notifications, urgent ones first. After a crash between the sending and its record they are due again.
UPDATE notifications n SET lease_until = clock_timestamp() + make_interval(secs => $3), attempts = n.attempts + 1
FROM (SELECT key FROM notifications
      WHERE state = 'ready' AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= now())
      ORDER BY urgent DESC, due_at, key LIMIT $2 FOR UPDATE SKIP LOCKED) due
WHERE n.key = due.key
RETURNING n.key, n.urgent, n.body, n.attempts, n.reached, n.created_at;

-- lease_trial --
-- Lease the notification whose later attempt comes next; this one does not count.
UPDATE notifications n SET lease_until = clock_timestamp() + make_interval(secs => $2)
FROM (SELECT key FROM notifications
      WHERE state = 'ready' AND last_error IS NOT NULL AND due_at > $1 AND (lease_until IS NULL OR lease_until <= now())
      ORDER BY due_at, key LIMIT 1 FOR UPDATE SKIP LOCKED) next_one
WHERE n.key = next_one.key
RETURNING n.key, n.urgent, n.body, n.attempts, n.reached, n.created_at;

-- end_trial --
-- A trial that failed changes nothing but who has the notification.
UPDATE notifications SET lease_until = NULL, reached = $2, last_error = $3 WHERE key = $1 AND state = 'ready';

-- hurry --
-- Make every notification due that waits for a later attempt.
UPDATE notifications SET due_at = $1 WHERE state = 'ready' AND last_error IS NOT NULL AND due_at > $1;

-- mark_sent --
-- Record that notifications have reached every addressee.
UPDATE notifications SET state = 'sent', sent_at = now(), lease_until = NULL, last_error = NULL, reached = $2
WHERE key = ANY ($1::text[]) AND state = 'ready';

-- defer --
-- Record that notifications have not reached every addressee; the others are tried again, or given up without a delay.
-- $1 keys, $2 addressees reached, $3 error, $4 seconds until the next attempt (null: give up)
UPDATE notifications SET reached = $2, last_error = $3, lease_until = NULL,
       state = CASE WHEN $4::double precision IS NULL THEN 'failed' ELSE state END,
       due_at = COALESCE(now() + make_interval(secs => $4), due_at)
WHERE key = ANY ($1::text[]) AND state = 'ready';

-- mark_unsent --
-- Settle due notifications when there is no addressee, so that one added later does not get old ones.
UPDATE notifications SET state = 'unsent' WHERE state = 'ready' AND due_at <= $1;

-- backlog --
-- The notifications that wait after a failure, and those given up within the last day.
SELECT count(*) FILTER (WHERE state = 'ready' AND last_error IS NOT NULL) AS waiting,
       count(*) FILTER (WHERE state = 'failed' AND created_at > now() - interval '1 day') AS failed,
       (array_agg(last_error ORDER BY created_at DESC) FILTER (WHERE last_error IS NOT NULL))[1] AS last_error
FROM notifications
WHERE (state = 'ready' AND last_error IS NOT NULL) OR (state = 'failed' AND created_at > now() - interval '1 day');

-- delete_old --
-- Delete settled notifications added before $1, the $2 oldest.
WITH notifications_deleted AS (
    DELETE FROM notifications WHERE key = ANY (ARRAY (
        SELECT key FROM notifications WHERE state <> 'ready' AND created_at < $1 ORDER BY created_at LIMIT $2))
    RETURNING key
)
SELECT count(*) FROM notifications_deleted;

-- unconfirmed_replies --
-- Replies that need a notification of their own: of unknown outcome for $2 seconds, or parked in a closed conversation,
-- where no hand-over begins.
SELECT o.id, o.state, t.number, o.channel, (extract(epoch FROM $1 - o.created_at) / 60)::double precision AS minutes
FROM outbox o JOIN tickets t ON t.id = o.ticket_id JOIN conversations c ON c.id = o.conversation_id
WHERE ((o.state = 'unknown' AND o.created_at <= $1 - make_interval(secs => $2))
       OR (o.state = 'parked' AND o.author <> 'system' AND c.status = 'closed'
           AND o.created_at > now() - interval '7 days'))
  AND NOT EXISTS (SELECT FROM notifications n WHERE n.key = o.state || ':' || o.id)
ORDER BY o.created_at LIMIT $3;
