-- accept_form --
-- Files a form in one round trip. The inbox row is the gate: a repeat of its key inserts nothing and returns no row.
-- A customer that was merged files under the one that remained. Foreign keys are checked when the statement ends.
WITH gate AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key,
                       conversation_id, ticket_id, message_id, body_hash, payload)
    VALUES ($1, 'web_form', $2, 'web_form', $3, $4, $5, $6, $7, $8::text::jsonb)
    ON CONFLICT (provider, provider_message_id) DO NOTHING
    RETURNING id
), customer AS (
    INSERT INTO customers (id, filing_key, email, phone, name)
    SELECT $9, $3, $10, $11, $12 FROM gate
    ON CONFLICT (filing_key) DO UPDATE SET last_seen_at = now()
    RETURNING id, merged_into
), held AS (
    UPDATE customers c SET last_seen_at = now() FROM customer WHERE c.id = customer.merged_into
    RETURNING c.id, c.merged_into
), home AS (
    -- Locked, and as it is now: whoever was merged while this statement waited is no home, and the foreign keys fail.
    SELECT id FROM customer WHERE merged_into IS NULL
    UNION ALL
    SELECT id FROM held WHERE merged_into IS NULL
), claims AS (
    INSERT INTO customer_identifiers AS ci (id, customer_id, type, value, tier, source_channel)
    SELECT claim.id, home.id, claim.type, claim.value, 0, 'web_form'
    FROM home, unnest($13::uuid[], $14::text[], $15::text[]) AS claim (id, type, value)
    -- What a stranger types keeps nobody's proof alive.
    ON CONFLICT (customer_id, type, value) DO UPDATE SET last_seen_at = now() WHERE ci.tier = 0
), evidence AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, ticket_id)
    SELECT 'claimed', 'channel:web_form', home.id, claim.type, claim.value, $3, $5
    FROM home, unnest($14::text[], $15::text[]) AS claim (type, value)
), conversation AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key)
    SELECT $4, home.id, 'web_form', $16, $3 FROM home
), ticket AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, category, priority, subject)
    SELECT $5, home.id, $4, 'web_form', $17, $18, $16 FROM home
    RETURNING number, created_at
), message AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id)
    SELECT $6, $4, $5, home.id, 'inbound', 'customer', 'web_form', $19, $2 FROM home
), event AS (
    INSERT INTO events (id, topic, key, value, headers, inbox_id)
    SELECT $20, $21, $3, $8::text::jsonb, jsonb_build_object('message-id', $2::text), gate.id FROM gate
)
SELECT number, created_at FROM ticket

-- earlier_form --
-- What an earlier call with this key made.
SELECT inbox.id AS inbox_id, inbox.body_hash, inbox.ticket_id, inbox.conversation_id, inbox.message_id,
       tickets.number AS ticket_number, tickets.created_at,
       (SELECT events.id FROM events WHERE events.inbox_id = inbox.id ORDER BY events.created_at LIMIT 1) AS event_id
FROM inbox JOIN tickets ON tickets.id = inbox.ticket_id
WHERE inbox.provider = 'web_form' AND inbox.provider_message_id = $1

-- reply_address --
-- Where a customer's further word in a ticket belongs.
SELECT tickets.id AS ticket_id, tickets.number AS ticket_number, tickets.status, tickets.subject,
       conversations.id AS conversation_id, conversations.sender_key
FROM tickets JOIN conversations ON conversations.id = tickets.conversation_id
WHERE tickets.number = $1

-- accept_reply --
-- Files a customer's further word: nothing when the ticket is closed by now, no message_id when the key was used before.
-- Whatever had come to rest (answered, resolved) is open again.
WITH ticket AS (
    SELECT id, conversation_id, customer_id, status FROM tickets WHERE id = $5 AND status <> 'closed' FOR UPDATE
), gate AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key,
                       conversation_id, ticket_id, message_id, body_hash, payload)
    SELECT $1, 'web_reply', $2, 'web_form', $3, conversation_id, id, $4, $6, $7::text::jsonb FROM ticket
    ON CONFLICT (provider, provider_message_id) DO NOTHING
    RETURNING id
), message AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id)
    SELECT $4, ticket.conversation_id, ticket.id, ticket.customer_id, 'inbound', 'customer', 'web_form', $8, $2
    FROM ticket, gate
    RETURNING id, created_at
), reopened AS (
    UPDATE tickets SET status = 'open'
    FROM gate
    WHERE tickets.id = $5 AND tickets.status IN ('waiting', 'resolved')
    RETURNING tickets.status
), event AS (
    INSERT INTO events (id, topic, key, value, headers, inbox_id)
    SELECT $9, $10, $3, $7::text::jsonb, jsonb_build_object('message-id', $2::text), gate.id FROM gate
)
SELECT message.id AS message_id, message.created_at,
       coalesce((SELECT reopened.status FROM reopened), ticket.status) AS status
FROM ticket LEFT JOIN message ON true

-- earlier_reply --
-- What an earlier call with this key made.
SELECT inbox.body_hash, messages.id AS message_id, messages.created_at, tickets.status
FROM inbox JOIN messages ON messages.id = inbox.message_id JOIN tickets ON tickets.id = inbox.ticket_id
WHERE inbox.provider = 'web_reply' AND inbox.provider_message_id = $1
