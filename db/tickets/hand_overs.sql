-- unstamped --
-- New hand-overs without their times. What the decision gave as reason is more recent than the ticket's first reason.
SELECT h.id, t.number, c.channel, h.severity, h.queue, COALESCE(d.reason, h.reason) AS reason, h.started_at, h.due_at,
       h.taken_at
FROM hand_overs h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = h.conversation_id
LEFT JOIN LATERAL (SELECT reason FROM decision_records d
                   WHERE d.ticket_id = h.ticket_id AND d.created_at = h.started_at LIMIT 1) d ON true
WHERE h.due_at IS NULL
ORDER BY h.started_at LIMIT $1;

-- stamp --
UPDATE hand_overs SET warn_at = $2, due_at = $3, reason = $4 WHERE id = $1 AND due_at IS NULL RETURNING id;

-- warn --
-- Nobody has taken them, and their time comes near; each is returned once.
UPDATE hand_overs h SET warned_at = $1
FROM (SELECT id FROM hand_overs
      WHERE taken_at IS NULL AND ended_at IS NULL AND warned_at IS NULL AND breached_at IS NULL
        AND warn_at <= $1 AND due_at > $1
      ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) near, tickets t, conversations c
WHERE h.id = near.id AND t.id = h.ticket_id AND c.id = h.conversation_id
RETURNING h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at;

-- breach --
-- Nobody has taken them, and their time is over; each is returned once.
UPDATE hand_overs h SET breached_at = $1
FROM (SELECT id FROM hand_overs
      WHERE taken_at IS NULL AND ended_at IS NULL AND breached_at IS NULL AND due_at <= $1
      ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) late, tickets t, conversations c
WHERE h.id = late.id AND t.id = h.ticket_id AND c.id = h.conversation_id
RETURNING h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at;

-- overdue --
-- Those that nobody has taken although their time is over, the longest first.
SELECT h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at
FROM hand_overs h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = h.conversation_id
WHERE h.taken_at IS NULL AND h.ended_at IS NULL AND h.due_at <= $1
ORDER BY h.due_at LIMIT $2;

-- of_ticket --
-- Every hand-over of a ticket, the latest first.
SELECT h.id, t.number, c.channel, h.severity, h.queue, h.reason, h.started_at, h.due_at, h.taken_at
FROM hand_overs h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = h.conversation_id
WHERE t.number = $1 ORDER BY h.started_at DESC;
