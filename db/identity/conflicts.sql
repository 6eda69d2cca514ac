-- discover --
-- Pairs of customers whom somebody's claims call one. A form may name a number that another customer has proven; a
-- number may be named in the forms of several customers (each beside the first of them); a number that was silent for
-- half a year may have come back with the same owner.
WITH named AS (
    SELECT ci.customer_id, ci.type, ci.value, ci.tier, c.created_at,
           first_value(ci.customer_id) OVER (PARTITION BY ci.type, ci.value ORDER BY c.created_at, c.id) AS before
    FROM customer_identifiers ci JOIN customers c ON c.id = ci.customer_id AND c.merged_into IS NULL
    WHERE ci.type = 'phone'
), pairs AS (
    SELECT named.customer_id AS one, proof.customer_id AS other, 'claims_verified' AS kind, named.type, named.value
    FROM named
    JOIN customer_identifiers proof ON proof.type = 'whatsapp' AND proof.value = named.value AND proof.tier > 0
    UNION ALL
    SELECT named.before, named.customer_id, 'claimed_by_several', named.type, named.value FROM named
    UNION ALL
    SELECT lapsed.customer_id, proof.customer_id, 'came_back', lapsed.type, lapsed.value
    FROM identity_evidence lapsed
    JOIN customers c ON c.id = lapsed.customer_id AND c.merged_into IS NULL
    JOIN customer_identifiers proof ON (proof.type, proof.value) = (lapsed.type, lapsed.value) AND proof.tier > 0
    WHERE lapsed.kind = 'lapsed'
), found AS (
    INSERT INTO identity_conflicts (id, first_id, second_id, kind, type, value)
    SELECT gen_random_uuid(), LEAST(one, other), GREATEST(one, other), min(kind), type, value
    FROM pairs WHERE one <> other
    GROUP BY LEAST(one, other), GREATEST(one, other), type, value
    ON CONFLICT (first_id, second_id, type, value) DO NOTHING
    RETURNING id, first_id, second_id, kind, type, value
)
INSERT INTO identity_evidence (kind, actor, customer_id, type, value, detail)
SELECT 'conflict_found', 'rule:' || found.kind, party.id, found.type, found.value,
       jsonb_build_object('conflict', found.id)
FROM found, unnest(ARRAY [found.first_id, found.second_id]) AS party (id);

-- waiting --
-- The open questions, oldest first. One whose customers have been merged otherwise is no question any more.
SELECT f.id, f.kind, f.type, f.value, f.created_at, a.side, a.customer_id, a.name, a.filed_as, a.messages, a.since
FROM (SELECT * FROM identity_conflicts WHERE state = 'open' ORDER BY created_at, id) f
JOIN customers one ON one.id = f.first_id AND one.merged_into IS NULL
JOIN customers other ON other.id = f.second_id AND other.merged_into IS NULL
CROSS JOIN LATERAL (
    SELECT side, c.id AS customer_id, COALESCE(c.name, '') AS name, c.filing_key AS filed_as, c.created_at AS since,
           (SELECT count(*) FROM messages m WHERE m.customer_id = c.id AND m.direction = 'inbound') AS messages
    FROM (VALUES (1, f.first_id), (2, f.second_id)) AS s (side, id) JOIN customers c ON c.id = s.id) a
ORDER BY f.created_at, f.id, a.since, a.customer_id
LIMIT 2 * $1;

-- parties --
-- Both customers of an open question, the older first.
SELECT c.id FROM identity_conflicts f JOIN customers c ON c.id IN (f.first_id, f.second_id)
WHERE f.id = $1 AND f.state = 'open' ORDER BY c.created_at, c.id;

-- reject --
WITH decided AS (
    UPDATE identity_conflicts SET state = 'rejected', decided_by = $2, decided_at = now()
    WHERE id = $1 AND state = 'open' RETURNING id, first_id, second_id, type, value
), noted AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, detail)
    SELECT 'conflict_rejected', $2, party.id, decided.type, decided.value, jsonb_build_object('conflict', decided.id)
    FROM decided, unnest(ARRAY [decided.first_id, decided.second_id]) AS party (id)
)
SELECT id FROM decided;
