-- transitions --
-- The legal status transitions, as the trigger enforces them.
SELECT from_status, to_status, usually_by FROM ticket_steps ORDER BY from_status, to_status;

-- history --
-- The status changes of a ticket, oldest first.
SELECT h.from_status, h.to_status, h.actor, h.staff_name, h.at
FROM ticket_history h JOIN tickets t ON t.id = h.ticket_id
WHERE t.number = $1 ORDER BY h.id;

-- resolution_counts --
-- How many tickets were resolved or closed since $1, and by whom. A ticket counts once, by its last change: resolved
-- again after a reopening it counts as that resolution, and reopened for good it counts as none.
-- report
SELECT count(*) FILTER (WHERE last.to_status = 'resolved' AND last.actor = 'customer') AS resolved_by_customer,
       count(*) FILTER (WHERE last.to_status = 'resolved' AND last.actor = 'staff') AS resolved_by_staff,
       count(*) FILTER (WHERE last.to_status = 'resolved' AND last.actor IN ('system', 'agent')) AS resolved_by_timeout,
       count(*) FILTER (WHERE last.to_status = 'closed') AS closed_unresolved,
       (SELECT count(*) FROM ticket_history h
        WHERE h.at >= $1 AND h.from_status = 'resolved' AND h.to_status <> 'closed') AS reopened
FROM (SELECT DISTINCT ON (h.ticket_id) h.to_status, h.actor FROM ticket_history h
      WHERE h.at >= $1 AND h.from_status IS NOT NULL AND (h.from_status, h.to_status) <> ('resolved', 'closed')
      ORDER BY h.ticket_id, h.id DESC) last;

-- resolve_idle --
-- Resolve answered tickets whose customer has not written since $1 (timeout). Tickets that the staff own, or with a
-- message or reply still under way, are left alone.
UPDATE tickets t SET status = 'resolved', moved_by = 'system'
FROM (SELECT t.id FROM tickets t JOIN conversations c ON c.id = t.conversation_id
      WHERE t.status = 'waiting' AND t.status_since <= $1 AND c.owner = 'agent'
        AND NOT EXISTS (SELECT FROM inbox i WHERE i.conversation_id = c.id AND i.state = 'waiting')
        AND NOT EXISTS (SELECT FROM outbox o
                        WHERE o.conversation_id = c.id
                          AND o.state IN ('ready', 'sending', 'unknown', 'parked', 'draft'))
      ORDER BY t.status_since LIMIT $2 FOR NO KEY UPDATE OF t SKIP LOCKED) idle
WHERE t.id = idle.id
RETURNING t.id;

-- close_resolved --
-- Close tickets resolved at $1 or before, for good, with their conversations. Locked ones wait for the next call.
WITH tickets_closed AS (
    UPDATE tickets t SET status = 'closed', moved_by = 'system'
    FROM (SELECT t.id FROM tickets t JOIN conversations c ON c.id = t.conversation_id
          WHERE t.status = 'resolved' AND t.status_since <= $1
            AND NOT EXISTS (SELECT FROM inbox i WHERE i.conversation_id = t.conversation_id AND i.state = 'waiting')
            AND NOT EXISTS (SELECT FROM outbox o WHERE o.conversation_id = t.conversation_id
                            AND o.state IN ('ready', 'sending', 'unknown', 'parked', 'draft'))
          ORDER BY t.status_since LIMIT $2 FOR NO KEY UPDATE OF c, t SKIP LOCKED) closable
    WHERE t.id = closable.id
    RETURNING t.conversation_id
)
UPDATE conversations c SET status = 'closed' FROM tickets_closed WHERE c.id = tickets_closed.conversation_id
RETURNING c.id;
