-- matches --
-- The surviving customers of these identifiers: those who verified one of them first, then those filed under it, then
-- those in whose forms it was claimed. `matched` counts the kinds of identifiers (e-mail, telephone) that match.
WITH RECURSIVE asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::integer[]) AS asked (type, value, kind)
), identifiers_found AS (
    SELECT ci.customer_id AS id, asked.kind, ci.tier, ci.last_seen_at,
           EXISTS (SELECT FROM customers c WHERE c.id = ci.customer_id
                   AND c.filing_key = asked.type || ':' || asked.value) AS filed
    FROM asked JOIN customer_identifiers ci ON ci.type = asked.type AND ci.value = asked.value
), merge_trail AS (
    SELECT c.id AS began, c.id, c.merged_into FROM customers c WHERE c.id IN (SELECT id FROM identifiers_found)
    UNION ALL
    SELECT merge_trail.began, c.id, c.merged_into FROM merge_trail JOIN customers c ON c.id = merge_trail.merged_into
)
SELECT merge_trail.id, count(DISTINCT identifiers_found.kind) AS matched
FROM merge_trail JOIN identifiers_found ON identifiers_found.id = merge_trail.began
WHERE merge_trail.merged_into IS NULL
GROUP BY merge_trail.id
ORDER BY matched DESC, max(identifiers_found.tier) DESC, bool_or(identifiers_found.filed) DESC,
         max(identifiers_found.last_seen_at) DESC, merge_trail.id
LIMIT 50;

-- customer --
-- A customer's record.
SELECT id AS customer_id, name, email, phone, created_at, last_seen_at FROM customers WHERE id = $1;

-- family --
-- A customer with everyone merged into them.
WITH RECURSIVE family AS (
    SELECT id FROM customers WHERE id = $1
    UNION SELECT c.id FROM customers c JOIN family ON c.merged_into = family.id
)
SELECT id FROM family;

-- identifiers --
-- The identifiers of these customers, each once with its highest tier.
SELECT DISTINCT ON (type, value) type, value, tier, tier = 0 AS claimed, source_channel, verified_at, last_seen_at
FROM customer_identifiers WHERE customer_id = ANY ($1::uuid[])
ORDER BY type, value, tier DESC, last_seen_at DESC;

-- tickets --
-- The tickets of these customers, newest first, without link notices. `claimed`: the sender was not verified.
SELECT t.number AS ticket_id, t.conversation_id, t.status, t.category, t.priority, t.subject, t.source_channel,
       t.escalation_reason, NOT c.sender_verified AS claimed, c.sender_key AS sender, t.created_at, t.updated_at
FROM tickets t JOIN conversations c ON c.id = t.conversation_id
WHERE t.customer_id = ANY ($1::uuid[]) AND NOT c.metadata ? 'notice'
ORDER BY t.created_at DESC, t.id DESC LIMIT $2;

-- thread --
-- Messages of these customers over all channels, newest first, without link notices and what was cancelled before it was
-- sent. `claimed`: the sender was not verified.
-- $1 customers, $2 the last message of the page before (null: none), $3 limit
SELECT m.id AS message_id, m.conversation_id, t.number AS ticket_id, m.direction, m.author, m.channel,
       m.content AS text, m.sentiment, m.created_at, NOT c.sender_verified AS claimed
FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN tickets t ON t.id = m.ticket_id
WHERE m.customer_id = ANY ($1::uuid[]) AND m.delivery_status IS DISTINCT FROM 'cancelled'
  AND NOT c.metadata ? 'notice'
  AND ($2::uuid IS NULL OR (m.created_at, m.id) < (SELECT p.created_at, p.id FROM messages p WHERE p.id = $2))
ORDER BY m.created_at DESC, m.id DESC LIMIT $3;

-- remaining --
-- The customer that this one has been merged into, or itself.
WITH RECURSIVE merge_trail AS (
    SELECT id, merged_into FROM customers WHERE id = $1
    UNION ALL
    SELECT c.id, c.merged_into FROM merge_trail JOIN customers c ON c.id = merge_trail.merged_into
)
SELECT id FROM merge_trail WHERE merged_into IS NULL;
