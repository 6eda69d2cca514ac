-- handed_over --
-- What waits for people: the most severe first, of those the one that waits longest. $1 is where to go on, also where that
-- one waits no more.
WITH found AS (
    SELECT c.id, c.created_at, t.id AS ticket_id, t.severity, true AS waits
    FROM conversations c JOIN tickets t ON t.conversation_id = c.id
    WHERE c.status = 'handed_over' AND t.status NOT IN ('resolved', 'closed')
    UNION ALL
    SELECT c.id, c.created_at, t.id, t.severity, false
    FROM conversations c JOIN tickets t ON t.conversation_id = c.id WHERE c.id = $1
), work AS (
    SELECT f.id, f.waits, COALESCE(array_position(ARRAY ['critical', 'high', 'medium', 'low'], f.severity), 5) AS rank,
           COALESCE((SELECT max(h.started_at) FROM hand_overs h WHERE h.ticket_id = f.ticket_id), f.created_at) AS since
    FROM found f
)
SELECT id FROM work
WHERE waits AND ($1::uuid IS NULL
                 OR (rank, since, id) > (SELECT w.rank, w.since, w.id FROM work w WHERE NOT w.waits LIMIT 1))
ORDER BY rank, since, id LIMIT $2;

-- drafts --
-- Where a draft waits for approval: the one that waits longest first. $1 as above.
WITH work AS (
    SELECT o.conversation_id AS id, min(o.created_at) AS since FROM outbox o WHERE o.state = 'draft' GROUP BY 1
), place AS (
    SELECT COALESCE((SELECT w.since FROM work w WHERE w.id = $1), max(o.created_at)) AS since
    FROM outbox o WHERE o.conversation_id = $1 AND o.metadata ?| ARRAY ['approved_by', 'cancelled_for']
)
SELECT id FROM work
WHERE $1::uuid IS NULL OR (since, id) > (SELECT place.since, $1 FROM place)
ORDER BY since, id LIMIT $2;

-- agent --
-- What the agent has: the newest first.
SELECT c.id FROM conversations c JOIN tickets t ON t.conversation_id = c.id
WHERE c.owner = 'agent' AND c.status <> 'closed' AND t.status NOT IN ('resolved', 'closed')
  AND ($1::uuid IS NULL OR (c.updated_at, c.id) < (SELECT p.updated_at, p.id FROM conversations p WHERE p.id = $1))
ORDER BY c.updated_at DESC, c.id DESC LIMIT $2;

-- closed --
-- What is done with, resolved or closed: the newest first. Our own notices were never work.
SELECT c.id FROM conversations c JOIN tickets t ON t.conversation_id = c.id
WHERE t.status IN ('resolved', 'closed') AND NOT c.metadata ? 'notice'
  AND ($1::uuid IS NULL OR (c.updated_at, c.id) < (SELECT p.updated_at, p.id FROM conversations p WHERE p.id = $1))
ORDER BY c.updated_at DESC, c.id DESC LIMIT $2;

-- summaries --
-- Each of these conversations in one row, in the order given.
SELECT c.id AS conversation_id, c.channel, c.status, c.owner, c.assignee, c.customer_id, customer.name AS customer_name,
       c.sender_key AS sender, c.sender_verified, h.started_at AS handed_over_at,
       COALESCE(h.due_at, k.due_at) AS due_at, h.taken_at,
       COALESCE(h.due_at < now() AND h.taken_at IS NULL, k.due_at < now()) AS late, c.created_at, c.updated_at, t.number AS ticket_id,
       t.status AS ticket_status, t.subject, t.category, t.priority, t.severity, t.queue, t.escalation_reason,
       (SELECT count(*) FROM outbox o WHERE o.conversation_id = c.id AND o.state = 'draft') AS drafts,
       last.author AS last_author, last.text AS last_text, last.created_at AS last_at
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN conversations c ON c.id = wanted.id
JOIN customers customer ON customer.id = c.customer_id
CROSS JOIN LATERAL (SELECT * FROM tickets t WHERE t.conversation_id = c.id
                    ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
LEFT JOIN hand_overs h ON h.ticket_id = t.id AND h.ended_at IS NULL
LEFT JOIN (waiting_drafts w JOIN draft_clocks k ON k.outbox_id = w.id) ON w.conversation_id = c.id
LEFT JOIN LATERAL (SELECT m.author, left(m.content, 200) AS text, m.created_at FROM messages m
                   WHERE m.conversation_id = c.id AND m.delivery_status IS DISTINCT FROM 'cancelled'
                   ORDER BY m.created_at DESC, m.id DESC LIMIT 1) last ON true
ORDER BY wanted.place;

-- conversation --
SELECT c.id AS conversation_id, c.channel, c.status, c.owner, c.assignee, c.customer_id,
       customer.name AS customer_name, c.sender_key AS sender, c.sender_verified, c.subject, c.sentiment_score,
       c.sentiment_trend, c.created_at, c.updated_at
FROM conversations c JOIN customers customer ON customer.id = c.customer_id
WHERE c.id = $1;

-- tickets --
SELECT t.number AS ticket_id, t.status, t.category, t.priority, t.subject, t.escalation_reason, t.severity, t.queue,
       t.summary, h.started_at AS handed_over_at, COALESCE(h.due_at, k.due_at) AS due_at, h.taken_at, t.created_at,
       t.updated_at, t.resolved_at
FROM tickets t LEFT JOIN hand_overs h ON h.ticket_id = t.id AND h.ended_at IS NULL
LEFT JOIN (waiting_drafts w JOIN draft_clocks k ON k.outbox_id = w.id) ON w.ticket_id = t.id
WHERE t.conversation_id = $1 ORDER BY t.created_at, t.id;

-- messages --
-- The newest messages of a conversation, oldest first, with what became of them: of ours on their way, of the customer's
-- in the graph. `staff` is who wrote or approved it.
SELECT q.* FROM (
    SELECT m.id AS message_id, m.direction, m.author, m.channel, m.content AS text, m.sentiment, m.sources, m.created_at,
           COALESCE(m.metadata -> 'attachments', '[]') AS attachments, a.actor AS staff, i.state AS inbox_state,
           o.state AS outbox_state, m.delivery_status, o.recipient, o.last_error, o.sent_at
    FROM messages m
    LEFT JOIN outbox o ON o.message_id = m.id
    LEFT JOIN inbox i ON i.message_id = m.id
    LEFT JOIN staff_actions a ON a.message_id = m.id
    WHERE m.conversation_id = $1
    ORDER BY m.created_at DESC, m.id DESC LIMIT $2) q
ORDER BY q.created_at, q.message_id;

-- drafts_of --
-- What waits for approval here, oldest first; `answers` is the message that it answers.
SELECT o.id AS draft_id, o.body AS text, i.message_id AS answers, o.metadata -> 'sources' AS sources, o.created_at
FROM outbox o LEFT JOIN inbox i ON i.id = o.inbound_id
WHERE o.conversation_id = $1 AND o.state = 'draft' ORDER BY o.id;

-- actions --
SELECT actor AS staff, action, message_id, detail, created_at FROM staff_actions
WHERE conversation_id = $1 ORDER BY created_at, id;

-- exists --
SELECT EXISTS (SELECT FROM conversations WHERE id = $1);
