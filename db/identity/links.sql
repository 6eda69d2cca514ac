-- named_together --
-- Address and number that the form of this ticket named, where the number's owner has proven it lately: only then is
-- there somebody to ask.
SELECT t.id AS ticket_id, t.number AS ticket_number, mail.value AS email, phone.value AS number
FROM tickets t
JOIN identity_evidence mail ON mail.ticket_id = t.id AND mail.kind = 'claimed' AND mail.type = 'email'
JOIN identity_evidence phone ON phone.ticket_id = t.id AND phone.kind = 'claimed' AND phone.type = 'phone'
WHERE t.number = $1 AND EXISTS (
    SELECT FROM customer_identifiers proof
    WHERE proof.type = 'whatsapp' AND proof.value = phone.value AND proof.tier > 0
      AND proof.last_seen_at >= now() - interval '180 days');

-- write_to --
-- True for the one call within an hour that may write to this identifier, however many ask at once.
INSERT INTO identity_link_targets AS t (type, value) VALUES ($1, $2)
ON CONFLICT (type, value) DO UPDATE SET sent_at = now() WHERE t.sent_at <= now() - interval '1 hour'
RETURNING true;

-- ask --
INSERT INTO identity_links (id, email, number, ticket_id, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5));

-- notice --
-- A notice to one identifier, in a closed conversation of its own: no ticket's token shows it, nobody joins it, and the
-- link itself stands only in what is sent. Nothing is written where the identifier is nobody's.
WITH r AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS r (
        link_id uuid, conversation_id uuid, ticket_id uuid, message_id uuid, outbox_id uuid, channel text, type text,
        value text, subject text, said text, body text)
), owner AS (
    SELECT COALESCE(c.merged_into, c.id) AS id FROM r JOIN customers c ON c.id = COALESCE(
        (SELECT ci.customer_id FROM customer_identifiers ci WHERE ci.type = r.type AND ci.value = r.value AND ci.tier > 0),
        (SELECT filed.id FROM customers filed WHERE filed.filing_key = r.type || ':' || r.value))
), conversation AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key, status, metadata)
    SELECT r.conversation_id, owner.id, r.channel, r.subject, r.type || ':' || r.value, 'closed',
           jsonb_build_object('notice', r.link_id)
    FROM r, owner
), ticket AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, category, subject, status)
    SELECT r.ticket_id, owner.id, r.conversation_id, r.channel, 'account_access', r.subject, 'closed' FROM r, owner
), message AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status)
    SELECT r.message_id, r.conversation_id, r.ticket_id, owner.id, 'outbound', 'system', r.channel, r.said, 'pending'
    FROM r, owner
), evidence AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, detail)
    SELECT 'link_asked', 'link', owner.id, r.type, r.value, jsonb_build_object('link', r.link_id) FROM r, owner
)
INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body)
SELECT r.outbox_id, r.conversation_id, r.ticket_id, r.message_id, 'system', r.channel, r.value, r.subject, r.body
FROM r, owner;

-- open_link --
-- A link that can still be confirmed from this side ($2 is 'email' or 'number').
SELECT id, email, number FROM identity_links
WHERE id = $1 AND completed_at IS NULL AND expires_at > now()
  AND CASE $2 WHEN 'email' THEN email_confirmed_at ELSE number_confirmed_at END IS NULL;

-- confirm --
-- Uses up the link of one side; returns nothing where it was used before, or has expired.
WITH confirmed AS (
    UPDATE identity_links
    SET email_confirmed_at = CASE WHEN $2 = 'email' THEN now() ELSE email_confirmed_at END,
        number_confirmed_at = CASE WHEN $2 = 'number' THEN now() ELSE number_confirmed_at END
    WHERE id = $1 AND completed_at IS NULL AND expires_at > now()
      AND CASE $2 WHEN 'email' THEN email_confirmed_at ELSE number_confirmed_at END IS NULL
    RETURNING email, number, email_confirmed_at IS NOT NULL AND number_confirmed_at IS NOT NULL AS complete
)
SELECT confirmed.email, confirmed.number, confirmed.complete FROM confirmed;

-- owners --
-- Whose address and number these are now, and whether the address's customer is the older one. The number has to be
-- proven still.
SELECT mail.id AS email_owner, phone.id AS number_owner, (mail.created_at, mail.id) <= (phone.created_at, phone.id) AS email_older
FROM (SELECT COALESCE(merged_into, id) AS root FROM customers WHERE id = COALESCE(
          (SELECT customer_id FROM customer_identifiers WHERE type = 'email' AND value = $1 AND tier > 0),
          (SELECT id FROM customers WHERE filing_key = 'email:' || $1))) m
JOIN customers mail ON mail.id = m.root
CROSS JOIN (SELECT customer_id FROM customer_identifiers
            WHERE type = 'whatsapp' AND value = $2 AND tier > 0 AND last_seen_at >= now() - interval '180 days') p
JOIN customers phone ON phone.id = p.customer_id;

-- seen --
-- Whoever opened the link was there. Last of all: customers are locked before their identifiers.
UPDATE customer_identifiers SET last_seen_at = now() WHERE type = $1 AND value = $2;

-- complete --
UPDATE identity_links SET completed_at = now(), merge_id = $2 WHERE id = $1;

-- note --
INSERT INTO identity_evidence (kind, actor, customer_id, type, value, merge_id, detail)
VALUES ('link_confirmed', 'link', $1, $2, $3, $4, jsonb_build_object('link', $5::uuid));
