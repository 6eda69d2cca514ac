-- accept_message --
-- Accept a message of WhatsApp or mail in one round trip: sender, conversation, inbox row, ticket, message and event.
-- $1 is a JSON object with the fields of `given`. No row is returned for a message that is stored already, or whose
-- sender lapsed or was merged at this moment: the caller finds out which and tries again.
-- Locks are taken in the order customer, slot, inbox, conversation, ticket. The upsert of the slot waits for a
-- concurrent call and then sees its conversation, although this statement's snapshot does not.

-- The message, unless it is stored, or its verified sender has lapsed: after 180 days of silence an identifier may be
-- another person's, and `retire_lapsed` comes first.
WITH given AS (
    SELECT given.* FROM jsonb_to_record($1::jsonb) AS given (
        inbox_id uuid, customer_id uuid, identifier_id uuid, conversation_id uuid, ticket_id uuid, message_id uuid,
        event_id uuid, provider text, provider_message_id text, channel text, type text, value text, sender_key text,
        verified boolean, name text, email text, phone text, subject text, content text, attachments jsonb,
        thread_key text, join_key text, join_within_s double precision, quiet_s double precision,
        quiet_at_most_s double precision, answerable boolean, full_text text, alias text, alias_id uuid, payload jsonb,
        topic text)
    WHERE NOT EXISTS (SELECT FROM inbox i
                      WHERE i.provider = given.provider AND i.provider_message_id = given.provider_message_id)
      AND NOT (given.verified AND EXISTS (
          SELECT FROM customer_identifiers ci WHERE ci.type = given.type AND ci.value = given.value AND ci.tier > 0
          AND ci.last_seen_at < now() - interval '180 days'))
),

-- The customer: the owner of the verified identifier, or of the sender's other one, else the one filed under the sender
-- key, created if need be. A verified sender sets the name, a claim never replaces one.
known_identifier AS (
    SELECT ci.id, ci.customer_id
    FROM given JOIN customer_identifiers ci
        ON ci.type = given.type AND ci.value IN (given.value, given.alias) AND ci.tier > 0
    WHERE given.verified
    ORDER BY ci.value = given.value DESC LIMIT 1
), customer_upserted AS (
    INSERT INTO customers AS c (id, filing_key, email, phone, name)
    SELECT given.customer_id, given.sender_key, given.email, given.phone, given.name
    FROM given WHERE NOT EXISTS (SELECT FROM known_identifier)
    ON CONFLICT (filing_key) DO UPDATE SET
        last_seen_at = now(),
        name = CASE WHEN (SELECT given.verified FROM given) THEN excluded.name ELSE c.name END
    RETURNING c.id, c.merged_into
),

-- Merges: `merged_into` leads straight to the surviving customer. Both are locked and read as they are now: a customer
-- who was merged, or lost the identifier to an undone merge, while this statement waited is not a surviving one, and
-- nothing is stored.
merge_root AS (
    SELECT merged_into AS id FROM customer_upserted WHERE merged_into IS NOT NULL
    UNION ALL
    SELECT COALESCE(c.merged_into, c.id) FROM known_identifier JOIN customers c ON c.id = known_identifier.customer_id
), root_locked AS (
    UPDATE customers c SET last_seen_at = now()
    FROM merge_root WHERE c.id = merge_root.id RETURNING c.id, c.merged_into
), identifier_seen AS (
    UPDATE customer_identifiers ci SET last_seen_at = now()
    FROM known_identifier, root_locked
    WHERE ci.id = known_identifier.id AND ci.customer_id = known_identifier.customer_id
    RETURNING ci.id
), surviving_customer AS (
    SELECT id FROM customer_upserted WHERE merged_into IS NULL
    UNION ALL
    SELECT id FROM root_locked
    WHERE merged_into IS NULL AND (EXISTS (SELECT FROM customer_upserted) OR EXISTS (SELECT FROM identifier_seen))
), identifier_added AS (
    INSERT INTO customer_identifiers AS ci (id, customer_id, type, value, tier, source_channel, verified_at)
    SELECT own.id, surviving_customer.id, given.type, own.value, given.verified::integer, given.channel,
           CASE WHEN given.verified THEN now() END
    FROM given CROSS JOIN surviving_customer
    CROSS JOIN LATERAL (VALUES (given.identifier_id, given.value), (given.alias_id, given.alias)) AS own (id, value)
    WHERE own.value IS NOT NULL
      AND NOT (given.verified AND EXISTS (SELECT FROM customer_identifiers ci
                                          WHERE ci.type = given.type AND ci.value = own.value AND ci.tier > 0))
    ON CONFLICT (customer_id, type, value) DO UPDATE SET
        tier = GREATEST(ci.tier, excluded.tier), last_seen_at = now(),
        verified_at = COALESCE(ci.verified_at, excluded.verified_at)
        WHERE ci.tier = 0
    RETURNING ci.customer_id, ci.value
),

-- The conversation: that of the join key's slot, unless it or its ticket is closed or it was silent for too long; then
-- that of the slot of the sender's other identifier, under the same conditions. The other slot follows, so that who
-- hides their number goes on where they were.
alias_slot AS (
    SELECT s.conversation_id, s.ticket_id
    FROM given
    JOIN conversation_slots s ON s.key = given.type || ':' || given.alias
    JOIN conversations c ON c.id = s.conversation_id AND c.status <> 'closed'
    JOIN tickets t ON t.id = s.ticket_id AND t.status <> 'closed'
    WHERE given.join_key IS NOT NULL
      AND (given.join_within_s IS NULL
           OR GREATEST(s.last_at, (SELECT max(m.created_at) FROM messages m
                                   WHERE m.conversation_id = s.conversation_id))
              > now() - make_interval(secs => given.join_within_s))
), slot_upserted AS (
    INSERT INTO conversation_slots AS s (key, conversation_id, ticket_id)
    SELECT given.join_key, COALESCE(alias_slot.conversation_id, given.conversation_id),
           COALESCE(alias_slot.ticket_id, given.ticket_id)
    FROM given CROSS JOIN surviving_customer LEFT JOIN alias_slot ON true WHERE given.join_key IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET (conversation_id, ticket_id, last_at) = (
        SELECT CASE WHEN rule.joins THEN s.conversation_id ELSE excluded.conversation_id END,
               CASE WHEN rule.joins THEN s.ticket_id ELSE excluded.ticket_id END, now()
        FROM (SELECT NOT EXISTS (SELECT FROM conversations c JOIN tickets t ON t.id = s.ticket_id
                                 WHERE c.id = s.conversation_id AND 'closed' IN (c.status, t.status))
                     AND (given.join_within_s IS NULL
                          OR GREATEST(s.last_at, (SELECT max(m.created_at) FROM messages m
                                                  WHERE m.conversation_id = s.conversation_id))
                             > now() - make_interval(secs => given.join_within_s)) AS joins
              FROM given) AS rule)
    RETURNING s.conversation_id, s.ticket_id
), target AS (
    SELECT COALESCE(slot_upserted.conversation_id, given.conversation_id) AS conversation_id,
           COALESCE(slot_upserted.ticket_id, given.ticket_id) AS ticket_id,
           COALESCE(slot_upserted.conversation_id <> given.conversation_id, false) AS joins,
           surviving_customer.id AS customer_id
    FROM given CROSS JOIN surviving_customer LEFT JOIN slot_upserted ON true
), alias_slot_upserted AS (
    INSERT INTO conversation_slots AS s (key, conversation_id, ticket_id)
    SELECT given.type || ':' || given.alias, slot_upserted.conversation_id, slot_upserted.ticket_id
    FROM given, slot_upserted WHERE given.alias IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET conversation_id = excluded.conversation_id, ticket_id = excluded.ticket_id,
                                    last_at = now()
), evidence_added AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, ticket_id)
    SELECT CASE WHEN given.verified THEN 'verified' ELSE 'claimed' END, 'channel:' || given.channel,
           identifier_added.customer_id, given.type, identifier_added.value, given.sender_key, target.ticket_id
    FROM given, identifier_added, target
),

-- The inbox row, and when its turn is due: the quiet gap (debounce) starts anew with each message of a burst, bounded
-- from the first one that waits.
inbox_added AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, message_id,
                       body_hash, payload, state, finished_at)
    SELECT given.inbox_id, given.provider, given.provider_message_id, given.channel, given.sender_key,
           target.conversation_id, target.ticket_id, given.message_id, sha256(convert_to(given.content, 'UTF8')),
           given.payload || jsonb_build_object('conversation_id', target.conversation_id),
           CASE WHEN given.answerable THEN 'waiting' ELSE 'ignored' END, CASE WHEN NOT given.answerable THEN now() END
    FROM given, target
    ON CONFLICT (provider, provider_message_id) DO NOTHING
    RETURNING id, payload
), turn_due AS (
    SELECT LEAST(now() + make_interval(secs => given.quiet_s),
                 COALESCE((SELECT min(i.received_at) FROM inbox i
                           WHERE i.conversation_id = target.conversation_id AND i.state = 'waiting'), now())
                 + make_interval(secs => given.quiet_at_most_s)) AS at
    FROM given, inbox_added, target WHERE given.answerable AND given.quiet_s > 0
),

-- Conversation and ticket: new ones, or the joined ones, whose ticket is reopened. The conversation is locked before
-- its ticket, as everywhere.
conversation_added AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key, thread_key, status, sender_verified,
                               not_before)
    SELECT given.conversation_id, target.customer_id, given.channel, given.subject, given.sender_key, given.thread_key,
           CASE WHEN given.answerable THEN 'open' ELSE 'closed' END, given.verified, (SELECT turn_due.at FROM turn_due)
    FROM given, inbox_added, target WHERE NOT target.joins
), conversation_joined AS (
    UPDATE conversations c SET not_before = COALESCE((SELECT turn_due.at FROM turn_due), c.not_before)
    FROM given, inbox_added, target WHERE target.joins AND given.answerable AND c.id = target.conversation_id
    RETURNING c.owner
), ticket_added AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, subject, status)
    SELECT given.ticket_id, target.customer_id, given.conversation_id, given.channel, given.subject,
           CASE WHEN given.answerable THEN 'open' ELSE 'closed' END
    FROM given, inbox_added, target WHERE NOT target.joins
), ticket_reopened AS (
    UPDATE tickets t SET status = CASE WHEN conversation_joined.owner = 'staff' THEN 'escalated' ELSE 'open' END,
                         moved_by = 'customer'
    FROM conversation_joined, target WHERE t.id = target.ticket_id AND t.status IN ('waiting', 'resolved')
),

-- The message, and the event that wakes the agent once the turn is due.
message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id, metadata)
    SELECT given.message_id, target.conversation_id, target.ticket_id, target.customer_id, 'inbound', 'customer',
           given.channel, given.content, given.provider_message_id,
           jsonb_strip_nulls(jsonb_build_object('attachments', NULLIF(given.attachments, '[]'),
                                                'full_text', given.full_text))
    FROM given, inbox_added, target
), event_added AS (
    INSERT INTO events (id, topic, key, value, headers, inbox_id, retry_at)
    SELECT given.event_id, given.topic, given.sender_key, inbox_added.payload,
           jsonb_build_object('message-id', given.provider_message_id), inbox_added.id,
           (SELECT turn_due.at FROM turn_due)
    FROM given, inbox_added WHERE given.answerable
)
SELECT inbox_added.id AS inbox_id, target.conversation_id, target.ticket_id, given.message_id, target.joins AS joined,
       COALESCE(extract(epoch FROM (SELECT turn_due.at FROM turn_due) - now()), 0)::double precision AS wake_in_s
FROM given, inbox_added, target;

-- is_stored --
-- Whether a provider's message was accepted before, by its id.
SELECT EXISTS (SELECT FROM inbox WHERE provider = $1 AND provider_message_id = $2);

-- retire_lapsed --
-- Downgrade an identifier that was silent for 180 days to a claim of its former owner, so that whoever uses it next
-- becomes a new customer and sees nothing of that owner. No row where it has not lapsed.
WITH identifier_lapsed AS (
    UPDATE customer_identifiers ci SET tier = 0, verified_at = NULL
    FROM (SELECT c.id FROM customers c JOIN customer_identifiers old ON old.customer_id = c.id
          WHERE old.type = $1 AND old.value = $2 AND old.tier > 0
          FOR NO KEY UPDATE OF c) AS owner
    WHERE ci.customer_id = owner.id AND ci.type = $1 AND ci.value = $2 AND ci.tier > 0
      AND ci.last_seen_at < now() - interval '180 days'
    RETURNING ci.customer_id, ci.last_seen_at
), filing_key_freed AS (
    UPDATE customers c SET filing_key = c.filing_key || '#' || c.id
    FROM identifier_lapsed WHERE c.filing_key = $1 || ':' || $2
), slots_deleted AS (
    DELETE FROM conversation_slots s USING identifier_lapsed, conversations c
    WHERE c.id = s.conversation_id AND c.sender_key = $1 || ':' || $2
)
INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, detail)
SELECT 'lapsed', 'rule:180_days', customer_id, $1, $2, $1 || ':' || $2, jsonb_build_object('last_seen_at', last_seen_at)
FROM identifier_lapsed
RETURNING customer_id;
