-- lock --
-- Lock a conversation, so that its owner stays the same until the transaction ends. Later statements of the transaction
-- see every turn that was committed while this one waited.
SELECT id FROM conversations WHERE id = $1 FOR NO KEY UPDATE;

-- conversation_state --
-- The owner of a conversation and the status of its newest ticket.
SELECT c.id AS conversation_id, c.channel, c.status, c.owner, c.assignee, c.customer_id, c.sender_key,
       t.id AS ticket_id, t.number AS ticket_number, t.status AS ticket_status, t.subject,
       EXISTS (SELECT FROM hand_overs h
               WHERE h.ticket_id = t.id AND h.ended_at IS NULL AND h.taken_at IS NULL) AS untaken,
       EXISTS (SELECT FROM inbox i WHERE i.conversation_id = c.id AND i.state = 'waiting') AS unanswered,
       conversation_version(c.id) AS version
FROM conversations c
CROSS JOIN LATERAL (SELECT * FROM tickets t WHERE t.conversation_id = c.id
                    ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
WHERE c.id = $1;

-- newest_change --
-- Who did what last in a conversation: a person's action, or a message that no person sent.
SELECT change.* FROM (
    (SELECT a.actor AS who, a.action AS what, a.created_at AS at FROM staff_actions a
     WHERE a.conversation_id = $1 ORDER BY a.created_at DESC, a.id DESC LIMIT 1)
    UNION ALL
    (SELECT m.author, 'message', m.created_at FROM messages m
     WHERE m.conversation_id = $1 AND m.author <> 'staff' ORDER BY m.created_at DESC, m.id DESC LIMIT 1)) change
ORDER BY change.at DESC LIMIT 1;

-- take_over --
-- Assign a conversation ($1) and its ticket ($3) to a member of the staff ($2). Its owner token fences running turns.
WITH conversation_taken AS (
    UPDATE conversations SET owner = 'staff', owner_token = owner_token + 1, status = 'handed_over', assignee = $2
    WHERE id = $1
)
UPDATE tickets SET status = 'escalated', moved_by = 'staff' WHERE id = $3 AND status <> 'escalated';

-- cancel_unsent --
-- Cancel the agent's unsent replies and hold the messages that they answered. A web reply is sent by storing it, and a
-- split one with its first part: neither can be cancelled. The notice of a hand-over is cancelled only with $4, which
-- is for replies by the staff.
-- $1 conversation, $2 outbox states, $3 reason, $4 hand-over notices too
WITH outbox_cancelled AS (
    UPDATE outbox o SET state = 'cancelled', last_error = $3,
                        inbound_id = CASE WHEN i.state = 'escalated' THEN o.inbound_id END,
                        metadata = o.metadata || jsonb_build_object('cancelled_for', o.inbound_id)
    FROM inbox i
    WHERE o.conversation_id = $1 AND o.author = 'agent' AND o.state = ANY ($2::text[]) AND i.id = o.inbound_id
      AND (o.state = 'draft' OR (o.channel <> 'web_form' AND (i.state = 'answered' OR $4)
           AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state = 'sent')))
    RETURNING o.message_id, i.id AS inbound_id
), message_cancelled AS (
    UPDATE messages m SET delivery_status = 'cancelled' FROM outbox_cancelled WHERE m.id = outbox_cancelled.message_id
)
UPDATE inbox i SET state = 'held'
FROM outbox_cancelled WHERE i.id = outbox_cancelled.inbound_id AND i.state IN ('answered', 'drafted');

-- earlier_reply --
-- The reply or approval that came with an Idempotency-Key before, as the person wrote it, with its warnings.
SELECT o.id AS outbox_id, o.author, COALESCE(o.metadata ->> 'written', o.body) AS body, o.message_id, a.detail -> 'warnings' AS warnings, a.created_at
FROM outbox o JOIN staff_actions a ON a.message_id = o.message_id
WHERE o.idempotency_key = $1;

-- greeting --
-- What the template of a reply needs: the name to greet, as the agent would, and whether nothing was sent before. The
-- name on file is for its own verified sender, who may have been greeted by another one than the form's.
SELECT COALESCE(
           CASE WHEN identifier.tier > 0 AND (customer.filing_key = c.sender_key OR identifier.tier > 1)
                THEN customer.name END,
           (SELECT i.payload -> 'metadata' ->> 'name' FROM inbox i WHERE i.ticket_id = $2
            ORDER BY i.received_at LIMIT 1), '') AS name,
       NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.direction = 'outbound'
                   AND m.delivery_status IS DISTINCT FROM 'cancelled') AS is_first_reply
FROM conversations c
JOIN customers customer ON customer.id = c.customer_id
LEFT JOIN customer_identifiers identifier ON c.sender_verified AND identifier.customer_id = c.customer_id
    AND identifier.type || ':' || identifier.value = c.sender_key
WHERE c.id = $1;

-- reply --
-- Add a reply by the staff with its outbox row and metric. What the person wrote is kept beside what is sent, to
-- compare a repeated call with.
-- $1 conversation, $2 message, $3 ticket, $4 text as sent, $5 outbox row, $6 Idempotency-Key, $7 text as written
WITH message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status)
    SELECT $2, c.id, $3, c.customer_id, 'outbound', 'staff', c.channel, $4, 'pending'
    FROM conversations c WHERE c.id = $1
), outbox_added AS (
    INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body,
                        idempotency_key, metadata)
    SELECT $5, c.id, $3, $2, 'staff', c.channel, substr(c.sender_key, strpos(c.sender_key, ':') + 1), t.subject, $4, $6,
           jsonb_build_object('written', $7::text)
    FROM conversations c JOIN tickets t ON t.id = $3 WHERE c.id = $1
)
INSERT INTO agent_metrics (metric_type, channel, value, conversation_id, labels)
SELECT 'message_volume', c.channel, 1, c.id, '{"author": "staff"}' FROM conversations c WHERE c.id = $1;

-- release --
-- Give a conversation back to the agent.
UPDATE conversations SET owner = 'agent', owner_token = owner_token + 1, status = 'open', assignee = NULL WHERE id = $1;

-- lacks_staff_reply --
-- Whether the staff have not replied since the customer's last message.
SELECT NOT EXISTS (
    SELECT FROM messages m WHERE m.conversation_id = $1 AND m.author = 'staff' AND m.created_at > (
        SELECT max(inbound.created_at) FROM messages inbound
        WHERE inbound.conversation_id = $1 AND inbound.direction = 'inbound'));

-- wake_held --
-- Let the agent answer the held messages that came after the last reply by the staff; that reply answered the others.
WITH inbox_waiting AS (
    UPDATE inbox i SET state = 'waiting', attempts = 0, retry_at = NULL, finished_at = NULL
    WHERE i.conversation_id = $1 AND i.state = 'held'
      AND i.received_at > COALESCE((SELECT max(m.created_at) FROM messages m
                                    WHERE m.conversation_id = $1 AND m.author = 'staff'), '-infinity')
    RETURNING i.id, i.sender_key, i.payload
)
INSERT INTO events (id, topic, key, value, inbox_id)
SELECT gen_random_uuid(), $2, sender_key, payload, id FROM inbox_waiting RETURNING inbox_id;

-- set_ticket_status --
-- Set the status of a ticket in the name of the staff; the trigger refuses an illegal transition.
UPDATE tickets SET status = $2, moved_by = 'staff' WHERE id = $1;

-- labels --
-- What a ticket is about, how much it presses, and why it was handed over.
SELECT category, priority, escalation_reason FROM tickets WHERE id = $1;

-- label --
-- Correct a ticket's labels; a hand-over that nobody has ended goes to their queue.
-- $1 ticket, $2 category, $3 priority, $4 queue, null where the ticket was not handed over
WITH ticket_labelled AS (
    UPDATE tickets SET category = $2, priority = $3, labelled_by = 'staff', queue = COALESCE($4, queue) WHERE id = $1
)
UPDATE hand_overs SET queue = $4 WHERE ticket_id = $1 AND ended_at IS NULL AND $4::text IS NOT NULL;

-- close --
-- Close a conversation; its owner token fences running turns.
UPDATE conversations SET status = 'closed', owner = 'staff', owner_token = owner_token + 1 WHERE id = $1;

-- find_draft --
-- A draft that waits for approval, by its id or else the oldest of the conversation.
SELECT id, ticket_id, channel, recipient, body FROM outbox
WHERE conversation_id = $1 AND state = 'draft' AND ($2::uuid IS NULL OR id = $2)
ORDER BY seq NULLS FIRST, id LIMIT 1;

-- approve --
-- Send a draft, as it is in the agent's name or edited in the staff's, with the agent's own text kept beside it. The ticket then waits for the customer, unless
-- the staff own the conversation, or another message or draft waits in it.
-- $1 draft (outbox row), $2 message, $3 author, $4 text, $5 who approved, $6 Idempotency-Key
WITH outbox_ready AS (
    UPDATE outbox o SET state = 'ready', message_id = $2, author = $3, body = $4, idempotency_key = $6,
                        next_attempt_at = now(),
                        metadata = o.metadata - 'sources' || jsonb_build_object('approved_by', $5::text)
                            || CASE WHEN $3 = 'staff' THEN jsonb_build_object('draft', o.body) ELSE '{}' END
    FROM conversations c, inbox i
    WHERE o.id = $1 AND o.state = 'draft' AND c.id = o.conversation_id AND i.id = o.inbound_id
    RETURNING o.conversation_id, o.ticket_id, o.channel, o.inbound_id, c.customer_id, c.owner, i.received_at
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status, sources)
    SELECT $2, approved.conversation_id, approved.ticket_id, approved.customer_id, 'outbound', $3, approved.channel, $4,
           'pending',
           CASE WHEN $3 = 'agent' THEN (SELECT o.metadata -> 'sources' FROM outbox o WHERE o.id = $1) ELSE '[]' END
    FROM outbox_ready approved
), inbox_answered AS (
    UPDATE inbox i SET state = 'answered', finished_at = clock_timestamp()
    FROM outbox_ready approved WHERE i.id = approved.inbound_id
), ticket_waiting AS (
    UPDATE tickets t SET status = 'waiting', moved_by = 'staff' FROM outbox_ready approved
    WHERE t.id = approved.ticket_id AND t.status IN ('open', 'processing') AND approved.owner = 'agent'
      AND NOT EXISTS (SELECT FROM inbox i WHERE i.conversation_id = approved.conversation_id AND i.state = 'waiting')
      AND NOT EXISTS (SELECT FROM outbox o
                      WHERE o.conversation_id = approved.conversation_id AND o.state = 'draft' AND o.id <> $1)
)
INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, labels)
SELECT x.metric_type, approved.channel, x.value, approved.inbound_id, approved.conversation_id, '{"approved": true}'
FROM outbox_ready approved,
     LATERAL (VALUES ('message_volume', 1::double precision),
                     ('response_latency', extract(epoch FROM clock_timestamp() - approved.received_at) * 1000))
     AS x (metric_type, value);

-- record --
-- Record an action of the staff, which is news of the conversation: its time of update follows.
-- $1 action, $2 conversation, $3 actor, $4 kind of action, $5 message, $6 detail, such as the warnings shown
WITH conversation_touched AS (
    UPDATE conversations SET status = status WHERE id = $2
)
INSERT INTO staff_actions (id, conversation_id, actor, action, message_id, detail) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING created_at;
