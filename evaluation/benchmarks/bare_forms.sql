-- inbox --
-- Keep the form by its key.
INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, message_id,
                   body_hash, payload)
VALUES ($1, 'web_form', $2, 'web_form', $3, $4, $5, $6, $7, $8::text::jsonb);

-- customer --
-- Find or make the customer.
INSERT INTO customers (id, filing_key, email, name) VALUES ($1, $2, $3, $4)
ON CONFLICT (filing_key) DO UPDATE SET last_seen_at = now()
RETURNING id;

-- conversation --
-- Open a conversation.
INSERT INTO conversations (id, customer_id, channel, subject, sender_key) VALUES ($1, $2, 'web_form', $3, $4);

-- ticket --
-- Open a ticket.
INSERT INTO tickets (id, customer_id, conversation_id, source_channel, category, priority, subject)
VALUES ($1, $2, $3, 'web_form', $4, $5, $6)
RETURNING number, created_at;

-- message --
-- Keep the customer's words.
INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                      provider_message_id)
VALUES ($1, $2, $3, $4, 'inbound', 'customer', 'web_form', $5, $6);

-- event --
-- Note that work waits.
INSERT INTO events (id, topic, key, value, headers, inbox_id)
VALUES ($1, $2, $3, $4::text::jsonb, '{}'::jsonb, $5);
