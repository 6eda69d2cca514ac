-- handed_over --
-- A page of the conversations handed over to the staff: the most severe first, of those the longest waiting. $1 is the
-- last one of the page before (null: none), a candidate with `waits` false, for it may have been closed since.
-- $2 limit; the filters, null for any: $3 queue, $4 severity, $5 channel, $6 assignee ('': nobody)
WITH candidates AS (
    SELECT c.id, c.created_at, t.id AS ticket_id, t.severity, true AS waits
    FROM conversations c JOIN tickets t ON t.conversation_id = c.id
    WHERE c.status = 'handed_over' AND t.status NOT IN ('resolved', 'closed')
      AND ($3::text IS NULL OR t.queue = $3) AND ($4::text IS NULL OR t.severity = $4)
      AND ($5::text IS NULL OR c.channel = $5) AND ($6::text IS NULL OR COALESCE(c.assignee, '') = $6)
    UNION ALL
    SELECT c.id, c.created_at, t.id, t.severity, false
    FROM conversations c JOIN tickets t ON t.conversation_id = c.id WHERE c.id = $1
), ranked AS (
    SELECT f.id, f.waits, COALESCE(array_position(ARRAY ['critical', 'high', 'medium', 'low'], f.severity), 5) AS rank,
           COALESCE((SELECT max(h.started_at) FROM hand_overs h WHERE h.ticket_id = f.ticket_id), f.created_at) AS since
    FROM candidates f
)
SELECT id FROM ranked
WHERE waits AND ($1::uuid IS NULL
                 OR (rank, since, id) > (SELECT w.rank, w.since, w.id FROM ranked w WHERE NOT w.waits LIMIT 1))
ORDER BY rank, since, id LIMIT $2;

-- drafts --
-- A page of the conversations with a draft that waits for approval, the longest waiting first. Parameters as above; the
-- draft of $1 may have been approved or cancelled since.
WITH draft_waiting AS (
    SELECT o.conversation_id AS id, min(o.created_at) AS since FROM outbox o WHERE o.state = 'draft' GROUP BY 1
), page_start AS (
    SELECT COALESCE((SELECT w.since FROM draft_waiting w WHERE w.id = $1), max(o.created_at)) AS since
    FROM outbox o WHERE o.conversation_id = $1 AND o.metadata ?| ARRAY ['approved_by', 'cancelled_for']
)
SELECT w.id FROM draft_waiting w JOIN conversations c ON c.id = w.id
WHERE ($1::uuid IS NULL OR (w.since, w.id) > (SELECT page_start.since, $1 FROM page_start))
  AND ($3::text IS NULL AND $4::text IS NULL
       OR EXISTS (SELECT FROM tickets t WHERE t.conversation_id = c.id AND ($3::text IS NULL OR t.queue = $3)
                  AND ($4::text IS NULL OR t.severity = $4)))
  AND ($5::text IS NULL OR c.channel = $5) AND ($6::text IS NULL OR COALESCE(c.assignee, '') = $6)
ORDER BY w.since, w.id LIMIT $2;

-- agent --
-- A page of the conversations that the agent owns, last updated first. Parameters as above.
SELECT c.id FROM conversations c
CROSS JOIN LATERAL (SELECT t.status, t.queue, t.severity FROM tickets t WHERE t.conversation_id = c.id
                    ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
WHERE c.owner = 'agent' AND c.status <> 'closed' AND t.status NOT IN ('resolved', 'closed')
  AND ($1::uuid IS NULL OR (c.updated_at, c.id) < (SELECT p.updated_at, p.id FROM conversations p WHERE p.id = $1))
  AND ($3::text IS NULL OR t.queue = $3) AND ($4::text IS NULL OR t.severity = $4)
  AND ($5::text IS NULL OR c.channel = $5) AND ($6::text IS NULL OR COALESCE(c.assignee, '') = $6)
ORDER BY c.updated_at DESC, c.id DESC LIMIT $2;

-- closed --
-- A page of the conversations with a resolved or closed ticket, last updated first, without link notices. Parameters as
-- above.
SELECT c.id FROM conversations c
CROSS JOIN LATERAL (SELECT t.status, t.queue, t.severity FROM tickets t WHERE t.conversation_id = c.id
                    ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
WHERE t.status IN ('resolved', 'closed') AND NOT c.metadata ? 'notice'
  AND ($1::uuid IS NULL OR (c.updated_at, c.id) < (SELECT p.updated_at, p.id FROM conversations p WHERE p.id = $1))
  AND ($3::text IS NULL OR t.queue = $3) AND ($4::text IS NULL OR t.severity = $4)
  AND ($5::text IS NULL OR c.channel = $5) AND ($6::text IS NULL OR COALESCE(c.assignee, '') = $6)
ORDER BY c.updated_at DESC, c.id DESC LIMIT $2;

-- found --
-- A page of the conversations in which these words stand, or of this ticket or such a customer, last updated first.
-- Parameters as above, and $7 words (a tsquery), $8 a ticket's number, $9 a pattern for a customer; null: not looked for
WITH hits AS (
    SELECT m.conversation_id AS id FROM messages m
    WHERE to_tsvector('simple', left(m.content, 8000)) @@ to_tsquery('simple', $7)
    UNION
    SELECT t.conversation_id FROM tickets t WHERE to_tsvector('simple', t.subject) @@ to_tsquery('simple', $7)
    UNION
    SELECT t.conversation_id FROM tickets t WHERE t.number = $8
    UNION
    SELECT c.id FROM customers p
    CROSS JOIN LATERAL (SELECT c.id FROM conversations c WHERE c.customer_id = p.id ORDER BY c.created_at DESC LIMIT 500) c
    WHERE (COALESCE(p.name, '') || ' ' || p.filing_key || ' ' || COALESCE(p.email, '') || ' ' || COALESCE(p.phone, ''))
          ILIKE $9
)
SELECT c.id FROM hits CROSS JOIN LATERAL (SELECT * FROM conversations c WHERE c.id = hits.id LIMIT 1) c
CROSS JOIN LATERAL (SELECT t.queue, t.severity FROM tickets t WHERE t.conversation_id = c.id
                    ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
WHERE NOT c.metadata ? 'notice'
  AND ($1::uuid IS NULL OR (c.updated_at, c.id) < (SELECT p.updated_at, p.id FROM conversations p WHERE p.id = $1))
  AND ($3::text IS NULL OR t.queue = $3) AND ($4::text IS NULL OR t.severity = $4)
  AND ($5::text IS NULL OR c.channel = $5) AND ($6::text IS NULL OR COALESCE(c.assignee, '') = $6)
ORDER BY c.updated_at DESC, c.id DESC LIMIT $2;

-- summaries --
-- A row for each of these conversations, in the order given.
SELECT c.id AS conversation_id, c.channel, c.status, c.owner, c.assignee, c.customer_id, customer.name AS customer_name,
       c.sender_key AS sender, c.sender_verified, h.started_at AS handed_over_at,
       COALESCE(h.due_at, k.due_at) AS due_at, h.taken_at,
       COALESCE(h.due_at < now() AND h.taken_at IS NULL, k.due_at < now()) AS late, c.created_at, c.updated_at,
       t.number AS ticket_id, t.status AS ticket_status, t.subject, t.category, t.priority, t.severity, t.queue,
       t.escalation_reason,
       (SELECT count(*) FROM outbox o WHERE o.conversation_id = c.id AND o.state = 'draft') AS drafts,
       c.sentiment_score, c.sentiment_trend, conversation_version(c.id) AS version,
       ARRAY (SELECT p.actor FROM staff_presence p WHERE p.conversation_id = c.id
              AND p.seen_at > now() - interval '45 seconds' ORDER BY p.actor) AS looking,
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
-- A conversation with its customer's name.
SELECT c.id AS conversation_id, c.channel, c.status, c.owner, c.assignee, c.customer_id,
       customer.name AS customer_name, c.sender_key AS sender, c.sender_verified, c.subject, c.sentiment_score,
       c.sentiment_trend, c.created_at, c.updated_at, conversation_version(c.id) AS version,
       ARRAY (SELECT p.actor FROM staff_presence p WHERE p.conversation_id = c.id
              AND p.seen_at > now() - interval '45 seconds' ORDER BY p.actor) AS looking
FROM conversations c JOIN customers customer ON customer.id = c.customer_id
WHERE c.id = $1;

-- tickets --
-- The tickets of a conversation with the open hand-over, or else the deadline of the draft that waits, oldest first.
SELECT t.number AS ticket_id, t.status, t.category, t.priority, t.subject, t.escalation_reason, t.severity, t.queue,
       t.summary, h.started_at AS handed_over_at, COALESCE(h.due_at, k.due_at) AS due_at, h.taken_at, t.created_at,
       t.updated_at, t.resolved_at
FROM tickets t LEFT JOIN hand_overs h ON h.ticket_id = t.id AND h.ended_at IS NULL
LEFT JOIN (waiting_drafts w JOIN draft_clocks k ON k.outbox_id = w.id) ON w.ticket_id = t.id
WHERE t.conversation_id = $1 ORDER BY t.created_at, t.id;

-- messages --
-- The newest messages of a conversation, oldest first, with their inbox or outbox state. `staff` is who wrote or
-- approved a message.
SELECT q.* FROM (
    SELECT m.id AS message_id, m.direction, m.author, m.channel, m.content AS text, m.sentiment, m.sources,
           m.created_at, COALESCE(m.metadata -> 'attachments', '[]') AS attachments, m.metadata ->> 'full_text' AS full_text,
           a.actor AS staff,
           i.state AS inbox_state, o.state AS outbox_state, m.delivery_status, o.recipient, o.last_error, o.sent_at,
           o.metadata ->> 'draft' AS draft
    FROM messages m
    LEFT JOIN outbox o ON o.message_id = m.id
    LEFT JOIN inbox i ON i.message_id = m.id
    LEFT JOIN staff_actions a ON a.message_id = m.id
    WHERE m.conversation_id = $1
    ORDER BY m.created_at DESC, m.id DESC LIMIT $2) q
ORDER BY q.created_at, q.message_id;

-- drafts_of_conversation --
-- The drafts of a conversation that wait for approval, oldest first; `answers` is the message that each replies to.
SELECT o.id AS draft_id, o.body AS text, i.message_id AS answers, o.metadata -> 'sources' AS sources, o.created_at
FROM outbox o LEFT JOIN inbox i ON i.id = o.inbound_id
WHERE o.conversation_id = $1 AND o.state = 'draft' ORDER BY o.seq NULLS FIRST, o.id;

-- actions --
-- The staff's actions in a conversation, oldest first.
SELECT actor AS staff, action, message_id, detail, created_at FROM staff_actions
WHERE conversation_id = $1 ORDER BY created_at, id;

-- exists --
-- Whether there is such a conversation.
SELECT EXISTS (SELECT FROM conversations WHERE id = $1);
