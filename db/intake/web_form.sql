-- accept_form --
-- Accept a web form in one round trip: inbox row, customer, claims, conversation, ticket, message and event.
-- $1 inbox row, $2 Idempotency-Key, $3 sender key, $4 conversation, $5 ticket, $6 message, $7 body hash, $8 payload,
-- $9 customer, $10 e-mail, $11 phone, $12 name, $13 … $15 claimed identifiers (ids, types, values), $16 subject,
-- $17 category, $18 priority, $19 content, $20 event, $21 topic

-- Idempotency: a key that came before adds no inbox row, so that nothing is added and no row returned.
WITH inbox_added AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key,
                       conversation_id, ticket_id, message_id, body_hash, payload)
    VALUES ($1, 'web_form', $2, 'web_form', $3, $4, $5, $6, $7, $8::text::jsonb)
    ON CONFLICT (provider, provider_message_id) DO NOTHING
    RETURNING id
),

-- The customer, or the one that they were merged into. Both are locked and read as they are now: a customer who was
-- merged while this statement waited is not a surviving one, and the foreign keys, checked at the end, fail.
customer_upserted AS (
    INSERT INTO customers (id, filing_key, email, phone, name)
    SELECT $9, $3, $10, $11, $12 FROM inbox_added
    ON CONFLICT (filing_key) DO UPDATE SET last_seen_at = now()
    RETURNING id, merged_into
), merge_target_locked AS (
    UPDATE customers c SET last_seen_at = now() FROM customer_upserted WHERE c.id = customer_upserted.merged_into
    RETURNING c.id, c.merged_into
), surviving_customer AS (
    SELECT id FROM customer_upserted WHERE merged_into IS NULL
    UNION ALL
    SELECT id FROM merge_target_locked WHERE merged_into IS NULL
),

-- What the form claims (tier 0). It does not prolong the life of a verified identifier.
identifiers_claimed AS (
    INSERT INTO customer_identifiers AS ci (id, customer_id, type, value, tier, source_channel)
    SELECT claim.id, surviving_customer.id, claim.type, claim.value, 0, 'web_form'
    FROM surviving_customer, unnest($13::uuid[], $14::text[], $15::text[]) AS claim (id, type, value)
    ON CONFLICT (customer_id, type, value) DO UPDATE SET last_seen_at = now() WHERE ci.tier = 0
), evidence_added AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, ticket_id)
    SELECT 'claimed', 'channel:web_form', surviving_customer.id, claim.type, claim.value, $3, $5
    FROM surviving_customer, unnest($14::text[], $15::text[]) AS claim (type, value)
),

-- The conversation with its ticket and message, and the event that wakes the agent.
conversation_added AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key)
    SELECT $4, surviving_customer.id, 'web_form', $16, $3 FROM surviving_customer
), ticket_added AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, category, priority, subject)
    SELECT $5, surviving_customer.id, $4, 'web_form', $17, $18, $16 FROM surviving_customer
    RETURNING number, created_at
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id)
    SELECT $6, $4, $5, surviving_customer.id, 'inbound', 'customer', 'web_form', $19, $2 FROM surviving_customer
), event_added AS (
    INSERT INTO events (id, topic, key, value, headers, inbox_id)
    SELECT $20, $21, $3, $8::text::jsonb, jsonb_build_object('message-id', $2::text), inbox_added.id FROM inbox_added
)
SELECT number, created_at FROM ticket_added

-- earlier_form --
-- The rows that an earlier form with this key created, with its body hash.
SELECT inbox.id AS inbox_id, inbox.body_hash, inbox.ticket_id, inbox.conversation_id, inbox.message_id,
       tickets.number AS ticket_number, tickets.created_at,
       (SELECT events.id FROM events WHERE events.inbox_id = inbox.id ORDER BY events.created_at LIMIT 1) AS event_id
FROM inbox JOIN tickets ON tickets.id = inbox.ticket_id
WHERE inbox.provider = 'web_form' AND inbox.provider_message_id = $1

-- reply_address --
-- The ticket and conversation that a customer's reply by web form goes to.
SELECT tickets.id AS ticket_id, tickets.number AS ticket_number, tickets.status, tickets.subject,
       conversations.id AS conversation_id, conversations.sender_key
FROM tickets JOIN conversations ON conversations.id = tickets.conversation_id
WHERE tickets.number = $1

-- accept_reply --
-- Accept a customer's reply by web form and reopen an answered or resolved ticket.
-- No row when the ticket is closed, no message_id when the key came before.
-- $1 inbox row, $2 Idempotency-Key, $3 sender key, $4 message, $5 ticket, $6 body hash, $7 payload, $8 content,
-- $9 event, $10 topic
WITH ticket_locked AS (
    SELECT id, conversation_id, customer_id, status FROM tickets WHERE id = $5 AND status <> 'closed' FOR UPDATE
), inbox_added AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key,
                       conversation_id, ticket_id, message_id, body_hash, payload)
    SELECT $1, 'web_reply', $2, 'web_form', $3, conversation_id, id, $4, $6, $7::text::jsonb FROM ticket_locked
    ON CONFLICT (provider, provider_message_id) DO NOTHING
    RETURNING id
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id)
    SELECT $4, ticket_locked.conversation_id, ticket_locked.id, ticket_locked.customer_id, 'inbound', 'customer',
           'web_form', $8, $2
    FROM ticket_locked, inbox_added
    RETURNING id, created_at
), ticket_reopened AS (
    UPDATE tickets SET status = 'open'
    FROM inbox_added
    WHERE tickets.id = $5 AND tickets.status IN ('waiting', 'resolved')
    RETURNING tickets.status
), event_added AS (
    INSERT INTO events (id, topic, key, value, headers, inbox_id)
    SELECT $9, $10, $3, $7::text::jsonb, jsonb_build_object('message-id', $2::text), inbox_added.id FROM inbox_added
)
SELECT message_added.id AS message_id, message_added.created_at,
       coalesce((SELECT ticket_reopened.status FROM ticket_reopened), ticket_locked.status) AS status
FROM ticket_locked LEFT JOIN message_added ON true

-- earlier_reply --
-- The message that an earlier reply with this key created, with its body hash.
SELECT inbox.body_hash, messages.id AS message_id, messages.created_at, tickets.status
FROM inbox JOIN messages ON messages.id = inbox.message_id JOIN tickets ON tickets.id = inbox.ticket_id
WHERE inbox.provider = 'web_reply' AND inbox.provider_message_id = $1
