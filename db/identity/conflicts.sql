-- detect --
-- Add the pairs of customers whom unverified claims suggest to be one, for the staff to decide, with their evidence. It
-- looks at the next $1 rows of the ledger, and at identifiers that these name or whose customer they concern. Returns how
-- many rows are behind it; those of the last minute are looked at again, for an older one may still be committed.
WITH scan AS MATERIALIZED (
    SELECT evidence_id FROM identity_scan FOR UPDATE
), looked_at AS MATERIALIZED (
    SELECT e.id, e.kind, e.customer_id, e.type, e.value, e.recorded_at < now() - interval '1 minute' AS settled
    FROM identity_evidence e WHERE e.id > (SELECT evidence_id FROM scan) ORDER BY e.id LIMIT $1
), advanced AS (
    UPDATE identity_scan SET evidence_id = GREATEST(evidence_id, (SELECT max(id) FROM looked_at WHERE settled))
), due AS MATERIALIZED (
    SELECT value FROM looked_at WHERE kind IN ('claimed', 'verified', 'lapsed')
    UNION
    SELECT ci.value FROM customer_identifiers ci
    WHERE ci.customer_id = ANY (ARRAY (SELECT customer_id FROM looked_at WHERE kind IN ('merged', 'unmerged')))
),

-- A form names a number that another customer has verified. The forms of several customers name one number: each is
-- paired with the first of them. A number returned after 180 days of silence, perhaps with the same owner.
claimed_numbers AS (
    SELECT ci.customer_id, ci.type, ci.value,
           first_value(ci.customer_id) OVER (PARTITION BY ci.type, ci.value ORDER BY c.created_at, c.id) AS before
    FROM customer_identifiers ci JOIN customers c ON c.id = ci.customer_id AND c.merged_into IS NULL
    WHERE ci.type = 'phone' AND ci.value = ANY (ARRAY (SELECT value FROM due))
), pairs AS (
    SELECT claimed.customer_id AS one_id, proof.customer_id AS other_id, 'claims_verified' AS kind, claimed.type,
           claimed.value
    FROM claimed_numbers claimed
    JOIN customer_identifiers proof ON proof.type = 'whatsapp' AND proof.value = claimed.value AND proof.tier > 0
    UNION ALL
    SELECT claimed.before, claimed.customer_id, 'claimed_by_several', claimed.type, claimed.value
    FROM claimed_numbers claimed
    UNION ALL
    SELECT lapsed.customer_id, proof.customer_id, 'came_back', lapsed.type, lapsed.value
    FROM identity_evidence lapsed
    JOIN customers c ON c.id = lapsed.customer_id AND c.merged_into IS NULL
    JOIN customer_identifiers proof ON (proof.type, proof.value) = (lapsed.type, lapsed.value) AND proof.tier > 0
    WHERE lapsed.kind = 'lapsed' AND lapsed.type = ANY ('{email,phone,whatsapp}')
      AND lapsed.value = ANY (ARRAY (SELECT value FROM due))
), conflicts_added AS (
    INSERT INTO identity_conflicts (id, first_id, second_id, kind, type, value)
    SELECT gen_random_uuid(), LEAST(one_id, other_id), GREATEST(one_id, other_id), min(kind), type, value
    FROM pairs WHERE one_id <> other_id
    GROUP BY LEAST(one_id, other_id), GREATEST(one_id, other_id), type, value
    ON CONFLICT (first_id, second_id, type, value) DO NOTHING
    RETURNING id, first_id, second_id, kind, type, value
), evidence_added AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, detail)
    SELECT 'conflict_found', 'rule:' || added.kind, party.id, added.type, added.value,
           jsonb_build_object('conflict', added.id)
    FROM conflicts_added added, unnest(ARRAY [added.first_id, added.second_id]) AS party (id)
)
SELECT count(*) FROM looked_at WHERE settled;

-- list_open --
-- The open conflicts, oldest first, two rows each; one of whose customers was merged otherwise is left out.
SELECT f.id, f.kind, f.type, f.value, f.created_at, party.side, party.customer_id, party.name, party.filed_as,
       party.messages, party.since
FROM (SELECT * FROM identity_conflicts WHERE state = 'open' ORDER BY created_at, id) f
JOIN customers one ON one.id = f.first_id AND one.merged_into IS NULL
JOIN customers other ON other.id = f.second_id AND other.merged_into IS NULL
CROSS JOIN LATERAL (
    SELECT side, c.id AS customer_id, COALESCE(c.name, '') AS name, c.filing_key AS filed_as, c.created_at AS since,
           (SELECT count(*) FROM messages m WHERE m.customer_id = c.id AND m.direction = 'inbound') AS messages
    FROM (VALUES (1, f.first_id), (2, f.second_id)) AS s (side, id) JOIN customers c ON c.id = s.id) party
ORDER BY f.created_at, f.id, party.since, party.customer_id
LIMIT 2 * $1;

-- parties --
-- Both customers of an open conflict, the older first.
SELECT c.id FROM identity_conflicts f JOIN customers c ON c.id IN (f.first_id, f.second_id)
WHERE f.id = $1 AND f.state = 'open' ORDER BY c.created_at, c.id;

-- reject --
-- Record that the two customers of an open conflict are not one; the pair is not brought up again for this identifier.
WITH conflict_rejected AS (
    UPDATE identity_conflicts SET state = 'rejected', decided_by = $2, decided_at = now()
    WHERE id = $1 AND state = 'open' RETURNING id, first_id, second_id, type, value
), evidence_added AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, detail)
    SELECT 'conflict_rejected', $2, party.id, rejected.type, rejected.value, jsonb_build_object('conflict', rejected.id)
    FROM conflict_rejected rejected, unnest(ARRAY [rejected.first_id, rejected.second_id]) AS party (id)
)
SELECT id FROM conflict_rejected;
