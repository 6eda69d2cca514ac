-- steps --
-- The legal steps, as the trigger enforces them.
SELECT from_status, to_status, usually_by FROM ticket_steps ORDER BY from_status, to_status;

-- history --
-- What a ticket went through, oldest first.
SELECT h.from_status, h.to_status, h.actor, h.staff_name, h.at
FROM ticket_history h JOIN tickets t ON t.id = h.ticket_id
WHERE t.number = $1 ORDER BY h.id;

-- endings --
-- How tickets came to an end since $1. A ticket that was resolved again after it was reopened counts once, by its last
-- resolution; one that was reopened and not resolved again is not resolved.
SELECT count(*) FILTER (WHERE last.to_status = 'resolved' AND last.actor = 'customer') AS resolved_by_customer,
       count(*) FILTER (WHERE last.to_status = 'resolved' AND last.actor = 'staff') AS resolved_by_staff,
       count(*) FILTER (WHERE last.to_status = 'resolved' AND last.actor IN ('system', 'agent')) AS resolved_by_timeout,
       count(*) FILTER (WHERE last.to_status = 'closed') AS closed_unresolved,
       (SELECT count(*) FROM ticket_history h WHERE h.at >= $1 AND h.from_status = 'resolved' AND h.to_status <> 'closed')
       AS reopened
FROM (SELECT DISTINCT ON (h.ticket_id) h.to_status, h.actor FROM ticket_history h
      WHERE h.at >= $1 AND h.from_status IS NOT NULL AND (h.from_status, h.to_status) <> ('resolved', 'closed')
      ORDER BY h.ticket_id, h.id DESC) last;

-- resolve_idle --
-- Answered, and nobody has written since $1: resolved, by nobody. What a person owns, and what is still on its way to
-- the customer, stays.
UPDATE tickets t SET status = 'resolved', moved_by = 'system'
FROM (SELECT t.id FROM tickets t JOIN conversations c ON c.id = t.conversation_id
      WHERE t.status = 'waiting' AND t.status_since <= $1 AND c.owner = 'agent'
        AND NOT EXISTS (SELECT FROM inbox i WHERE i.conversation_id = c.id AND i.state = 'waiting')
        AND NOT EXISTS (SELECT FROM outbox o
                        WHERE o.conversation_id = c.id AND o.state IN ('ready', 'sending', 'unknown', 'parked', 'draft'))
      ORDER BY t.status_since LIMIT $2 FOR NO KEY UPDATE OF t SKIP LOCKED) idle
WHERE t.id = idle.id
RETURNING t.id;

-- close_resolved --
-- Resolved since $1 at the latest: closed for good, with its conversation. Where somebody has either in hand it waits for
-- the next look.
WITH closed AS (
    UPDATE tickets t SET status = 'closed', moved_by = 'system'
    FROM (SELECT t.id FROM tickets t JOIN conversations c ON c.id = t.conversation_id
          WHERE t.status = 'resolved' AND t.status_since <= $1
            AND NOT EXISTS (SELECT FROM inbox i WHERE i.conversation_id = t.conversation_id AND i.state = 'waiting')
            AND NOT EXISTS (SELECT FROM outbox o WHERE o.conversation_id = t.conversation_id
                            AND o.state IN ('ready', 'sending', 'unknown', 'parked', 'draft'))
          ORDER BY t.status_since LIMIT $2 FOR NO KEY UPDATE OF c, t SKIP LOCKED) done
    WHERE t.id = done.id
    RETURNING t.conversation_id
)
UPDATE conversations c SET status = 'closed' FROM closed WHERE c.id = closed.conversation_id
RETURNING c.id;
