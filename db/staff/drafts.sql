-- unstamped --
-- Drafts that have no clock yet, oldest first. One that follows others goes on with their time, which began at `since`: a
-- customer who asks again does not wait longer for it.
SELECT w.id, t.number, w.channel, t.category, t.priority,
       (SELECT min(o.created_at) FROM outbox o
        WHERE o.conversation_id = w.conversation_id AND o.state = 'draft') AS since
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id
WHERE NOT EXISTS (SELECT FROM draft_clocks k WHERE k.outbox_id = w.id)
ORDER BY w.id LIMIT $1;

-- stamp --
-- What was told of those that it follows is not told again.
INSERT INTO draft_clocks (outbox_id, severity, queue, warn_at, due_at, warned_at, breached_at)
SELECT $1::uuid, $2::text, $3::text, $4::timestamptz, $5::timestamptz, max(k.warned_at), max(k.breached_at)
FROM outbox mine
JOIN outbox o ON o.conversation_id = mine.conversation_id AND o.state = 'draft'
LEFT JOIN draft_clocks k ON k.outbox_id = o.id
WHERE mine.id = $1
ON CONFLICT (outbox_id) DO NOTHING RETURNING outbox_id;

-- warn --
-- Nobody has looked at them, and their time comes near; each is returned once.
UPDATE draft_clocks k SET warned_at = $1
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id
WHERE w.id = k.outbox_id AND k.warned_at IS NULL AND k.breached_at IS NULL AND k.warn_at <= $1 AND k.due_at > $1
RETURNING w.id, t.number, w.channel, k.severity, k.queue, k.due_at;

-- breach --
-- Nobody has looked at them, and their time is over; each is returned once.
UPDATE draft_clocks k SET breached_at = $1
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id
WHERE w.id = k.outbox_id AND k.breached_at IS NULL AND k.due_at <= $1
RETURNING w.id, t.number, w.channel, k.severity, k.queue, k.due_at;

-- overdue --
-- Those that wait although their time is over, the longest first.
SELECT w.id, t.number, w.channel, k.severity, k.queue, k.due_at
FROM waiting_drafts w JOIN tickets t ON t.id = w.ticket_id JOIN draft_clocks k ON k.outbox_id = w.id
WHERE k.due_at <= $1
ORDER BY k.due_at LIMIT $2;
