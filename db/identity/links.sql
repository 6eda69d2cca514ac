-- claimed_pair --
-- The e-mail address and number that the form of a ticket named, where the number's owner has verified it within 180
-- days: otherwise there is nobody to link with.
SELECT t.id AS ticket_id, t.number AS ticket_number, mail.value AS email, phone.value AS number
FROM tickets t
JOIN identity_evidence mail ON mail.ticket_id = t.id AND mail.kind = 'claimed' AND mail.type = 'email'
JOIN identity_evidence phone ON phone.ticket_id = t.id AND phone.kind = 'claimed' AND phone.type = 'phone'
WHERE t.number = $1 AND EXISTS (
    SELECT FROM customer_identifiers proof
    WHERE proof.type = 'whatsapp' AND proof.value = phone.value AND proof.tier > 0
      AND proof.last_seen_at >= now() - interval '180 days');

-- reserve_notice --
-- Limit link notices to one an hour for each identifier: a row for the one caller that may send it.
INSERT INTO identity_link_targets AS t (type, value) VALUES ($1, $2)
ON CONFLICT (type, value) DO UPDATE SET sent_at = now() WHERE t.sent_at <= now() - interval '1 hour'
RETURNING true;

-- add_link --
-- Store a link request that expires.
-- $1 link, $2 e-mail address, $3 number, $4 ticket, $5 seconds of validity
INSERT INTO identity_links (id, email, number, ticket_id, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5));

-- add_notice --
-- Queue the notice with one side's link, in a closed conversation of its own, so that no ticket's token shows it and no
-- message joins it; only the outbox row holds the link itself. Nothing is written for an identifier without an owner.
-- $1 is a JSON object with the fields of `given`.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        link_id uuid, conversation_id uuid, ticket_id uuid, message_id uuid, outbox_id uuid, channel text, type text,
        value text, subject text, record_text text, body text)
), identifier_owner AS (
    SELECT COALESCE(c.merged_into, c.id) AS id FROM given JOIN customers c ON c.id = COALESCE(
        (SELECT ci.customer_id FROM customer_identifiers ci
         WHERE ci.type = given.type AND ci.value = given.value AND ci.tier > 0),
        (SELECT filed.id FROM customers filed WHERE filed.filing_key = given.type || ':' || given.value))
), conversation_added AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key, status, metadata)
    SELECT given.conversation_id, identifier_owner.id, given.channel, given.subject, given.type || ':' || given.value,
           'closed', jsonb_build_object('notice', given.link_id)
    FROM given, identifier_owner
), ticket_added AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, category, subject, status)
    SELECT given.ticket_id, identifier_owner.id, given.conversation_id, given.channel, 'account_access', given.subject,
           'closed' FROM given, identifier_owner
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status)
    SELECT given.message_id, given.conversation_id, given.ticket_id, identifier_owner.id, 'outbound', 'system',
           given.channel, given.record_text, 'pending'
    FROM given, identifier_owner
), evidence_added AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, detail)
    SELECT 'link_asked', 'link', identifier_owner.id, given.type, given.value,
           jsonb_build_object('link', given.link_id) FROM given, identifier_owner
)
INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body)
SELECT given.outbox_id, given.conversation_id, given.ticket_id, given.message_id, 'system', given.channel, given.value,
       given.subject, given.body
FROM given, identifier_owner;

-- open_link --
-- A link that one side ($2: 'email' or 'number') can still confirm.
SELECT id, email, number FROM identity_links
WHERE id = $1 AND completed_at IS NULL AND expires_at > now()
  AND CASE $2 WHEN 'email' THEN email_confirmed_at ELSE number_confirmed_at END IS NULL;

-- confirm --
-- Confirm one side of a link ($2: 'email' or 'number'); no row when it was confirmed before or has expired.
WITH side_confirmed AS (
    UPDATE identity_links
    SET email_confirmed_at = CASE WHEN $2 = 'email' THEN now() ELSE email_confirmed_at END,
        number_confirmed_at = CASE WHEN $2 = 'number' THEN now() ELSE number_confirmed_at END
    WHERE id = $1 AND completed_at IS NULL AND expires_at > now()
      AND CASE $2 WHEN 'email' THEN email_confirmed_at ELSE number_confirmed_at END IS NULL
    RETURNING email, number, email_confirmed_at IS NOT NULL AND number_confirmed_at IS NOT NULL AS complete
)
SELECT side_confirmed.email, side_confirmed.number, side_confirmed.complete FROM side_confirmed;

-- owners --
-- The customers of an address and a number, and which is older. No row when the number is not verified any more.
SELECT mail.id AS email_owner, phone.id AS number_owner,
       (mail.created_at, mail.id) <= (phone.created_at, phone.id) AS email_older
FROM (SELECT COALESCE(merged_into, id) AS root FROM customers WHERE id = COALESCE(
          (SELECT customer_id FROM customer_identifiers WHERE type = 'email' AND value = $1 AND tier > 0),
          (SELECT id FROM customers WHERE filing_key = 'email:' || $1))) m
JOIN customers mail ON mail.id = m.root
CROSS JOIN (SELECT customer_id FROM customer_identifiers
            WHERE type = 'whatsapp' AND value = $2 AND tier > 0 AND last_seen_at >= now() - interval '180 days') p
JOIN customers phone ON phone.id = p.customer_id;

-- mark_seen --
-- Opening the link shows that the identifier is in use. It comes last: customers are locked before their identifiers.
UPDATE customer_identifiers SET last_seen_at = now() WHERE type = $1 AND value = $2;

-- complete --
-- Record that both sides have confirmed, and the merge that followed ($2; null: the two were one customer already).
UPDATE identity_links SET completed_at = now(), merge_id = $2 WHERE id = $1;

-- add_evidence --
-- Add the confirmation of an identifier to the evidence ledger.
-- $1 customer, $2 type, $3 value, $4 merge, $5 link
INSERT INTO identity_evidence (kind, actor, customer_id, type, value, merge_id, detail)
VALUES ('link_confirmed', 'link', $1, $2, $3, $4, jsonb_build_object('link', $5::uuid));
