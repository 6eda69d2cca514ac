-- decisions_between --
-- The decisions between two times with the reply of each, oldest first. `edited`: the reply is a draft that the staff
-- changed before they approved it; their own replies belong to no turn.
SELECT d.inbox_id, d.outcome, d.rule, d.reason, d.scores, d.passages, d.tool_calls, d.model, d.prompt_version, d.usage,
       d.stages_ms, d.model_ms, d.latency_ms, d.quiet_ms, d.created_at, o.body AS reply, i.state,
       COALESCE(o.author = 'staff', false) AS edited
FROM decision_records d JOIN inbox i ON i.id = d.inbox_id
LEFT JOIN outbox o ON o.inbound_id = d.inbox_id
WHERE d.created_at >= $1 AND d.created_at < $2
ORDER BY d.created_at, d.inbox_id LIMIT $3;

-- turn_as_opened --
-- A past turn as it was opened: the columns of `open_turns` without anything that came after its decision.
-- $1 the inbox row that owns the reply, $2 most earlier messages, $3 most earlier sentiments
WITH owner_row AS (
    SELECT i.*, COALESCE(d.created_at, now()) AS decided_at
    FROM inbox i LEFT JOIN decision_records d ON d.inbox_id = i.id WHERE i.id = $1
),

-- The messages that the turn joined, oldest first.
waiting_messages AS (
    SELECT array_agg(w.id ORDER BY w.received_at, w.id) AS inbox_ids,
           array_agg(w.message_id ORDER BY w.received_at, w.id) AS message_ids,
           array_agg(m.content ORDER BY w.received_at, w.id) AS contents,
           array_agg(0 ORDER BY w.received_at, w.id) AS attempts,
           array_agg(w.received_at ORDER BY w.received_at, w.id) AS received_ats,
           bool_or(w.payload -> 'metadata' -> 'unparsed' IS NOT DISTINCT FROM 'true') AS unparsed,
           bool_or(w.payload -> 'metadata' -> 'doubtful' IS NOT NULL) AS doubtful
    FROM owner_row JOIN inbox w ON w.id = owner_row.id OR w.absorbed_by = owner_row.id
    JOIN messages m ON m.id = w.message_id
),

-- The conversation before the decision. An inbound message belongs to it when its own turn ended before, for the turns
-- of a conversation never overlap. Approving a draft sets finished_at anew: the earlier of it and the decision counts.
past_messages AS (
    SELECT m.*
    FROM owner_row CROSS JOIN waiting_messages JOIN messages m ON m.conversation_id = owner_row.conversation_id
    LEFT JOIN inbox i ON i.message_id = m.id
    LEFT JOIN decision_records d ON d.inbox_id = COALESCE(i.absorbed_by, i.id)
    WHERE m.id <> ALL (waiting_messages.message_ids) AND m.created_at < owner_row.decided_at
      AND (m.direction = 'outbound' OR i.id IS NULL OR LEAST(i.finished_at, d.created_at) < owner_row.decided_at)
      AND m.delivery_status IS DISTINCT FROM 'cancelled'
)

-- Conversation and sender, as in `open_turns`; the sender's tier counts from its verification on.
SELECT c.customer_id, c.channel, c.id AS conversation_id, 'agent' AS owner, c.owner_token, NULL::timestamptz AS not_before,
       substr(c.sender_key, strpos(c.sender_key, ':') + 1) AS recipient,
       CASE WHEN customer.filing_key = c.sender_key OR identifier.tier > 1 THEN customer.name END AS known_name,
       CASE WHEN identifier.verified_at <= owner_row.decided_at THEN identifier.tier ELSE 0 END AS tier,
       identifier.verified_at,
       -- Replies sent before the decision.
       (SELECT count(*) FROM outbox o JOIN conversations answered ON answered.id = o.conversation_id
        WHERE o.channel = c.channel AND o.recipient = substr(c.sender_key, strpos(c.sender_key, ':') + 1)
          AND o.author = 'agent' AND o.state NOT IN ('cancelled', 'draft')
          AND o.created_at > owner_row.decided_at - interval '1 hour' AND o.created_at < owner_row.decided_at
          AND (answered.sender_verified OR NOT c.sender_verified))
       AS replies_last_hour,
       (SELECT count(*) FROM outbox o
        WHERE o.channel = c.channel AND o.recipient = substr(c.sender_key, strpos(c.sender_key, ':') + 1)
          AND o.conversation_id = c.id AND o.author = 'agent' AND o.state NOT IN ('cancelled', 'draft')
          AND o.created_at > owner_row.decided_at - interval '1 day' AND o.created_at < owner_row.decided_at)
       AS replies_last_day,
       (SELECT i.payload -> 'metadata' ->> 'name' FROM inbox i WHERE i.ticket_id = t.id
        ORDER BY i.received_at LIMIT 1) AS typed_name,
       -- The waiting messages, the ticket, and the conversation before them.
       waiting_messages.inbox_ids, waiting_messages.message_ids, waiting_messages.contents, waiting_messages.attempts,
       waiting_messages.received_ats, waiting_messages.unparsed, waiting_messages.doubtful,
       t.id AS ticket_id, t.number, t.source_channel, t.category, t.priority, t.labelled_by, t.subject, 'processing' AS status,
       NULL AS escalation_reason, t.created_at, t.created_at AS updated_at, NULL::timestamptz AS resolved_at,
       earlier.ids AS earlier_ids, earlier.directions, earlier.authors, earlier.channels,
       earlier.contents AS earlier_contents, earlier.sentiments AS earlier_sentiments, earlier.created_ats,
       scored.sentiments, owner_row.decided_at
FROM owner_row CROSS JOIN waiting_messages
JOIN conversations c ON c.id = owner_row.conversation_id
JOIN customers customer ON customer.id = c.customer_id
JOIN tickets t ON t.id = owner_row.ticket_id
LEFT JOIN customer_identifiers identifier ON c.sender_verified AND identifier.customer_id = c.customer_id
    AND identifier.type || ':' || identifier.value = c.sender_key
CROSS JOIN LATERAL (
    SELECT array_agg(q.id ORDER BY q.created_at, q.id) AS ids,
           array_agg(q.direction ORDER BY q.created_at, q.id) AS directions,
           array_agg(q.author ORDER BY q.created_at, q.id) AS authors,
           array_agg(q.channel ORDER BY q.created_at, q.id) AS channels,
           array_agg(q.content ORDER BY q.created_at, q.id) AS contents,
           array_agg(q.sentiment ORDER BY q.created_at, q.id) AS sentiments,
           array_agg(q.created_at ORDER BY q.created_at, q.id) AS created_ats
    FROM (SELECT * FROM past_messages ORDER BY created_at DESC, id DESC LIMIT $2) q) earlier
CROSS JOIN LATERAL (
    SELECT array_agg(q.sentiment ORDER BY q.created_at, q.id) AS sentiments
    FROM (SELECT sentiment, created_at, id FROM past_messages WHERE direction = 'inbound' AND sentiment IS NOT NULL
          ORDER BY created_at DESC, id DESC LIMIT $3) q) scored;

-- opened_before --
-- Those of these tickets that were open before a time.
SELECT number FROM tickets WHERE number = ANY ($1::text[]) AND created_at < $2;

-- last_message_of_ticket --
-- The inbox row that owns, or will own, the reply to a ticket's last message, and that message's state.
SELECT COALESCE(i.absorbed_by, i.id) AS inbox_id, i.state
FROM inbox i JOIN tickets t ON t.id = i.ticket_id
WHERE t.number = $1
ORDER BY i.received_at DESC, i.id DESC LIMIT 1;

-- unanswered --
-- The inbox rows of a conversation that wait for a person, oldest first: those since the last reply by the staff, the
-- newest $2 of them.
SELECT q.id FROM (
    SELECT i.id, i.received_at FROM inbox i
    WHERE i.conversation_id = $1 AND i.state IN ('escalated', 'held')
      AND i.received_at > COALESCE((SELECT max(m.created_at) FROM messages m
                                    WHERE m.conversation_id = $1 AND m.author = 'staff'), '-infinity')
    ORDER BY i.received_at DESC, i.id DESC LIMIT $2) q
ORDER BY q.received_at, q.id;
