-- matches --
-- Whom these identifiers lead to, merges followed: who has proved one of them first, then whoever was filed under it,
-- then whoever a form named with it. `matched` counts how many of the kinds asked for (e-mail, telephone) led there.
WITH RECURSIVE asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::integer[]) AS asked (type, value, kind)
), found AS (
    SELECT ci.customer_id AS id, asked.kind, ci.tier, ci.last_seen_at,
           EXISTS (SELECT FROM customers c WHERE c.id = ci.customer_id
                   AND c.filing_key = asked.type || ':' || asked.value) AS filed
    FROM asked JOIN customer_identifiers ci ON ci.type = asked.type AND ci.value = asked.value
), trail AS (
    SELECT c.id AS began, c.id, c.merged_into FROM customers c WHERE c.id IN (SELECT id FROM found)
    UNION ALL
    SELECT trail.began, c.id, c.merged_into FROM trail JOIN customers c ON c.id = trail.merged_into
)
SELECT trail.id, count(DISTINCT found.kind) AS matched
FROM trail JOIN found ON found.id = trail.began WHERE trail.merged_into IS NULL
GROUP BY trail.id
ORDER BY matched DESC, max(found.tier) DESC, bool_or(found.filed) DESC, max(found.last_seen_at) DESC, trail.id
LIMIT 50;

-- customer --
SELECT id AS customer_id, name, email, phone, created_at, last_seen_at FROM customers WHERE id = $1;

-- family --
-- The customer with everybody who was merged into him.
WITH RECURSIVE family AS (
    SELECT id FROM customers WHERE id = $1
    UNION SELECT c.id FROM customers c JOIN family ON c.merged_into = family.id
)
SELECT id FROM family;

-- identifiers --
-- Once each, as well proved as anywhere.
SELECT DISTINCT ON (type, value) type, value, tier, tier = 0 AS claimed, source_channel, verified_at, last_seen_at
FROM customer_identifiers WHERE customer_id = ANY ($1::uuid[])
ORDER BY type, value, tier DESC, last_seen_at DESC;

-- tickets --
-- Newest first, without our own notices. `claimed`: nobody has proved that this customer wrote it.
SELECT t.number AS ticket_id, t.conversation_id, t.status, t.category, t.priority, t.subject, t.source_channel,
       t.escalation_reason, NOT c.sender_verified AS claimed, c.sender_key AS sender, t.created_at, t.updated_at
FROM tickets t JOIN conversations c ON c.id = t.conversation_id
WHERE t.customer_id = ANY ($1::uuid[]) AND NOT c.metadata ? 'notice'
ORDER BY t.created_at DESC, t.id DESC LIMIT $2;
