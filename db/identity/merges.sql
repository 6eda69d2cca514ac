-- merge_root --
-- The surviving customer of this one: themselves, or whom they were merged into. No row for an unknown customer.
SELECT COALESCE(merged_into, id) AS id FROM customers WHERE id = $1;

-- list_shells --
-- The customers that were merged into this one, in the order in which they are locked.
SELECT id FROM customers WHERE merged_into = $1 ORDER BY id;

-- lock_customer --
-- Wait for a customer's row: from here on nothing is filed under them until the transaction ends.
SELECT id, merged_into FROM customers WHERE id = $1 FOR NO KEY UPDATE;

-- lock_identifiers --
-- Lock the identifiers that may move or be raised.
SELECT id FROM customer_identifiers WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_conversations --
-- Lock the conversations that may move.
SELECT id FROM conversations WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT;

-- lock_tickets --
-- Lock the tickets that may move.
SELECT id FROM tickets WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT;

-- lock_messages --
-- Lock the messages that may move.
SELECT id FROM messages WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT;

-- add_merge --
-- Record a merge before anything is changed: what it will move, and the identifiers of both customers as they are.
-- `kept` are the winner's own conversations with the loser's senders, which an undo must leave.
-- $1 merge, $2 winner, $3 loser, $4 tier, $5 actor, $6 evidence
WITH loser_senders AS (
    SELECT replace(filing_key, '#' || id, '') AS key FROM customers WHERE id = $3 OR merged_into = $3
    UNION
    SELECT type || ':' || value FROM customer_identifiers WHERE customer_id = $3 AND tier > 0
)
INSERT INTO identity_merges (id, winner_id, loser_id, tier, actor, evidence, shells, conversations, kept, identifiers)
SELECT $1, $2, $3, $4, $5, $6,
       ARRAY (SELECT c.id FROM customers c WHERE c.merged_into = $3),
       ARRAY (SELECT c.id FROM conversations c WHERE c.customer_id = $3),
       ARRAY (SELECT c.id FROM conversations c
              WHERE c.customer_id = $2 AND c.sender_key IN (SELECT key FROM loser_senders)),
       (SELECT COALESCE(jsonb_agg(to_jsonb(ci)), '[]') FROM customer_identifiers ci WHERE ci.customer_id IN ($2, $3))
RETURNING merged_at;

-- drop_duplicate_claims --
-- Delete the claims of the winner ($1) for identifiers that the loser ($2) has verified: the verified row moves.
DELETE FROM customer_identifiers mine USING customer_identifiers theirs
WHERE mine.customer_id = $1 AND mine.tier = 0 AND theirs.customer_id = $2 AND theirs.tier > 0
  AND (theirs.type, theirs.value) = (mine.type, mine.value);

-- move_identifiers --
-- Move the loser's ($2) identifiers to the winner ($1), except those that the winner has already.
UPDATE customer_identifiers moved SET customer_id = $1
WHERE moved.customer_id = $2
  AND NOT EXISTS (SELECT FROM customer_identifiers mine
                  WHERE mine.customer_id = $1 AND (mine.type, mine.value) = (moved.type, moved.value));

-- raise_verified --
-- Raise a customer's verified identifiers to a tier, for a merge by the staff; claims remain claims.
UPDATE customer_identifiers SET tier = GREATEST(tier, $2) WHERE customer_id = $1 AND tier > 0;

-- confirm --
-- Raise these identifiers of a customer to a tier, for a merge by one-time links, which verify claims too.
UPDATE customer_identifiers SET tier = GREATEST(tier, $2), verified_at = COALESCE(verified_at, now())
WHERE customer_id = $1 AND type || ':' || value = ANY ($3::text[]);

-- move_history --
-- Move the loser's ($2) conversations, tickets and messages to the winner ($1), to whom the loser and its shells lead.
WITH conversations_moved AS (
    UPDATE conversations SET customer_id = $1 WHERE customer_id = $2
), tickets_moved AS (
    UPDATE tickets SET customer_id = $1 WHERE customer_id = $2
), messages_moved AS (
    UPDATE messages SET customer_id = $1 WHERE customer_id = $2
)
UPDATE customers SET merged_into = $1 WHERE id = $2 OR merged_into = $2;

-- find --
-- A merge by its id.
SELECT id, winner_id, loser_id, tier, actor, evidence, shells, merged_at, undone_at, undone_by
FROM identity_merges WHERE id = $1;

-- later_merge --
-- The newest merge that was made on top of this one and has to be undone first.
SELECT later.id FROM identity_merges later JOIN identity_merges m ON m.id = $1
WHERE later.undone_at IS NULL AND (later.merged_at, later.id) > (m.merged_at, m.id)
  AND (later.winner_id IN (m.winner_id, m.loser_id) OR later.loser_id IN (m.winner_id, m.loser_id))
ORDER BY later.merged_at DESC LIMIT 1;

-- undo --
-- Undo a merge ($1) in the name of $2: what it changed is as before, and the loser gets what their senders added since.
WITH m AS (
    SELECT * FROM identity_merges WHERE id = $1
), identifiers_before AS (
    SELECT b.* FROM m, jsonb_populate_recordset(NULL::customer_identifiers, m.identifiers) b
), loser_senders AS (
    SELECT replace(c.filing_key, '#' || c.id, '') AS key
    FROM m JOIN customers c ON c.id = m.loser_id OR c.id = ANY (m.shells)
    UNION
    SELECT b.type || ':' || b.value FROM m, identifiers_before b WHERE b.customer_id = m.loser_id AND b.tier > 0
),

-- The history: the conversations that the merge moved, and those that the loser's senders have opened since.
loser_conversations AS (
    SELECT c.id FROM m JOIN conversations c ON c.customer_id = m.winner_id
    WHERE c.id = ANY (m.conversations)
       OR (c.sender_key IN (SELECT key FROM loser_senders) AND c.id <> ALL (m.kept))
), conversations_returned AS (
    UPDATE conversations c SET customer_id = m.loser_id FROM m, loser_conversations l WHERE c.id = l.id
), tickets_returned AS (
    UPDATE tickets t SET customer_id = m.loser_id FROM m, loser_conversations l WHERE t.conversation_id = l.id
), messages_returned AS (
    UPDATE messages x SET customer_id = m.loser_id FROM m, loser_conversations l WHERE x.conversation_id = l.id
),

-- Identifiers added since: the loser's are those of their senders, and those that only their forms have claimed. One
-- that the winner's forms have claimed too becomes a claim of both.
identifiers_since AS (
    SELECT ci.id, ci.type, ci.value, ci.type || ':' || ci.value IN (SELECT key FROM loser_senders) OR NOT EXISTS (
               SELECT FROM identity_evidence e
               WHERE e.kind = 'claimed' AND (e.type, e.value) = (ci.type, ci.value)
                 AND e.customer_id = m.winner_id AND e.filed_as NOT IN (SELECT key FROM loser_senders)) AS loser_alone
    FROM m JOIN customer_identifiers ci ON ci.customer_id = m.winner_id
    WHERE ci.id NOT IN (SELECT id FROM identifiers_before)
      AND (ci.type || ':' || ci.value IN (SELECT key FROM loser_senders) OR EXISTS (
          SELECT FROM identity_evidence e WHERE e.kind = 'claimed' AND (e.type, e.value) = (ci.type, ci.value)
          AND e.customer_id = m.winner_id AND e.filed_as IN (SELECT key FROM loser_senders)))
), identifiers_moved AS (
    UPDATE customer_identifiers ci SET customer_id = m.loser_id
    FROM m, identifiers_since s WHERE ci.id = s.id AND s.loser_alone
), identifiers_copied AS (
    INSERT INTO customer_identifiers (id, customer_id, type, value, source_channel)
    SELECT gen_random_uuid(), m.loser_id, ci.type, ci.value, ci.source_channel
    FROM m, identifiers_since s JOIN customer_identifiers ci ON ci.id = s.id
    WHERE NOT s.loser_alone
    ON CONFLICT (customer_id, type, value) DO NOTHING
),

-- Identifiers from before. A tier is restored where it is still the one that the merge gave; one that has lapsed since
-- stays lapsed.
identifiers_restored AS (
    UPDATE customer_identifiers ci
    SET customer_id = b.customer_id,
        tier = CASE WHEN ci.tier = m.tier THEN b.tier ELSE ci.tier END,
        verified_at = CASE WHEN ci.tier = m.tier THEN b.verified_at ELSE ci.verified_at END
    FROM m, identifiers_before b WHERE ci.id = b.id
),

-- The loser is a customer again, to whom their shells lead; a conflict that led to the merge is rejected.
customers_restored AS (
    UPDATE customers c SET merged_into = CASE WHEN c.id <> m.loser_id THEN m.loser_id END
    FROM m WHERE c.id = m.loser_id OR c.id = ANY (m.shells)
), conflicts_rejected AS (
    UPDATE identity_conflicts f SET state = 'rejected', decided_by = $2, decided_at = now()
    FROM m WHERE f.merge_id = m.id
)
UPDATE identity_merges SET undone_at = now(), undone_by = $2 WHERE id = $1;

-- restore_dropped --
-- Restore the claims that `drop_duplicate_claims` deleted.
INSERT INTO customer_identifiers
SELECT b.* FROM identity_merges m, jsonb_populate_recordset(NULL::customer_identifiers, m.identifiers) b
WHERE m.id = $1 AND NOT EXISTS (SELECT FROM customer_identifiers ci WHERE ci.id = b.id)
ON CONFLICT (customer_id, type, value) DO NOTHING;

-- approve_conflicts --
-- Close the open conflicts about two customers as answered by their merge.
-- $1 merge, $2 winner, $3 loser, $4 actor
UPDATE identity_conflicts SET state = 'approved', merge_id = $1, decided_by = $4, decided_at = now()
WHERE (first_id, second_id) = (LEAST($2::uuid, $3::uuid), GREATEST($2::uuid, $3::uuid)) AND state = 'open';

-- add_evidence --
-- Add a merge or its undoing to the evidence ledger.
-- $1 kind, $2 actor, $3 customer, $4 merge, $5 detail
INSERT INTO identity_evidence (kind, actor, customer_id, merge_id, detail) VALUES ($1, $2, $3, $4, $5);
