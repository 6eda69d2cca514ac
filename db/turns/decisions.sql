-- ticket --
-- A ticket with the state of its conversation, by its number: the head of its explanation.
SELECT t.id, t.number, t.subject, t.category, t.priority, t.status, t.source_channel, t.created_at, t.escalation_reason,
       t.severity, t.queue, t.summary, t.conversation_id, c.owner, c.status AS conversation_status,
       c.sender_key AS sender, c.sender_verified
FROM tickets t JOIN conversations c ON c.id = t.conversation_id
WHERE t.number = $1;

-- inbound_messages --
-- The customer's messages of a ticket, oldest first; `turn_id` is the inbox row that owns the reply to them.
SELECT i.id AS inbox_id, COALESCE(i.absorbed_by, i.id) AS turn_id, i.channel, i.provider, i.state, i.attempts,
       i.received_at, i.finished_at, m.content AS text, m.sentiment
FROM inbox i JOIN messages m ON m.id = i.message_id
WHERE i.ticket_id = $1
ORDER BY i.received_at, i.id;

-- of_turns --
-- The decision records of these inbox rows, oldest first.
SELECT inbox_id, outcome, rule, reason, scores, passages, tool_calls, model, prompt_version, usage, stages_ms, model_ms,
       latency_ms, quiet_ms, created_at
FROM decision_records WHERE inbox_id = ANY ($1::uuid[])
ORDER BY created_at, inbox_id;

-- of_conversation --
-- The decision records of a conversation, oldest first.
SELECT inbox_id, outcome, rule, reason, scores, passages, tool_calls, model, prompt_version, usage, stages_ms, model_ms,
       latency_ms, quiet_ms, created_at
FROM decision_records WHERE conversation_id = $1
ORDER BY created_at, inbox_id;

-- outbound_messages --
-- The messages to the customer in a ticket with the state of their delivery, oldest first.
SELECT m.author, m.channel, m.content AS text, m.delivery_status, m.sources, m.created_at, o.inbound_id, o.recipient,
       o.state, COALESCE(o.attempts, 0) AS attempts, o.last_error, o.sent_at,
       (SELECT count(*) FROM outbox_parts p WHERE p.outbox_id = o.id) AS parts,
       (SELECT count(*) FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state = 'sent') AS parts_sent
FROM messages m LEFT JOIN outbox o ON o.message_id = m.id
WHERE m.ticket_id = $1 AND m.direction = 'outbound'
ORDER BY m.created_at, m.id;

-- drafts --
-- The agent's replies to these inbox rows that never became messages: drafts waiting for approval, or discarded.
SELECT o.author, o.channel, o.body AS text, NULL AS delivery_status,
       COALESCE(o.metadata -> 'sources', '[]') AS sources, o.created_at, o.inbound_id, o.recipient, o.state, o.attempts,
       o.last_error, o.sent_at, 0 AS parts, 0 AS parts_sent
FROM outbox o
WHERE o.inbound_id = ANY ($1::uuid[]) AND o.author = 'agent' AND o.message_id IS NULL;

-- staff_actions --
-- The staff's actions in a conversation, oldest first.
SELECT actor, action, created_at FROM staff_actions WHERE conversation_id = $1 ORDER BY created_at, id;
