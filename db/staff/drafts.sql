-- without_deadline --
-- Drafts whose deadlines are still to be computed, oldest first. The time runs from the first waiting draft of the
-- conversation (`since`), so that a customer who writes again does not wait longer.
SELECT w.id, t.number, w.channel, t.category, t.priority,
       (SELECT min(o.created_at) FROM outbox o
        WHERE o.conversation_id = w.conversation_id AND o.state = 'draft') AS since
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id
WHERE NOT EXISTS (SELECT FROM draft_clocks k WHERE k.outbox_id = w.id)
ORDER BY w.id LIMIT $1;

-- set_deadlines --
-- Set the deadlines of a draft, once. It inherits the warnings sent for earlier drafts of its conversation.
-- $1 draft, $2 severity, $3 queue, $4 when to warn, $5 deadline
INSERT INTO draft_clocks (outbox_id, severity, queue, warn_at, due_at, warned_at, breached_at)
SELECT $1::uuid, $2::text, $3::text, $4::timestamptz, $5::timestamptz, max(k.warned_at), max(k.breached_at)
FROM outbox mine
JOIN outbox o ON o.conversation_id = mine.conversation_id AND o.state = 'draft'
LEFT JOIN draft_clocks k ON k.outbox_id = o.id
WHERE mine.id = $1
ON CONFLICT (outbox_id) DO NOTHING RETURNING outbox_id;

-- mark_warned --
-- Mark the waiting drafts whose deadline is near as warned of; each is returned once.
UPDATE draft_clocks k SET warned_at = $1
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id
WHERE w.id = k.outbox_id AND k.warned_at IS NULL AND k.breached_at IS NULL AND k.warn_at <= $1 AND k.due_at > $1
RETURNING w.id, t.number, w.channel, k.severity, k.queue, k.due_at;

-- mark_breached --
-- Mark the waiting drafts whose deadline has passed as breached; each is returned once.
UPDATE draft_clocks k SET breached_at = $1
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id
WHERE w.id = k.outbox_id AND k.breached_at IS NULL AND k.due_at <= $1
RETURNING w.id, t.number, w.channel, k.severity, k.queue, k.due_at;

-- list_overdue --
-- The waiting drafts whose deadline has passed, the longest overdue first.
SELECT w.id, t.number, w.channel, k.severity, k.queue, k.due_at
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id JOIN draft_clocks k ON k.outbox_id = w.id
WHERE k.due_at <= $1
ORDER BY k.due_at LIMIT $2;
