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
    -- Whoever proves who he is goes first: forms that strangers send in his name can't keep him waiting.
    ORDER BY c.customer_id, c.sender_verified DESC, i.received_at, i.id
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
       CASE WHEN customer.filing_key = c.sender_key OR identifier.tier > 1 THEN customer.name END AS known_name,
       COALESCE(identifier.tier, 0) AS tier, identifier.verified_at,
       -- What was said to mails that only pretended to come from him is not counted against him.
       (SELECT count(*) FROM outbox o JOIN conversations answered ON answered.id = o.conversation_id
        WHERE o.channel = c.channel AND o.recipient = substr(c.sender_key, strpos(c.sender_key, ':') + 1)
          AND o.author = 'agent' AND o.state NOT IN ('cancelled', 'draft') AND o.created_at > now() - interval '1 hour'
          AND (answered.sender_verified OR NOT c.sender_verified))
       AS replies_last_hour,
       (SELECT count(*) FROM outbox o
        WHERE o.channel = c.channel AND o.recipient = substr(c.sender_key, strpos(c.sender_key, ':') + 1)
          AND o.conversation_id = c.id
          AND o.author = 'agent' AND o.state NOT IN ('cancelled', 'draft') AND o.created_at > now() - interval '1 day')
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
            AND m.delivery_status IS DISTINCT FROM 'cancelled'
          ORDER BY m.created_at DESC, m.id DESC LIMIT $3) q) e
CROSS JOIN LATERAL (
    SELECT array_agg(q.sentiment ORDER BY q.created_at, q.id) AS sentiments
    FROM (SELECT m.sentiment, m.created_at, m.id FROM messages m
          WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND m.sentiment IS NOT NULL
          ORDER BY m.created_at DESC, m.id DESC LIMIT $4) q) s;

-- sender_key --
SELECT sender_key FROM conversations WHERE id = $1;

-- history --
-- What a sender who has proved who he is may know of the past. $4 is his tier. Told with its subject: what he wrote
-- himself, and with a confirmed link whatever else is his customer's. Bare facts: mails that nobody vouches for and forms
-- that named his address since shortly before it was his for certain, or his number since it was ($5).
WITH own AS (
    SELECT t.id, t.number, t.category, t.status, t.subject, t.created_at,
           (c.sender_verified AND c.sender_key = $3)
           OR ($4 > 1 AND (c.sender_verified OR c.channel = 'web_form')) AS told
    FROM tickets t JOIN conversations c ON c.id = t.conversation_id
    WHERE t.customer_id = $1 AND c.id <> $2 AND NOT c.metadata ? 'notice'
      AND ($4 > 1 OR (c.sender_key = $3 AND (c.sender_verified OR t.created_at >= $5::timestamptz - interval '180 days')))
    ORDER BY t.created_at DESC LIMIT $6
), named AS (
    SELECT DISTINCT t.id, t.number, t.category, t.status, ''::text AS subject, t.created_at, false AS told
    FROM identity_evidence e JOIN tickets t ON t.id = e.ticket_id
    WHERE e.kind = 'claimed' AND e.type = 'phone' AND 'whatsapp:' || e.value = $3 AND e.recorded_at >= $5::timestamptz
      AND NOT EXISTS (SELECT FROM own WHERE own.id = t.id)
    ORDER BY t.created_at DESC LIMIT $6
)
SELECT number, category, status, subject, created_at, told FROM own
UNION ALL
SELECT number, category, status, subject, created_at, told FROM named
ORDER BY created_at DESC LIMIT $6;

-- linked_email --
-- The newest address that was linked to this sender and still counts; none for a sender who is not linked himself.
SELECT other.value
FROM customer_identifiers sender JOIN customer_identifiers other ON other.customer_id = sender.customer_id
WHERE sender.customer_id = $1 AND sender.type || ':' || sender.value = $2 AND sender.tier > 1
  AND other.type = 'email' AND other.tier > 1 AND other.last_seen_at >= now() - interval '180 days'
ORDER BY other.verified_at DESC NULLS LAST LIMIT 1;
