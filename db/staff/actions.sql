-- lock --
-- Nobody else changes the conversation's owner until the transaction ends. The statements behind this one see every turn
-- that was committed while it waited.
SELECT id FROM conversations WHERE id = $1 FOR NO KEY UPDATE;

-- standing --
-- Who has the conversation, and where its ticket (the newest) stands.
SELECT c.id AS conversation_id, c.channel, c.status, c.owner, c.assignee, c.customer_id, c.sender_key,
       t.id AS ticket_key, t.number AS ticket_id, t.status AS ticket_status, t.subject,
       EXISTS (SELECT FROM hand_overs h WHERE h.ticket_id = t.id AND h.ended_at IS NULL AND h.taken_at IS NULL) AS untaken,
       EXISTS (SELECT FROM inbox i WHERE i.conversation_id = c.id AND i.state = 'waiting') AS unanswered
FROM conversations c
CROSS JOIN LATERAL (SELECT * FROM tickets t WHERE t.conversation_id = c.id
                    ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
WHERE c.id = $1;

-- take_over --
-- The conversation is this person's. A run of the agent that began before writes nothing: the token has moved on.
WITH conversation AS (
    UPDATE conversations SET owner = 'staff', owner_token = owner_token + 1, status = 'handed_over', assignee = $2
    WHERE id = $1
)
UPDATE tickets SET status = 'escalated', moved_by = 'staff' WHERE id = $3 AND status <> 'escalated';

-- take_back --
-- What the agent has not said yet, in these states, it will not say; what it would have answered is held for a person.
-- On the web an answer is said as soon as it is written, in pieces as soon as the first has left. The notice of a
-- hand-over goes too where $4: only behind a person's own words there is no need of it any more.
WITH taken AS (
    UPDATE outbox o SET state = 'cancelled', last_error = $3,
                        inbound_id = CASE WHEN i.state = 'escalated' THEN o.inbound_id END,
                        metadata = o.metadata || jsonb_build_object('cancelled_for', o.inbound_id)
    FROM inbox i
    WHERE o.conversation_id = $1 AND o.author = 'agent' AND o.state = ANY ($2::text[]) AND i.id = o.inbound_id
      AND (o.state = 'draft' OR (o.channel <> 'web_form' AND (i.state = 'answered' OR $4)
           AND NOT EXISTS (SELECT FROM outbox_parts p WHERE p.outbox_id = o.id AND p.state = 'sent')))
    RETURNING o.message_id, i.id AS inbound_id
), unsaid AS (
    UPDATE messages m SET delivery_status = 'cancelled' FROM taken WHERE m.id = taken.message_id
)
UPDATE inbox i SET state = 'held' FROM taken WHERE i.id = taken.inbound_id AND i.state IN ('answered', 'drafted');

-- earlier_reply --
-- What an earlier call with this key said, and what it was told.
SELECT o.id AS outbox_id, o.author, o.body, o.message_id, a.detail -> 'warnings' AS warnings, a.created_at
FROM outbox o JOIN staff_actions a ON a.message_id = o.message_id
WHERE o.idempotency_key = $1;

-- say --
-- A person's words as they are, on their way to whom the conversation is with.
WITH said AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status)
    SELECT $2, c.id, $3, c.customer_id, 'outbound', 'staff', c.channel, $4, 'pending'
    FROM conversations c WHERE c.id = $1
), word AS (
    INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body,
                        idempotency_key)
    SELECT $5, c.id, $3, $2, 'staff', c.channel, substr(c.sender_key, strpos(c.sender_key, ':') + 1), t.subject, $4, $6
    FROM conversations c JOIN tickets t ON t.id = $3 WHERE c.id = $1
)
INSERT INTO agent_metrics (metric_type, channel, value, conversation_id, labels)
SELECT 'message_volume', c.channel, 1, c.id, '{"author": "staff"}' FROM conversations c WHERE c.id = $1;

-- release --
UPDATE conversations SET owner = 'agent', owner_token = owner_token + 1, status = 'open', assignee = NULL WHERE id = $1;

-- unanswered --
-- Whether no person has written since the customer's last word.
SELECT NOT EXISTS (
    SELECT FROM messages m WHERE m.conversation_id = $1 AND m.author = 'staff' AND m.created_at > (
        SELECT max(heard.created_at) FROM messages heard
        WHERE heard.conversation_id = $1 AND heard.direction = 'inbound'));

-- wake_held --
-- What the customer wrote behind a person's last word is the agent's to answer; what is older was answered by it.
WITH again AS (
    UPDATE inbox i SET state = 'waiting', attempts = 0, retry_at = NULL, finished_at = NULL
    WHERE i.conversation_id = $1 AND i.state = 'held'
      AND i.received_at > COALESCE((SELECT max(m.created_at) FROM messages m
                                    WHERE m.conversation_id = $1 AND m.author = 'staff'), '-infinity')
    RETURNING i.id, i.sender_key, i.payload
)
INSERT INTO events (id, topic, key, value, inbox_id)
SELECT gen_random_uuid(), $2, sender_key, payload, id FROM again RETURNING inbox_id;

-- move_ticket --
UPDATE tickets SET status = $2, moved_by = 'staff' WHERE id = $1;

-- close --
-- Nobody writes here any more, the agent neither.
UPDATE conversations SET status = 'closed', owner = 'staff', owner_token = owner_token + 1 WHERE id = $1;

-- draft --
-- The draft of this id, or else the oldest that waits.
SELECT id, ticket_id, channel, recipient, body FROM outbox
WHERE conversation_id = $1 AND state = 'draft' AND ($2::uuid IS NULL OR id = $2)
ORDER BY id LIMIT 1;

-- approve --
-- The draft is said, in the agent's name as it was written, in a person's name where he changed it. The ticket is the
-- customer's turn then, unless a person has the conversation, or another draft or message waits.
WITH word AS (
    UPDATE outbox o SET state = 'ready', message_id = $2, author = $3, body = $4, idempotency_key = $6,
                        next_attempt_at = now(),
                        metadata = o.metadata - 'sources' || jsonb_build_object('approved_by', $5::text)
    FROM conversations c, inbox i
    WHERE o.id = $1 AND o.state = 'draft' AND c.id = o.conversation_id AND i.id = o.inbound_id
    RETURNING o.conversation_id, o.ticket_id, o.channel, o.inbound_id, c.customer_id, c.owner, i.received_at
), said AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status, sources)
    SELECT $2, word.conversation_id, word.ticket_id, word.customer_id, 'outbound', $3, word.channel, $4, 'pending',
           CASE WHEN $3 = 'agent' THEN (SELECT o.metadata -> 'sources' FROM outbox o WHERE o.id = $1) ELSE '[]' END
    FROM word
), answered AS (
    UPDATE inbox i SET state = 'answered', finished_at = clock_timestamp() FROM word WHERE i.id = word.inbound_id
), ticket AS (
    UPDATE tickets t SET status = 'waiting', moved_by = 'staff' FROM word
    WHERE t.id = word.ticket_id AND t.status IN ('open', 'processing') AND word.owner = 'agent'
      AND NOT EXISTS (SELECT FROM inbox i WHERE i.conversation_id = word.conversation_id AND i.state = 'waiting')
      AND NOT EXISTS (SELECT FROM outbox o
                      WHERE o.conversation_id = word.conversation_id AND o.state = 'draft' AND o.id <> $1)
)
INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, labels)
SELECT x.metric_type, word.channel, x.value, word.inbound_id, word.conversation_id, '{"approved": true}'
FROM word, LATERAL (VALUES ('message_volume', 1::double precision),
                           ('response_latency', extract(epoch FROM clock_timestamp() - word.received_at) * 1000))
           AS x (metric_type, value);

-- record --
-- Who did it, when, and to which message; $6 is what he was told at the time.
INSERT INTO staff_actions (id, conversation_id, actor, action, message_id, detail) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING created_at;
