-- drafts --
-- What the agent drafted since $1 and what a person sent: drafts that waited for approval, and those that people asked for,
-- with the reply that came of it, or came in its place. With what the customer had written since a person's last reply.
-- report
WITH approved AS (
    SELECT o.ticket_id, o.conversation_id, o.created_at AS drafted_at, o.next_attempt_at AS sent_at,
           COALESCE(o.metadata ->> 'draft', o.body) AS draft, o.body AS sent
    FROM outbox o WHERE o.metadata ? 'approved_by' AND o.inbound_id IS NOT NULL AND o.created_at >= $1
), requested AS (
    SELECT reply.ticket_id, r.conversation_id, r.created_at AS drafted_at, reply.created_at AS sent_at, r.body AS draft,
           COALESCE((SELECT o.metadata ->> 'written' FROM outbox o WHERE o.message_id = reply.id LIMIT 1), reply.content)
           AS sent
    FROM requested_drafts r
    CROSS JOIN LATERAL (
        SELECT m.id, m.ticket_id, m.content, m.created_at FROM messages m
        WHERE m.conversation_id = r.conversation_id AND m.author = 'staff' AND m.created_at > r.created_at
        ORDER BY m.created_at, m.id LIMIT 1
    ) reply
    WHERE r.created_at >= $1 AND r.body <> ''
      -- Of several drafts before one reply, the last: the others were asked for again.
      AND NOT EXISTS (SELECT FROM requested_drafts later
                      WHERE later.conversation_id = r.conversation_id AND later.body <> ''
                        AND later.created_at > r.created_at AND later.created_at < reply.created_at)
), drafted AS (SELECT * FROM approved UNION ALL SELECT * FROM requested)
SELECT t.source_channel AS channel, t.subject, asked.text, drafted.draft, drafted.sent, drafted.sent_at AS at, t.names
FROM drafted JOIN training_tickets t ON t.id = drafted.ticket_id
CROSS JOIN LATERAL (
    SELECT string_agg(m.content, E'\n' ORDER BY m.created_at, m.id) AS text FROM messages m
    WHERE m.ticket_id = t.id AND m.direction = 'inbound' AND m.created_at <= drafted.drafted_at
      AND m.created_at > COALESCE((SELECT max(before.created_at) FROM messages before
                                   WHERE before.ticket_id = t.id AND before.author = 'staff'
                                     AND before.created_at < drafted.drafted_at), '-infinity')
) asked
WHERE asked.text <> '' ORDER BY drafted.sent_at, t.number;

-- ratings --
-- The marks since $1 of tickets that the agent alone has answered: what the customer wrote, the agent's last answer before
-- the mark, and the sections that it rests on.
-- report
SELECT t.source_channel AS channel, t.subject, t.text, r.good, answer.content AS reply, answer.slugs, r.rated_at AS at, t.names
FROM ticket_ratings r
JOIN training_tickets t ON t.id = r.ticket_id
CROSS JOIN LATERAL (
    SELECT m.content, ARRAY(SELECT jsonb_array_elements_text(m.sources)) AS slugs FROM messages m
    WHERE m.ticket_id = t.id AND m.direction = 'outbound' AND m.author = 'agent' AND m.created_at <= r.rated_at
      AND jsonb_array_length(m.sources) > 0
    ORDER BY m.created_at DESC, m.id DESC LIMIT 1
) answer
WHERE r.rated_at >= $1
  AND NOT EXISTS (SELECT FROM messages m WHERE m.ticket_id = t.id AND m.author = 'staff' AND m.created_at <= r.rated_at)
ORDER BY r.rated_at, t.number;

-- escalation --
-- The decisions since $1 whose class the desk itself has confirmed or corrected, with what the customer had written: a
-- hand-over for a class ($2) that a person answered, or gave back without an answer; an answer that was called good.
-- report
WITH last AS (
    SELECT DISTINCT ON (d.ticket_id) d.ticket_id, d.inbox_id, d.conversation_id, d.outcome, d.reason, d.created_at
    FROM decision_records d
    WHERE d.created_at >= $1 AND d.outcome IN ('answered', 'escalated')
    ORDER BY d.ticket_id, d.created_at DESC, d.id DESC
), known AS (
    SELECT last.*,
           CASE WHEN last.outcome = 'answered' THEN CASE WHEN r.good THEN 'none' END
                WHEN last.reason <> ALL ($2::text[]) THEN NULL
                WHEN replied.yes THEN last.reason
                WHEN given_back.yes THEN 'none' END AS label
    FROM last
    LEFT JOIN ticket_ratings r ON r.ticket_id = last.ticket_id AND r.rated_at >= last.created_at
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM messages m WHERE m.ticket_id = last.ticket_id AND m.author = 'staff'
                       AND m.created_at >= last.created_at) AS yes) replied
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM staff_actions a WHERE a.conversation_id = last.conversation_id
                       AND a.action = 'release' AND a.created_at >= last.created_at) AS yes) given_back
)
SELECT t.source_channel AS channel, t.subject, asked.text, known.label, known.outcome, known.reason, known.created_at AS at,
       t.names
FROM known JOIN training_tickets t ON t.id = known.ticket_id
CROSS JOIN LATERAL (
    SELECT string_agg(m.content, E'\n' ORDER BY i.received_at, i.id) AS text
    FROM inbox i JOIN messages m ON m.id = i.message_id
    WHERE i.id = known.inbox_id OR i.absorbed_by = known.inbox_id
) asked
WHERE known.label IS NOT NULL AND asked.text <> '' ORDER BY known.created_at, t.number;
