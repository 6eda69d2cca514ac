-- without_deadline --
-- New hand-overs whose deadlines are still to be computed, oldest first. The decision's reason is preferred: the ticket
-- keeps the highest-ranking of all its reasons.
SELECT h.id, t.number, c.channel, h.severity, h.queue, COALESCE(d.reason, h.reason) AS reason, h.started_at, h.due_at,
       h.taken_at
FROM hand_overs h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = h.conversation_id
LEFT JOIN LATERAL (SELECT reason FROM decision_records d
                   WHERE d.ticket_id = h.ticket_id AND d.created_at = h.started_at LIMIT 1) d ON true
WHERE h.due_at IS NULL
ORDER BY h.started_at LIMIT $1;

-- set_deadlines --
-- Set the deadline of a hand-over and the time of its warning, once.
-- $1 hand-over, $2 when to warn, $3 deadline, $4 reason
UPDATE hand_overs SET warn_at = $2, due_at = $3, reason = $4 WHERE id = $1 AND due_at IS NULL RETURNING id;

-- mark_warned --
-- Mark the untaken hand-overs whose deadline is near as warned of; each is returned once.
UPDATE hand_overs h SET warned_at = $1
FROM (SELECT id FROM hand_overs
      WHERE taken_at IS NULL AND ended_at IS NULL AND warned_at IS NULL AND breached_at IS NULL
        AND warn_at <= $1 AND due_at > $1
      ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) due_soon, tickets t, conversations c
WHERE h.id = due_soon.id AND t.id = h.ticket_id AND c.id = h.conversation_id
RETURNING h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at;

-- mark_breached --
-- Mark the untaken hand-overs whose deadline has passed as breached; each is returned once.
UPDATE hand_overs h SET breached_at = $1
FROM (SELECT id FROM hand_overs
      WHERE taken_at IS NULL AND ended_at IS NULL AND breached_at IS NULL AND due_at <= $1
      ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) overdue, tickets t, conversations c
WHERE h.id = overdue.id AND t.id = h.ticket_id AND c.id = h.conversation_id
RETURNING h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at;

-- list_overdue --
-- The untaken hand-overs whose deadline has passed, the longest overdue first.
SELECT h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at
FROM hand_overs h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = h.conversation_id
WHERE h.taken_at IS NULL AND h.ended_at IS NULL AND h.due_at <= $1
ORDER BY h.due_at LIMIT $2;

-- of_ticket --
-- The hand-overs of a ticket, newest first.
SELECT h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at
FROM hand_overs h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = h.conversation_id
WHERE t.number = $1 ORDER BY h.started_at DESC;
