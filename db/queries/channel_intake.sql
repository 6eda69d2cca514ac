-- accept_message --
-- Files a message of a channel in one round trip; $1 is one JSON object. A message that is stored already, or is being
-- stored by another call, returns no row. The order of the locks is customer, slot, inbox: the slot's upsert waits for
-- a call at the same moment and then sees what it made, although this statement's snapshot does not.
WITH RECURSIVE r AS (
    SELECT r.* FROM jsonb_to_record($1::jsonb) AS r (
        inbox_id uuid, customer_id uuid, identifier_id uuid, conversation_id uuid, ticket_id uuid, message_id uuid,
        event_id uuid, provider text, provider_message_id text, channel text, type text, value text, sender_key text,
        verified boolean, name text, email text, phone text, subject text, content text, attachments jsonb,
        thread_key text, join_key text, join_within_s double precision, quiet_s double precision,
        quiet_at_most_s double precision, answerable boolean, payload jsonb, topic text)
    WHERE NOT EXISTS (SELECT FROM inbox i
                      WHERE i.provider = r.provider AND i.provider_message_id = r.provider_message_id)
), known AS (
    -- After half a year of silence an address or number may be another person's: its past is closed.
    SELECT ci.id, ci.customer_id, ci.last_seen_at < now() - interval '180 days' AS lapsed
    FROM r JOIN customer_identifiers ci ON ci.type = r.type AND ci.value = r.value AND ci.tier > 0
    WHERE r.verified
), filed AS (
    -- Nobody has proved to be this sender yet. The first who does brings the name; a claim never replaces one.
    INSERT INTO customers AS c (id, filing_key, email, phone, name)
    SELECT r.customer_id, r.sender_key, r.email, r.phone, r.name FROM r WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT (filing_key) DO UPDATE SET
        last_seen_at = now(),
        name = CASE WHEN (SELECT r.verified FROM r) THEN COALESCE(excluded.name, c.name) ELSE c.name END
    RETURNING c.id, c.merged_into
), trail AS (
    (SELECT id, merged_into FROM filed
     UNION ALL
     SELECT c.id, c.merged_into FROM known JOIN customers c ON c.id = known.customer_id)
    UNION ALL
    SELECT next.id, next.merged_into FROM trail JOIN customers AS next ON next.id = trail.merged_into
), survivor AS (
    SELECT id FROM trail WHERE merged_into IS NULL
), met_again AS (
    UPDATE customer_identifiers ci
    SET last_seen_at = now(), verified_at = CASE WHEN known.lapsed THEN now() ELSE ci.verified_at END
    FROM known WHERE ci.id = known.id
), renamed AS (
    UPDATE customers c SET last_seen_at = now(), name = CASE WHEN known.lapsed THEN r.name ELSE c.name END
    FROM r, known, survivor WHERE c.id = survivor.id
), introduced AS (
    INSERT INTO customer_identifiers AS ci (id, customer_id, type, value, tier, source_channel, verified_at)
    SELECT r.identifier_id, survivor.id, r.type, r.value, r.verified::integer, r.channel,
           CASE WHEN r.verified THEN now() END
    FROM r, survivor WHERE NOT EXISTS (SELECT FROM known)
    ON CONFLICT (customer_id, type, value) DO UPDATE SET
        tier = GREATEST(ci.tier, excluded.tier), last_seen_at = now(),
        verified_at = COALESCE(ci.verified_at, excluded.verified_at)
        WHERE ci.tier = 0
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
), put_off AS (
    UPDATE conversations c SET not_before = due.at FROM due, target WHERE target.joins AND c.id = target.conversation_id
), ticket AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, subject, status, resolved_at)
    SELECT r.ticket_id, target.customer_id, r.conversation_id, r.channel, r.subject,
           CASE WHEN r.answerable THEN 'open' ELSE 'closed' END, CASE WHEN NOT r.answerable THEN now() END
    FROM r, gate, target WHERE NOT target.joins
), reopened AS (
    UPDATE tickets t SET status = CASE WHEN c.owner = 'staff' THEN 'escalated' ELSE 'open' END, resolved_at = NULL
    FROM r, gate, target JOIN conversations c ON c.id = target.conversation_id
    WHERE target.joins AND r.answerable AND t.id = target.ticket_id AND t.status IN ('waiting', 'resolved')
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
FROM r, gate, target
