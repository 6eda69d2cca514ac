-- family --
-- The customer with everybody who was merged with him: the one they all lead to, and all who lead to that one.
WITH RECURSIVE up AS (
    SELECT id, merged_into FROM customers WHERE id = $1
    UNION SELECT c.id, c.merged_into FROM customers c JOIN up ON c.id = up.merged_into
), family AS (
    SELECT id FROM up
    UNION SELECT c.id FROM customers c JOIN family ON c.merged_into = family.id
)
SELECT id FROM family;

-- fence --
-- Nobody begins a turn of these customers until this transaction ends; one under way leaves nothing.
INSERT INTO customer_leases (customer_id, holder, lease_until)
SELECT id, 'erasure', now() FROM unnest($1::uuid[]) AS id ORDER BY id
ON CONFLICT (customer_id) DO UPDATE SET token = customer_leases.token + 1, lease_until = now();

-- lock --
-- Whoever writes to us now waits until this transaction ends, and is a new customer then. Those who were merged come
-- before the one they lead to, as everybody locks them.
SELECT id FROM customers WHERE id = ANY ($1::uuid[]) ORDER BY merged_into IS NULL, id FOR UPDATE;

-- lock_conversations --
SELECT id FROM conversations WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_tickets --
SELECT id FROM tickets WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_messages --
SELECT id FROM messages WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_inbox --
SELECT i.id FROM inbox i JOIN conversations c ON c.id = i.conversation_id WHERE c.customer_id = ANY ($1::uuid[])
FOR UPDATE OF i NOWAIT;

-- lock_outbox --
SELECT o.id FROM outbox o JOIN conversations c ON c.id = o.conversation_id WHERE c.customer_id = ANY ($1::uuid[])
FOR UPDATE OF o NOWAIT;

-- export --
-- All that is kept of these customers, as one JSON object of lists of rows.
WITH talks AS (SELECT * FROM conversations WHERE customer_id = ANY ($1::uuid[])),
     taken AS (SELECT i.* FROM inbox i JOIN talks ON talks.id = i.conversation_id)
SELECT jsonb_build_object(
    'customers', (SELECT jsonb_agg(c ORDER BY c.created_at) FROM customers c WHERE c.id = ANY ($1::uuid[])),
    'identifiers', (SELECT jsonb_agg(x ORDER BY x.created_at) FROM customer_identifiers x
                    WHERE x.customer_id = ANY ($1::uuid[])),
    'evidence', (SELECT jsonb_agg(e ORDER BY e.id) FROM identity_evidence e WHERE e.customer_id = ANY ($1::uuid[])),
    'merges', (SELECT jsonb_agg(m ORDER BY m.merged_at) FROM identity_merges m
               WHERE m.winner_id = ANY ($1::uuid[]) OR m.loser_id = ANY ($1::uuid[])),
    'conversations', (SELECT jsonb_agg(t ORDER BY t.created_at) FROM talks t),
    'tickets', (SELECT jsonb_agg(t ORDER BY t.created_at) FROM tickets t WHERE t.customer_id = ANY ($1::uuid[])),
    'hand_overs', (SELECT jsonb_agg(h ORDER BY h.started_at) FROM hand_overs h JOIN talks ON talks.id = h.conversation_id),
    'staff_actions', (SELECT jsonb_agg(a ORDER BY a.created_at) FROM staff_actions a
                      JOIN talks ON talks.id = a.conversation_id),
    'messages', (SELECT jsonb_agg(m ORDER BY m.created_at, m.id) FROM messages m JOIN talks ON talks.id = m.conversation_id),
    'received', (SELECT jsonb_agg(i ORDER BY i.received_at) FROM taken i),
    'sent', (SELECT jsonb_agg(o ORDER BY o.created_at) FROM outbox o JOIN talks ON talks.id = o.conversation_id),
    'sent_parts', (SELECT jsonb_agg(p) FROM outbox_parts p JOIN outbox o ON o.id = p.outbox_id
                   JOIN talks ON talks.id = o.conversation_id),
    'decisions', (SELECT jsonb_agg(d ORDER BY d.created_at) FROM decision_records d
                  JOIN talks ON talks.id = d.conversation_id),
    'dead_letters', (SELECT jsonb_agg(jsonb_build_object('id', d.id, 'cause', d.cause, 'created_at', d.created_at))
                     FROM dead_letters d JOIN taken ON taken.id = d.inbox_id),
    'privacy_actions', (SELECT jsonb_agg(jsonb_build_object('actor', a.actor, 'action', a.action, 'counts', a.counts,
                                                            'at', a.at) ORDER BY a.at, a.id)
                        FROM privacy_actions a
                        WHERE EXISTS (SELECT FROM unnest($1::uuid[]) AS c
                                      WHERE sha256(uuid_send(a.id) || uuid_send(c)) = ANY (a.customers))));

-- note --
-- Who did what with whose data, and how much it was. Whose, only he can tell who knows the customer's id.
INSERT INTO privacy_actions (id, actor, action, customers, counts)
SELECT $1::uuid, $2, $3, array_agg(sha256(uuid_send($1::uuid) || uuid_send(c))), $5 FROM unnest($4::uuid[]) AS c;

-- erase --
-- Every row that tells of these customers (a ticket's history, its hand-overs and what people did go with it). What is
-- measured stays as figures that lead to nobody.
WITH talks AS (
    SELECT id, sender_key FROM conversations WHERE customer_id = ANY ($1::uuid[])
), taken AS (
    SELECT i.id FROM inbox i JOIN talks ON talks.id = i.conversation_id
), names AS (
    SELECT DISTINCT x.type || ':' || x.value AS key, convert_to(x.value, 'UTF8') AS bytes
    FROM customer_identifiers x WHERE x.customer_id = ANY ($1::uuid[])
), letters AS (
    DELETE FROM dead_letters d
    WHERE d.inbox_id IN (SELECT id FROM taken) OR d.key IN (SELECT key FROM names)
       OR EXISTS (SELECT FROM names WHERE position(names.bytes IN d.value) > 0)
    RETURNING d.id
), announced AS (
    DELETE FROM events e
    WHERE e.inbox_id IN (SELECT id FROM taken) OR e.key IN (SELECT key FROM names)
       OR e.key IN (SELECT sender_key FROM talks) OR (e.value ->> 'id') IN (SELECT id::text FROM letters)
), linked AS (
    DELETE FROM identity_links l USING names WHERE names.key IN ('email:' || l.email, 'whatsapp:' || l.number)
), written_to AS (
    DELETE FROM identity_link_targets g USING names WHERE names.key = g.type || ':' || g.value
), attested AS (
    DELETE FROM identity_evidence e
    WHERE e.customer_id = ANY ($1::uuid[]) OR e.type || ':' || e.value IN (SELECT key FROM names)
       OR e.filed_as IN (SELECT key FROM names)
), measured AS (
    UPDATE agent_metrics m SET inbox_id = NULL, conversation_id = NULL, labels = '{}'
    WHERE m.conversation_id IN (SELECT id FROM talks)
), decided AS (
    DELETE FROM decision_records d USING talks WHERE d.conversation_id = talks.id
), pieces AS (
    DELETE FROM outbox_parts p USING outbox o, talks WHERE o.id = p.outbox_id AND o.conversation_id = talks.id
), words AS (
    DELETE FROM outbox o USING talks WHERE o.conversation_id = talks.id
), received AS (
    DELETE FROM inbox i USING talks WHERE i.conversation_id = talks.id
), said AS (
    DELETE FROM messages m USING talks WHERE m.conversation_id = talks.id RETURNING m.id
), slots AS (
    DELETE FROM conversation_slots s USING talks WHERE s.conversation_id = talks.id
), closed AS (
    DELETE FROM tickets t WHERE t.customer_id = ANY ($1::uuid[]) RETURNING t.id
), ended AS (
    DELETE FROM conversations c WHERE c.customer_id = ANY ($1::uuid[]) RETURNING c.id
), unnamed AS (
    DELETE FROM customer_identifiers x WHERE x.customer_id = ANY ($1::uuid[]) RETURNING x.id
), free AS (
    DELETE FROM customer_leases l WHERE l.customer_id = ANY ($1::uuid[])
), gone AS (
    DELETE FROM customers c WHERE c.id = ANY ($1::uuid[]) RETURNING c.id
)
SELECT (SELECT count(*) FROM gone) AS customers, (SELECT count(*) FROM unnamed) AS identifiers,
       (SELECT count(*) FROM ended) AS conversations, (SELECT count(*) FROM closed) AS tickets,
       (SELECT count(*) FROM said) AS messages, (SELECT count(*) FROM letters) AS dead_letters;
