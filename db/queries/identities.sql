-- open_turns --
-- For each leased customer the conversation with the oldest due message: all that waits in it, and what came before.
-- A conversation whose oldest failure still waits for its retry is not due: its messages keep their order.
WITH chosen AS (
    SELECT DISTINCT ON (c.customer_id) c.customer_id, c.id AS conversation_id
    FROM conversations c JOIN inbox i ON i.conversation_id = c.id AND i.state = 'waiting'
    WHERE c.customer_id = ANY ($1::uuid[])
      AND (c.not_before IS NULL OR c.not_before <= now())
      AND NOT EXISTS (SELECT FROM inbox failed WHERE failed.conversation_id = c.id AND failed.state = 'waiting'
                      AND failed.retry_at > now())
    ORDER BY c.customer_id, i.received_at, i.id
), waiting AS (
    SELECT chosen.conversation_id, w.*
    FROM chosen CROSS JOIN LATERAL (
        SELECT array_agg(q.id ORDER BY q.received_at, q.id) AS inbox_ids,
               array_agg(q.message_id ORDER BY q.received_at, q.id) AS message_ids,
               array_agg(q.content ORDER BY q.received_at, q.id) AS contents,
               array_agg(q.attempts ORDER BY q.received_at, q.id) AS attempts,
               array_agg(q.received_at ORDER BY q.received_at, q.id) AS received_ats,
               (array_agg(q.ticket_id ORDER BY q.received_at DESC, q.id DESC))[1] AS ticket_id
        FROM (SELECT i.id, i.message_id, m.content, i.attempts, i.received_at, i.ticket_id
              FROM inbox i JOIN messages m ON m.id = i.message_id
              WHERE i.conversation_id = chosen.conversation_id AND i.state = 'waiting'
              ORDER BY i.received_at, i.id LIMIT $2) q) w
), begun AS (
    UPDATE tickets t SET status = 'processing', resolved_at = NULL
    FROM waiting w JOIN conversations c ON c.id = w.conversation_id
    WHERE t.id = w.ticket_id AND c.owner = 'agent' AND t.status IN ('open', 'waiting', 'resolved')
    RETURNING t.id, t.status
)
SELECT c.customer_id, c.channel, c.id AS conversation_id, c.owner, c.owner_token,
       substr(c.sender_key, strpos(c.sender_key, ':') + 1) AS recipient,
       customer.name AS known_name, COALESCE(identifier.tier, 0) AS tier, identifier.verified_at,
       (SELECT count(*) FROM outbox o
        WHERE o.channel = c.channel AND o.recipient = substr(c.sender_key, strpos(c.sender_key, ':') + 1)
          AND o.author = 'agent' AND o.state <> 'cancelled' AND o.created_at > now() - interval '1 hour')
       AS replies_last_hour,
       (SELECT count(*) FROM outbox o
        WHERE o.channel = c.channel AND o.recipient = substr(c.sender_key, strpos(c.sender_key, ':') + 1)
          AND o.conversation_id = c.id
          AND o.author = 'agent' AND o.state <> 'cancelled' AND o.created_at > now() - interval '1 day')
       AS replies_last_day,
       (SELECT i.payload -> 'metadata' ->> 'name' FROM inbox i WHERE i.ticket_id = t.id
        ORDER BY i.received_at LIMIT 1) AS typed_name,
       w.inbox_ids, w.message_ids, w.contents, w.attempts, w.received_ats,
       t.id AS ticket_id, t.number, t.source_channel, t.category, t.priority, t.subject,
       COALESCE(begun.status, t.status) AS status, t.escalation_reason, t.created_at, t.updated_at, t.resolved_at,
       e.ids AS earlier_ids, e.directions, e.authors, e.channels, e.contents AS earlier_contents,
       e.sentiments AS earlier_sentiments, e.created_ats, s.sentiments
FROM waiting w
JOIN conversations c ON c.id = w.conversation_id
JOIN customers customer ON customer.id = c.customer_id
JOIN tickets t ON t.id = w.ticket_id
LEFT JOIN begun ON begun.id = t.id
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
    FROM (SELECT m.* FROM messages m
          WHERE m.conversation_id = c.id AND m.id <> ALL (w.message_ids)
          ORDER BY m.created_at DESC, m.id DESC LIMIT $3) q) e
CROSS JOIN LATERAL (
    SELECT array_agg(q.sentiment ORDER BY q.created_at, q.id) AS sentiments
    FROM (SELECT m.sentiment, m.created_at, m.id FROM messages m
          WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND m.sentiment IS NOT NULL
          ORDER BY m.created_at DESC, m.id DESC LIMIT $4) q) s;

-- sender_key --
SELECT sender_key FROM conversations WHERE id = $1;

-- history --
-- What a verified identifier may know of the past: its own tickets, and the forms that named it, since the time that
-- its present owner is known.
SELECT t.number, t.category, t.status, t.subject, t.created_at,
       c.channel = 'web_form' OR c.sender_key <> $3 AS claimed
FROM tickets t JOIN conversations c ON c.id = t.conversation_id
WHERE t.customer_id = $1 AND c.id <> $2 AND ($4::timestamptz IS NULL OR t.created_at >= $4)
ORDER BY t.created_at DESC LIMIT $5;
