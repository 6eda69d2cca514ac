-- replies --
-- The tickets that were resolved since $1 after a person had replied: what the customer wrote before the first answer, and
-- the person's first reply, as written.
-- report
SELECT t.number AS ticket_id, t.source_channel AS channel, t.subject, t.text, reply.content AS answer,
       '{}'::text[] AS slugs, t.resolved_at, t.names
FROM training_tickets t
CROSS JOIN LATERAL (
    SELECT COALESCE((SELECT o.metadata ->> 'written' FROM outbox o WHERE o.message_id = m.id LIMIT 1), m.content) AS content
    FROM messages m WHERE m.ticket_id = t.id AND m.direction = 'outbound' AND m.author = 'staff'
    ORDER BY m.created_at, m.id LIMIT 1
) reply
WHERE t.status IN ('resolved', 'closed') AND t.resolved_at >= $1
ORDER BY t.resolved_at, t.number;

-- answers --
-- The tickets whose customers said since $1 that the agent's answer was good: what they had written, and the sections that
-- the answer rests on.
-- report
SELECT t.number AS ticket_id, t.source_channel AS channel, t.subject, t.text, NULL::text AS answer, rested.slugs,
       r.rated_at AS resolved_at, t.names
FROM ticket_ratings r
JOIN training_tickets t ON t.id = r.ticket_id
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT jsonb_array_elements_text(m.sources)) AS slugs FROM messages m
    WHERE m.ticket_id = t.id AND m.direction = 'outbound' AND m.author = 'agent' AND jsonb_array_length(m.sources) > 0
    ORDER BY m.created_at, m.id LIMIT 1
) rested
WHERE r.good AND r.rated_at >= $1
ORDER BY r.rated_at, t.number;
