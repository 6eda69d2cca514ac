-- root --
-- The customer that this one's messages are filed under now.
SELECT COALESCE(merged_into, id) AS id FROM customers WHERE id = $1;

-- shells --
-- Customers that were merged into this one.
SELECT id FROM customers WHERE merged_into = $1 ORDER BY id;

-- lock_customer --
-- From here on nothing is filed under this customer until the merge has ended.
SELECT id, merged_into FROM customers WHERE id = $1 FOR NO KEY UPDATE;

-- lock_identifiers --
SELECT id FROM customer_identifiers WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_conversations --
SELECT id FROM conversations WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT;

-- lock_tickets --
SELECT id FROM tickets WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT;

-- lock_messages --
SELECT id FROM messages WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT;

-- record --
-- Before anything changes: what will be moved, and the identifiers of both ($3 the loser) as they are.
WITH senders AS (
    SELECT replace(filing_key, '#' || id, '') AS key FROM customers WHERE id = $3 OR merged_into = $3
    UNION
    SELECT type || ':' || value FROM customer_identifiers WHERE customer_id = $3 AND tier > 0
)
INSERT INTO identity_merges (id, winner_id, loser_id, tier, actor, evidence, shells, conversations, kept, identifiers)
SELECT $1, $2, $3, $4, $5, $6,
       ARRAY (SELECT c.id FROM customers c WHERE c.merged_into = $3),
       ARRAY (SELECT c.id FROM conversations c WHERE c.customer_id = $3),
       ARRAY (SELECT c.id FROM conversations c WHERE c.customer_id = $2 AND c.sender_key IN (SELECT key FROM senders)),
       (SELECT COALESCE(jsonb_agg(to_jsonb(ci)), '[]') FROM customer_identifiers ci WHERE ci.customer_id IN ($2, $3))
RETURNING merged_at;

-- drop_weaker --
-- Where both have an identifier, the proven one remains; if it is the loser's, the winner's claim makes room.
DELETE FROM customer_identifiers mine USING customer_identifiers theirs
WHERE mine.customer_id = $1 AND mine.tier = 0 AND theirs.customer_id = $2 AND theirs.tier > 0
  AND (theirs.type, theirs.value) = (mine.type, mine.value);

-- move_identifiers --
-- What the winner has already stays where it is.
UPDATE customer_identifiers moved SET customer_id = $1
WHERE moved.customer_id = $2
  AND NOT EXISTS (SELECT FROM customer_identifiers mine
                  WHERE mine.customer_id = $1 AND (mine.type, mine.value) = (moved.type, moved.value));

-- confirm_all --
-- The staff vouch for what was proven; what was only typed remains a claim.
UPDATE customer_identifiers SET tier = GREATEST(tier, $2) WHERE customer_id = $1 AND tier > 0;

-- confirm --
-- Both ends of a link have shown that they are under one control.
UPDATE customer_identifiers SET tier = GREATEST(tier, $2), verified_at = COALESCE(verified_at, now())
WHERE customer_id = $1 AND type || ':' || value = ANY ($3::text[]);

-- move_history --
WITH conversation AS (
    UPDATE conversations SET customer_id = $1 WHERE customer_id = $2
), ticket AS (
    UPDATE tickets SET customer_id = $1 WHERE customer_id = $2
), message AS (
    UPDATE messages SET customer_id = $1 WHERE customer_id = $2
)
UPDATE customers SET merged_into = $1 WHERE id = $2 OR merged_into = $2;

-- merge --
SELECT id, winner_id, loser_id, tier, actor, evidence, shells, merged_at, undone_at, undone_by FROM identity_merges WHERE id = $1;

-- later_merge --
-- A merge on top of this one: it has to be undone first.
SELECT later.id FROM identity_merges later JOIN identity_merges m ON m.id = $1
WHERE later.undone_at IS NULL AND (later.merged_at, later.id) > (m.merged_at, m.id)
  AND (later.winner_id IN (m.winner_id, m.loser_id) OR later.loser_id IN (m.winner_id, m.loser_id))
ORDER BY later.merged_at DESC LIMIT 1;

-- give_back --
-- The conversations that the merge moved and those that the loser's own senders have opened since, with all in them.
WITH m AS (
    SELECT * FROM identity_merges WHERE id = $1
), before AS (
    SELECT b.* FROM m, jsonb_populate_recordset(NULL::customer_identifiers, m.identifiers) b
), senders AS (
    SELECT replace(c.filing_key, '#' || c.id, '') AS key
    FROM m JOIN customers c ON c.id = m.loser_id OR c.id = ANY (m.shells)
    UNION
    SELECT before.type || ':' || before.value FROM m, before WHERE before.customer_id = m.loser_id AND before.tier > 0
), theirs AS (
    SELECT c.id FROM m JOIN conversations c ON c.customer_id = m.winner_id
    WHERE c.id = ANY (m.conversations) OR (c.sender_key IN (SELECT key FROM senders) AND c.id <> ALL (m.kept))
), conversation AS (
    UPDATE conversations c SET customer_id = m.loser_id FROM m, theirs WHERE c.id = theirs.id
), ticket AS (
    UPDATE tickets t SET customer_id = m.loser_id FROM m, theirs WHERE t.conversation_id = theirs.id
), message AS (
    UPDATE messages x SET customer_id = m.loser_id FROM m, theirs WHERE x.conversation_id = theirs.id
), since AS (
    -- What came up after the merge: a sender of the loser's, or something that only the loser's forms have named.
    SELECT ci.id, ci.type, ci.value, ci.type || ':' || ci.value IN (SELECT key FROM senders) OR NOT EXISTS (
               SELECT FROM identity_evidence e
               WHERE e.kind = 'claimed' AND (e.type, e.value) = (ci.type, ci.value)
                 AND e.customer_id = m.winner_id AND e.filed_as NOT IN (SELECT key FROM senders)) AS theirs_alone
    FROM m JOIN customer_identifiers ci ON ci.customer_id = m.winner_id
    WHERE ci.id NOT IN (SELECT id FROM before)
      AND (ci.type || ':' || ci.value IN (SELECT key FROM senders) OR EXISTS (
          SELECT FROM identity_evidence e WHERE e.kind = 'claimed' AND (e.type, e.value) = (ci.type, ci.value)
          AND e.customer_id = m.winner_id AND e.filed_as IN (SELECT key FROM senders)))
), taken AS (
    UPDATE customer_identifiers ci SET customer_id = m.loser_id FROM m, since WHERE ci.id = since.id AND since.theirs_alone
), shared AS (
    INSERT INTO customer_identifiers (id, customer_id, type, value, source_channel)
    SELECT gen_random_uuid(), m.loser_id, ci.type, ci.value, ci.source_channel
    FROM m, since JOIN customer_identifiers ci ON ci.id = since.id
    WHERE NOT since.theirs_alone
    ON CONFLICT (customer_id, type, value) DO NOTHING
), identifier AS (
    -- The tier goes back where it is still the merge's own doing; one that has lapsed since stays lapsed.
    UPDATE customer_identifiers ci
    SET customer_id = before.customer_id,
        tier = CASE WHEN ci.tier = m.tier THEN before.tier ELSE ci.tier END,
        verified_at = CASE WHEN ci.tier = m.tier THEN before.verified_at ELSE ci.verified_at END
    FROM m, before WHERE ci.id = before.id
), loser AS (
    UPDATE customers c SET merged_into = CASE WHEN c.id <> m.loser_id THEN m.loser_id END
    FROM m WHERE c.id = m.loser_id OR c.id = ANY (m.shells)
), decided AS (
    UPDATE identity_conflicts f SET state = 'rejected', decided_by = $2, decided_at = now() FROM m WHERE f.merge_id = m.id
)
UPDATE identity_merges SET undone_at = now(), undone_by = $2 WHERE id = $1;

-- restore_dropped --
-- The claims that had made room, as they were.
INSERT INTO customer_identifiers
SELECT b.* FROM identity_merges m, jsonb_populate_recordset(NULL::customer_identifiers, m.identifiers) b
WHERE m.id = $1 AND NOT EXISTS (SELECT FROM customer_identifiers ci WHERE ci.id = b.id)
ON CONFLICT (customer_id, type, value) DO NOTHING;

-- settle_conflicts --
-- What was asked about these two is answered.
UPDATE identity_conflicts SET state = 'approved', merge_id = $1, decided_by = $4, decided_at = now()
WHERE (first_id, second_id) = (LEAST($2::uuid, $3::uuid), GREATEST($2::uuid, $3::uuid)) AND state = 'open';

-- note --
-- A line of the ledger.
INSERT INTO identity_evidence (kind, actor, customer_id, merge_id, detail) VALUES ($1, $2, $3, $4, $5);
