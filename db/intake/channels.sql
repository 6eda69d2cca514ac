-- accept_message --
-- Files a message of a channel in one round trip; $1 is one JSON object. A message that is stored already, or is being
-- stored by another call, returns no row; neither does one whose sender lapsed or was merged in this very moment: then the
-- caller looks again. The order of the locks is customer, slot, inbox, conversation, ticket: the slot's upsert waits for
-- a call at the same moment and then sees what it made, although this statement's snapshot does not.
WITH r AS (
    SELECT r.* FROM jsonb_to_record($1::jsonb) AS r (
        inbox_id uuid, customer_id uuid, identifier_id uuid, conversation_id uuid, ticket_id uuid, message_id uuid,
        event_id uuid, provider text, provider_message_id text, channel text, type text, value text, sender_key text,
        verified boolean, name text, email text, phone text, subject text, content text, attachments jsonb,
        thread_key text, join_key text, join_within_s double precision, quiet_s double precision,
        quiet_at_most_s double precision, answerable boolean, payload jsonb, topic text)
    WHERE NOT EXISTS (SELECT FROM inbox i
                      WHERE i.provider = r.provider AND i.provider_message_id = r.provider_message_id)
      AND NOT (r.verified AND EXISTS (
          -- Its past has to be closed first (retire_lapsed): after half a year it may be another person's.
          SELECT FROM customer_identifiers ci WHERE ci.type = r.type AND ci.value = r.value AND ci.tier > 0
          AND ci.last_seen_at < now() - interval '180 days'))
), known AS (
    SELECT ci.id, ci.customer_id
    FROM r JOIN customer_identifiers ci ON ci.type = r.type AND ci.value = r.value AND ci.tier > 0
    WHERE r.verified
), filed AS (
    -- Nobody has proved to be this sender yet. The first who does brings the name; a claim never replaces one.
    INSERT INTO customers AS c (id, filing_key, email, phone, name)
    SELECT r.customer_id, r.sender_key, r.email, r.phone, r.name FROM r WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT (filing_key) DO UPDATE SET
        last_seen_at = now(),
        name = CASE WHEN (SELECT r.verified FROM r) THEN excluded.name ELSE c.name END
    RETURNING c.id, c.merged_into
), root AS (
    -- A merged customer leads to the one that remained, never over a third.
    SELECT merged_into AS id FROM filed WHERE merged_into IS NOT NULL
    UNION ALL
    SELECT COALESCE(c.merged_into, c.id) FROM known JOIN customers c ON c.id = known.customer_id
), held AS (
    UPDATE customers c SET last_seen_at = now() FROM root WHERE c.id = root.id RETURNING c.id, c.merged_into
), met_again AS (
    UPDATE customer_identifiers ci SET last_seen_at = now()
    FROM known, held WHERE ci.id = known.id AND ci.customer_id = known.customer_id
    RETURNING ci.id
), survivor AS (
    -- Locked, and as they are now: a customer who was merged, or a sender who was given back to another while this
    -- statement waited, is none, and nothing is stored.
    SELECT id FROM filed WHERE merged_into IS NULL
    UNION ALL
    SELECT id FROM held
    WHERE merged_into IS NULL AND (EXISTS (SELECT FROM filed) OR EXISTS (SELECT FROM met_again))
), introduced AS (
    INSERT INTO customer_identifiers AS ci (id, customer_id, type, value, tier, source_channel, verified_at)
    SELECT r.identifier_id, survivor.id, r.type, r.value, r.verified::integer, r.channel,
           CASE WHEN r.verified THEN now() END
    FROM r, survivor WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT (customer_id, type, value) DO UPDATE SET
        tier = GREATEST(ci.tier, excluded.tier), last_seen_at = now(),
        verified_at = COALESCE(ci.verified_at, excluded.verified_at)
        WHERE ci.tier = 0
    RETURNING ci.customer_id
), slot AS (
    INSERT INTO conversation_slots AS s (key, conversation_id, ticket_id)
    SELECT r.join_key, r.conversation_id, r.ticket_id FROM r, survivor WHERE r.join_key IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET (conversation_id, ticket_id, last_at) = (
        SELECT CASE WHEN rule.joins THEN s.conversation_id ELSE excluded.conversation_id END,
               CASE WHEN rule.joins THEN s.ticket_id ELSE excluded.ticket_id END, now()
        FROM (SELECT NOT EXISTS (SELECT FROM conversations c JOIN tickets t ON t.id = s.ticket_id
                                 WHERE c.id = s.conversation_id AND 'closed' IN (c.status, t.status))
                     AND (r.join_within_s IS NULL
                          OR GREATEST(s.last_at, (SELECT max(m.created_at) FROM messages m
                                                  WHERE m.conversation_id = s.conversation_id))
                             > now() - make_interval(secs => r.join_within_s)) AS joins
              FROM r) AS rule)
    RETURNING s.conversation_id, s.ticket_id
), target AS (
    SELECT COALESCE(slot.conversation_id, r.conversation_id) AS conversation_id,
           COALESCE(slot.ticket_id, r.ticket_id) AS ticket_id,
           COALESCE(slot.conversation_id <> r.conversation_id, false) AS joins, survivor.id AS customer_id
    FROM r CROSS JOIN survivor LEFT JOIN slot ON true
), evidence AS (
    INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, ticket_id)
    SELECT CASE WHEN r.verified THEN 'verified' ELSE 'claimed' END, 'channel:' || r.channel, introduced.customer_id,
           r.type, r.value, r.sender_key, target.ticket_id
    FROM r, introduced, target
), gate AS (
    INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, message_id,
                       body_hash, payload, state, finished_at)
    SELECT r.inbox_id, r.provider, r.provider_message_id, r.channel, r.sender_key, target.conversation_id,
           target.ticket_id, r.message_id, sha256(convert_to(r.content, 'UTF8')),
           r.payload || jsonb_build_object('conversation_id', target.conversation_id),
           CASE WHEN r.answerable THEN 'waiting' ELSE 'ignored' END, CASE WHEN NOT r.answerable THEN now() END
    FROM r, target
    ON CONFLICT (provider, provider_message_id) DO NOTHING
    RETURNING id, payload
), due AS (
    -- A burst is one turn: the quiet gap begins anew with each message, up to a limit behind the first that waits.
    SELECT LEAST(now() + make_interval(secs => r.quiet_s),
                 COALESCE((SELECT min(i.received_at) FROM inbox i
                           WHERE i.conversation_id = target.conversation_id AND i.state = 'waiting'), now())
                 + make_interval(secs => r.quiet_at_most_s)) AS at
    FROM r, gate, target WHERE r.answerable AND r.quiet_s > 0
), conversation AS (
    INSERT INTO conversations (id, customer_id, channel, subject, sender_key, thread_key, status, sender_verified,
                               not_before)
    SELECT r.conversation_id, target.customer_id, r.channel, r.subject, r.sender_key, r.thread_key,
           CASE WHEN r.answerable THEN 'open' ELSE 'closed' END, r.verified, (SELECT due.at FROM due)
    FROM r, gate, target WHERE NOT target.joins
), joined AS (
    -- Before its ticket, as everybody locks them.
    UPDATE conversations c SET not_before = COALESCE((SELECT due.at FROM due), c.not_before)
    FROM r, gate, target WHERE target.joins AND r.answerable AND c.id = target.conversation_id
    RETURNING c.owner
), ticket AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, subject, status)
    SELECT r.ticket_id, target.customer_id, r.conversation_id, r.channel, r.subject,
           CASE WHEN r.answerable THEN 'open' ELSE 'closed' END
    FROM r, gate, target WHERE NOT target.joins
), reopened AS (
    UPDATE tickets t SET status = CASE WHEN joined.owner = 'staff' THEN 'escalated' ELSE 'open' END,
                         moved_by = 'customer'
    FROM joined, target WHERE t.id = target.ticket_id AND t.status IN ('waiting', 'resolved')
), message AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          provider_message_id, metadata)
    SELECT r.message_id, target.conversation_id, target.ticket_id, target.customer_id, 'inbound', 'customer', r.channel,
           r.content, r.provider_message_id,
           CASE WHEN r.attachments = '[]' THEN '{}' ELSE jsonb_build_object('attachments', r.attachments) END
    FROM r, gate, target
), event AS (
    -- The wake itself waits for the quiet gap: nobody has to remember to look again.
    INSERT INTO events (id, topic, key, value, headers, inbox_id, retry_at)
    SELECT r.event_id, r.topic, r.sender_key, gate.payload, jsonb_build_object('message-id', r.provider_message_id),
           gate.id, (SELECT due.at FROM due)
    FROM r, gate WHERE r.answerable
)
SELECT gate.id AS inbox_id, target.conversation_id, target.ticket_id, r.message_id, target.joins AS joined,
       COALESCE(extract(epoch FROM (SELECT due.at FROM due) - now()), 0)::double precision AS wake_in_s
FROM r, gate, target;

-- stored --
SELECT EXISTS (SELECT FROM inbox WHERE provider = $1 AND provider_message_id = $2);

-- retire_lapsed --
-- Closes the past of an identifier that was silent for half a year: it is a mere claim of its former owner's, who keeps
-- what was written, and nothing leads from it to whoever writes next. Returns nothing where it has not lapsed.
WITH lapsed AS (
    UPDATE customer_identifiers ci SET tier = 0, verified_at = NULL
    FROM (SELECT c.id FROM customers c JOIN customer_identifiers old ON old.customer_id = c.id
          WHERE old.type = $1 AND old.value = $2 AND old.tier > 0
          FOR NO KEY UPDATE OF c) AS owner
    WHERE ci.customer_id = owner.id AND ci.type = $1 AND ci.value = $2 AND ci.tier > 0
      AND ci.last_seen_at < now() - interval '180 days'
    RETURNING ci.customer_id, ci.last_seen_at
), unfiled AS (
    UPDATE customers c SET filing_key = c.filing_key || '#' || c.id FROM lapsed WHERE c.filing_key = $1 || ':' || $2
), closed AS (
    DELETE FROM conversation_slots s USING lapsed, conversations c
    WHERE c.id = s.conversation_id AND c.sender_key = $1 || ':' || $2
)
INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, detail)
SELECT 'lapsed', 'rule:180_days', customer_id, $1, $2, $1 || ':' || $2, jsonb_build_object('last_seen_at', last_seen_at)
FROM lapsed
RETURNING customer_id;
