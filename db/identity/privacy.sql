-- family --
-- The customer with everyone merged with them: the surviving customer, and all who lead to that one.
WITH RECURSIVE ancestors AS (
    SELECT id, merged_into FROM customers WHERE id = $1
    UNION SELECT c.id, c.merged_into FROM customers c JOIN ancestors ON c.id = ancestors.merged_into
), family AS (
    SELECT id FROM ancestors
    UNION SELECT c.id FROM customers c JOIN family ON c.merged_into = family.id
)
SELECT id FROM family;

-- fence_turns --
-- Lock the leases of these customers and raise their tokens: no turn begins until the transaction ends, and a running
-- one writes nothing.
INSERT INTO customer_leases (customer_id, holder, lease_until)
SELECT id, 'erasure', now() FROM unnest($1::uuid[]) AS id ORDER BY id
ON CONFLICT (customer_id) DO UPDATE SET token = customer_leases.token + 1, lease_until = now();

-- lock_customers --
-- Lock these customers: a message that arrives now waits for the end of the transaction, and its sender is then a new
-- customer. Merged ones come before the surviving one, as everywhere.
SELECT id FROM customers WHERE id = ANY ($1::uuid[]) ORDER BY merged_into IS NULL, id FOR UPDATE;

-- lock_conversations --
-- Lock the customers' conversations, or fail at once.
SELECT id FROM conversations WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_tickets --
-- Lock the customers' tickets, or fail at once.
SELECT id FROM tickets WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_messages --
-- Lock the customers' messages, or fail at once.
SELECT id FROM messages WHERE customer_id = ANY ($1::uuid[]) FOR UPDATE NOWAIT;

-- lock_inbox --
-- Lock the customers' inbox rows, or fail at once.
SELECT i.id FROM inbox i JOIN conversations c ON c.id = i.conversation_id WHERE c.customer_id = ANY ($1::uuid[])
FOR UPDATE OF i NOWAIT;

-- lock_outbox --
-- Lock the customers' outbox rows, or fail at once: a message that is being sent is not deleted.
SELECT o.id FROM outbox o JOIN conversations c ON c.id = o.conversation_id WHERE c.customer_id = ANY ($1::uuid[])
FOR UPDATE OF o NOWAIT;

-- export --
-- Everything stored about these customers, as one JSON object of lists of rows.
WITH own_conversations AS (SELECT * FROM conversations WHERE customer_id = ANY ($1::uuid[])),
     own_inbox AS (SELECT i.* FROM inbox i JOIN own_conversations ON own_conversations.id = i.conversation_id)
SELECT jsonb_build_object(
    -- The customers and their identity.
    'customers', (SELECT jsonb_agg(c ORDER BY c.created_at) FROM customers c WHERE c.id = ANY ($1::uuid[])),
    'identifiers', (SELECT jsonb_agg(x ORDER BY x.created_at) FROM customer_identifiers x
                    WHERE x.customer_id = ANY ($1::uuid[])),
    'evidence', (SELECT jsonb_agg(e ORDER BY e.id) FROM identity_evidence e WHERE e.customer_id = ANY ($1::uuid[])),
    'merges', (SELECT jsonb_agg(m ORDER BY m.merged_at) FROM identity_merges m
               WHERE m.winner_id = ANY ($1::uuid[]) OR m.loser_id = ANY ($1::uuid[])),
    -- Their conversations.
    'conversations', (SELECT jsonb_agg(t ORDER BY t.created_at) FROM own_conversations t),
    'tickets', (SELECT jsonb_agg(t ORDER BY t.created_at) FROM tickets t WHERE t.customer_id = ANY ($1::uuid[])),
    'hand_overs', (SELECT jsonb_agg(h ORDER BY h.started_at) FROM hand_overs h
                   JOIN own_conversations own ON own.id = h.conversation_id),
    'staff_actions', (SELECT jsonb_agg(a ORDER BY a.created_at) FROM staff_actions a
                      JOIN own_conversations own ON own.id = a.conversation_id),
    'messages', (SELECT jsonb_agg(m ORDER BY m.created_at, m.id) FROM messages m
                 JOIN own_conversations own ON own.id = m.conversation_id),
    -- Files of web forms; each is had from the desk, by its conversation, message and number.
    'files', (SELECT jsonb_agg(jsonb_build_object('conversation_id', m.conversation_id, 'message_id', f.message_id,
                                                  'n', f.n, 'size', m.metadata -> 'attachments' -> f.n -> 'size',
                                                  'received_at', f.received_at) ORDER BY f.received_at, f.n)
              FROM message_files f JOIN messages m ON m.id = f.message_id
              JOIN own_conversations own ON own.id = m.conversation_id),
    -- The message path, and what was decided on it.
    'received', (SELECT jsonb_agg(i ORDER BY i.received_at) FROM own_inbox i),
    'sent', (SELECT jsonb_agg(o ORDER BY o.created_at) FROM outbox o
             JOIN own_conversations own ON own.id = o.conversation_id),
    'sent_parts', (SELECT jsonb_agg(p) FROM outbox_parts p JOIN outbox o ON o.id = p.outbox_id
                   JOIN own_conversations own ON own.id = o.conversation_id),
    'decisions', (SELECT jsonb_agg(d ORDER BY d.created_at) FROM decision_records d
                  JOIN own_conversations own ON own.id = d.conversation_id),
    'shadow_comparisons', (SELECT jsonb_agg(s ORDER BY s.created_at) FROM shadow_comparisons s
                           WHERE s.inbox_id = ANY (ARRAY (SELECT id FROM own_inbox))),
    'requested_drafts', (SELECT jsonb_agg(r ORDER BY r.created_at) FROM requested_drafts r
                         JOIN own_conversations own ON own.id = r.conversation_id),
    'learned_entries', (SELECT jsonb_agg(to_jsonb(l) - 'embedding' ORDER BY l.created_at) FROM learned_entries l
                        JOIN tickets t ON t.id = l.ticket_id WHERE t.customer_id = ANY ($1::uuid[])),
    'dead_letters', (SELECT jsonb_agg(jsonb_build_object('id', d.id, 'cause', d.cause, 'created_at', d.created_at))
                     FROM dead_letters d JOIN own_inbox ON own_inbox.id = d.inbox_id),
    -- Earlier exports and erasures, found by the hash of the customer's id.
    'privacy_actions', (SELECT jsonb_agg(jsonb_build_object('actor', a.actor, 'action', a.action, 'counts', a.counts,
                                                            'at', a.at) ORDER BY a.at, a.id)
                        FROM privacy_actions a
                        WHERE EXISTS (SELECT FROM unnest($1::uuid[]) AS c
                                      WHERE sha256(uuid_send(a.id) || uuid_send(c)) = ANY (a.customers))));

-- add_privacy_action --
-- Record an export or erasure. The customers are stored as salted hashes: only somebody who knows an id can find it.
-- $1 action's id and salt, $2 actor, $3 action, $4 customers, $5 counts of rows
INSERT INTO privacy_actions (id, actor, action, customers, counts)
SELECT $1::uuid, $2, $3, array_agg(sha256(uuid_send($1::uuid) || uuid_send(c))), $5 FROM unnest($4::uuid[]) AS c;

-- erase --
-- Delete every row about these customers. A ticket's history, its hand-overs, the staff's actions and the drafts that they
-- asked for, the files of their messages, and what was learned from a ticket, approved or not, go by cascade.
-- Metrics are kept without their references to the customer.
WITH own_conversations AS (
    SELECT id, sender_key FROM conversations WHERE customer_id = ANY ($1::uuid[])
), own_inbox AS (
    SELECT i.id FROM inbox i JOIN own_conversations ON own_conversations.id = i.conversation_id
), own_identifiers AS (
    SELECT DISTINCT x.type, x.value, x.type || ':' || x.value AS key, convert_to(x.value, 'UTF8') AS bytes,
           -- The value as it stands in a text that `dead_letters_text` indexes, with LIKE's own characters escaped.
           '%' || regexp_replace(encode(convert_to(x.value, 'UTF8'), 'escape'), '([\\%_])', '\\\1', 'g') || '%' AS pattern
    FROM customer_identifiers x WHERE x.customer_id = ANY ($1::uuid[])
),

-- What names one of their identifiers: dead letters, events, links, evidence. Each way to a row has an index of its
-- own, so that no table is read whole.
own_dead_letters AS (
    SELECT d.id FROM own_inbox JOIN dead_letters d ON d.inbox_id = own_inbox.id
    UNION SELECT d.id FROM own_identifiers own JOIN dead_letters d ON d.key = own.key
    UNION SELECT d.id FROM own_identifiers own JOIN dead_letters d ON encode(d.value, 'escape') LIKE own.pattern
        AND position(own.bytes IN d.value) > 0
), dead_letters_deleted AS (
    DELETE FROM dead_letters d WHERE d.id = ANY (ARRAY (SELECT id FROM own_dead_letters)) RETURNING d.id
), own_events AS (
    SELECT e.id FROM own_inbox JOIN events e ON e.inbox_id = own_inbox.id
    UNION SELECT e.id FROM own_identifiers own JOIN events e ON e.key = own.key
    UNION SELECT e.id FROM own_conversations own JOIN events e ON e.key = own.sender_key
    UNION SELECT e.id FROM events e
    WHERE e.value ? 'id' AND e.value ->> 'id' = ANY (ARRAY (SELECT id::text FROM own_dead_letters))
), events_deleted AS (
    DELETE FROM events e WHERE e.id = ANY (ARRAY (SELECT id FROM own_events))
), own_links AS (
    SELECT l.id FROM own_identifiers own JOIN identity_links l ON own.type = 'email' AND l.email = own.value
    UNION SELECT l.id FROM own_identifiers own JOIN identity_links l ON own.type = 'whatsapp' AND l.number = own.value
), links_deleted AS (
    DELETE FROM identity_links l WHERE l.id = ANY (ARRAY (SELECT id FROM own_links))
), link_targets_deleted AS (
    DELETE FROM identity_link_targets g USING own_identifiers own WHERE (g.type, g.value) = (own.type, own.value)
), own_evidence AS (
    SELECT e.id FROM identity_evidence e WHERE e.customer_id = ANY ($1::uuid[])
    UNION SELECT e.id FROM own_identifiers own JOIN identity_evidence e ON (e.type, e.value) = (own.type, own.value)
    UNION SELECT e.id FROM own_identifiers own JOIN identity_evidence e ON e.filed_as = own.key
), evidence_deleted AS (
    DELETE FROM identity_evidence e WHERE e.id = ANY (ARRAY (SELECT id FROM own_evidence))
),

-- Their conversations and all that belongs to them.
metrics_anonymised AS (
    UPDATE agent_metrics m SET inbox_id = NULL, conversation_id = NULL, labels = '{}'
    WHERE m.conversation_id IN (SELECT id FROM own_conversations)
), decisions_deleted AS (
    DELETE FROM decision_records d USING own_conversations own WHERE d.conversation_id = own.id
), parts_deleted AS (
    DELETE FROM outbox_parts p USING outbox o, own_conversations own
    WHERE o.id = p.outbox_id AND o.conversation_id = own.id
), outbox_deleted AS (
    DELETE FROM outbox o USING own_conversations own WHERE o.conversation_id = own.id
), inbox_deleted AS (
    DELETE FROM inbox i USING own_conversations own WHERE i.conversation_id = own.id
), messages_deleted AS (
    DELETE FROM messages m USING own_conversations own WHERE m.conversation_id = own.id RETURNING m.id
), slots_deleted AS (
    DELETE FROM conversation_slots s USING own_conversations own WHERE s.conversation_id = own.id
), tickets_deleted AS (
    DELETE FROM tickets t WHERE t.customer_id = ANY ($1::uuid[]) RETURNING t.id
), conversations_deleted AS (
    DELETE FROM conversations c WHERE c.customer_id = ANY ($1::uuid[]) RETURNING c.id
),

-- The customers themselves.
identifiers_deleted AS (
    DELETE FROM customer_identifiers x WHERE x.customer_id = ANY ($1::uuid[]) RETURNING x.id
), leases_deleted AS (
    DELETE FROM customer_leases l WHERE l.customer_id = ANY ($1::uuid[])
), customers_deleted AS (
    DELETE FROM customers c WHERE c.id = ANY ($1::uuid[]) RETURNING c.id
)
SELECT (SELECT count(*) FROM customers_deleted) AS customers,
       (SELECT count(*) FROM identifiers_deleted) AS identifiers,
       (SELECT count(*) FROM conversations_deleted) AS conversations,
       (SELECT count(*) FROM tickets_deleted) AS tickets,
       (SELECT count(*) FROM messages_deleted) AS messages,
       (SELECT count(*) FROM dead_letters_deleted) AS dead_letters;
