-- open_turns --
-- Open the due turn of each leased customer: the waiting messages of one conversation, with all that the agent needs.
-- $1 customers, $2 most messages of a turn, $3 most earlier messages, $4 most earlier sentiments

-- The conversation: the one with the oldest message, those with a verified sender first, so that forms sent in a
-- customer's name by others do not delay them. One with a failed message that waits for its retry is not due, which
-- keeps its messages in order.
WITH due_conversation AS (
    SELECT DISTINCT ON (c.customer_id) c.customer_id, c.id AS conversation_id
    FROM conversations c JOIN inbox i ON i.conversation_id = c.id AND i.state = 'waiting'
    WHERE c.customer_id = ANY ($1::uuid[])
      AND (c.not_before IS NULL OR c.not_before <= now())
      AND NOT EXISTS (SELECT FROM inbox failed WHERE failed.conversation_id = c.id AND failed.state = 'waiting'
                      AND failed.retry_at > now())
    ORDER BY c.customer_id, c.sender_verified DESC, i.received_at, i.id
),

-- Its waiting messages, oldest first; the last one's ticket is the turn's.
waiting_messages AS (
    SELECT due_conversation.conversation_id, w.*
    FROM due_conversation CROSS JOIN LATERAL (
        SELECT array_agg(q.id ORDER BY q.received_at, q.id) AS inbox_ids,
               array_agg(q.message_id ORDER BY q.received_at, q.id) AS message_ids,
               array_agg(q.content ORDER BY q.received_at, q.id) AS contents,
               array_agg(q.attempts ORDER BY q.received_at, q.id) AS attempts,
               array_agg(q.received_at ORDER BY q.received_at, q.id) AS received_ats,
               (array_agg(q.ticket_id ORDER BY q.received_at DESC, q.id DESC))[1] AS ticket_id,
               bool_or(q.unparsed) AS unparsed, bool_or(q.doubtful) AS doubtful
        FROM (SELECT i.id, i.message_id, m.content, i.attempts, i.received_at, i.ticket_id,
                     i.payload -> 'metadata' -> 'unparsed' IS NOT DISTINCT FROM 'true' AS unparsed,
                     i.payload -> 'metadata' -> 'doubtful' IS NOT NULL AS doubtful
              FROM inbox i JOIN messages m ON m.id = i.message_id
              WHERE i.conversation_id = due_conversation.conversation_id AND i.state = 'waiting'
              ORDER BY i.received_at, i.id LIMIT $2) q) w
),

-- The ticket is being processed, unless the staff own the conversation.
ticket_begun AS (
    UPDATE tickets t SET status = 'processing', resolved_at = NULL
    FROM waiting_messages w JOIN conversations c ON c.id = w.conversation_id
    WHERE t.id = w.ticket_id AND c.owner = 'agent' AND t.status IN ('open', 'waiting', 'resolved')
    RETURNING t.id, t.status
)

-- Conversation and sender. The name on file is shown only for the customer's own filing key or a linked identifier.
SELECT c.customer_id, c.channel, c.id AS conversation_id, c.owner, c.owner_token, c.not_before,
       who.recipient,
       CASE WHEN customer.filing_key = c.sender_key OR identifier.tier > 1 THEN customer.name END AS known_name,
       COALESCE(identifier.tier, 0) AS tier, identifier.verified_at,
       -- Replies sent so far, for the reply limit. Replies to unverified mails do not count for a verified sender.
       (SELECT count(*) FROM outbox o JOIN conversations answered ON answered.id = o.conversation_id
        WHERE o.channel = c.channel AND o.recipient = who.recipient
          AND o.author = 'agent' AND o.state NOT IN ('cancelled', 'draft') AND o.created_at > now() - interval '1 hour'
          AND (answered.sender_verified OR NOT c.sender_verified))
       AS replies_last_hour,
       (SELECT count(*) FROM outbox o
        WHERE o.channel = c.channel AND o.recipient = who.recipient
          AND o.conversation_id = c.id
          AND o.author = 'agent' AND o.state NOT IN ('cancelled', 'draft') AND o.created_at > now() - interval '1 day')
       AS replies_last_day,
       (SELECT i.payload -> 'metadata' ->> 'name' FROM inbox i WHERE i.ticket_id = t.id
        ORDER BY i.received_at LIMIT 1) AS typed_name,
       -- The waiting messages, the ticket, and the conversation before them.
       w.inbox_ids, w.message_ids, w.contents, w.attempts, w.received_ats, w.unparsed, w.doubtful,
       t.id AS ticket_id, t.number, t.source_channel, t.category, t.priority, t.labelled_by, t.subject,
       COALESCE(ticket_begun.status, t.status) AS status, t.escalation_reason, t.created_at, t.updated_at,
       t.resolved_at, earlier.ids AS earlier_ids, earlier.directions, earlier.authors, earlier.channels,
       earlier.contents AS earlier_contents, earlier.sentiments AS earlier_sentiments, earlier.created_ats,
       scored.sentiments
FROM waiting_messages w
JOIN conversations c ON c.id = w.conversation_id
JOIN customers customer ON customer.id = c.customer_id
JOIN tickets t ON t.id = w.ticket_id
-- The reply goes to whoever wrote last: a customer who hides their number now writes from another identifier.
CROSS JOIN LATERAL (SELECT substr(i.sender_key, strpos(i.sender_key, ':') + 1) AS recipient
                    FROM inbox i WHERE i.id = w.inbox_ids[cardinality(w.inbox_ids)]) who
LEFT JOIN ticket_begun ON ticket_begun.id = t.id
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
          ORDER BY m.created_at DESC, m.id DESC LIMIT $3) q) earlier
CROSS JOIN LATERAL (
    SELECT array_agg(q.sentiment ORDER BY q.created_at, q.id) AS sentiments
    FROM (SELECT m.sentiment, m.created_at, m.id FROM messages m
          WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND m.sentiment IS NOT NULL
          ORDER BY m.created_at DESC, m.id DESC LIMIT $4) q) scored;

-- sender_key --
-- The identifier that writes in a conversation (`email:…`, `whatsapp:…`).
SELECT sender_key FROM conversations WHERE id = $1;

-- history --
-- The customer's other tickets that a verified sender may see, newest first, and whether with their subject.
-- $1 customer, $2 this conversation, $3 sender key, $4 its tier, $5 since when it is verified, $6 limit
-- With the subject: tickets that this sender wrote verified and, for a linked identifier (tier 2 or 3), the customer's
-- verified tickets and forms. Without it: unverified mails, and forms that claimed this address from 180 days before
-- its verification on, or this number since its verification.
WITH own_tickets AS (
    SELECT t.id, t.number, t.category, t.status, t.subject, t.created_at,
           (c.sender_verified AND c.sender_key = $3)
           OR ($4 > 1 AND (c.sender_verified OR c.channel = 'web_form')) AS subject_shown
    FROM tickets t JOIN conversations c ON c.id = t.conversation_id
    WHERE t.customer_id = $1 AND c.id <> $2 AND NOT c.metadata ? 'notice'
      AND ($4 > 1 OR (c.sender_key = $3
                      AND (c.sender_verified OR t.created_at >= $5::timestamptz - interval '180 days')))
    ORDER BY t.created_at DESC LIMIT $6
), claimed_tickets AS (
    SELECT DISTINCT t.id, t.number, t.category, t.status, ''::text AS subject, t.created_at, false AS subject_shown
    FROM identity_evidence e JOIN tickets t ON t.id = e.ticket_id
    WHERE e.kind = 'claimed' AND e.type = 'phone' AND $3 LIKE 'whatsapp:%' AND e.value = substr($3, 10) AND e.recorded_at >= $5::timestamptz
      AND NOT EXISTS (SELECT FROM own_tickets WHERE own_tickets.id = t.id)
    ORDER BY t.created_at DESC LIMIT $6
)
SELECT number, category, status, subject, created_at, subject_shown FROM own_tickets
UNION ALL
SELECT number, category, status, subject, created_at, subject_shown FROM claimed_tickets
ORDER BY created_at DESC LIMIT $6;

-- linked_email --
-- The newest e-mail address linked to a sender and seen within 180 days, for replies that WhatsApp can't deliver; no
-- row for a sender that is not linked itself.
SELECT other.value
FROM customer_identifiers sender JOIN customer_identifiers other ON other.customer_id = sender.customer_id
WHERE sender.customer_id = $1 AND sender.type || ':' || sender.value = $2 AND sender.tier > 1
  AND other.type = 'email' AND other.tier > 1 AND other.last_seen_at >= now() - interval '180 days'
ORDER BY other.verified_at DESC NULLS LAST LIMIT 1;
