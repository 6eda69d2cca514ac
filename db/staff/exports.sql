-- replies --
-- The tickets that were resolved since $1 after a person had replied: what the customer wrote before the first answer, and
-- the person's first reply; none of customers who object, nor of those whom one who objects was merged into.
-- report
SELECT t.number AS ticket_id, t.source_channel AS channel, t.subject, said.text, reply.content AS answer,
       '{}'::text[] AS slugs, t.resolved_at,
       ARRAY(SELECT DISTINCT known.name FROM unnest(ARRAY[c.name, said.sender]) AS known (name)
             WHERE known.name IS NOT NULL) AS names
FROM tickets t
JOIN customers c ON c.id = t.customer_id
CROSS JOIN LATERAL (
    SELECT string_agg(m.content, E'\n' ORDER BY m.created_at, m.id) AS text,
           (SELECT i.payload -> 'metadata' ->> 'name' FROM inbox i WHERE i.ticket_id = t.id
            ORDER BY i.received_at LIMIT 1) AS sender
    FROM messages m
    WHERE m.ticket_id = t.id AND m.direction = 'inbound'
      AND m.created_at <= COALESCE((SELECT min(answer.created_at) FROM messages answer
                                    WHERE answer.ticket_id = t.id AND answer.direction = 'outbound'), 'infinity')
) said
CROSS JOIN LATERAL (
    SELECT COALESCE((SELECT o.metadata ->> 'written' FROM outbox o WHERE o.message_id = m.id LIMIT 1), m.content) AS content
    FROM messages m WHERE m.ticket_id = t.id AND m.direction = 'outbound' AND m.author = 'staff'
    ORDER BY m.created_at, m.id LIMIT 1
) reply
WHERE t.status IN ('resolved', 'closed') AND t.resolved_at >= $1 AND said.text <> '' AND c.training_objection IS NULL
  AND NOT EXISTS (SELECT FROM customers merged WHERE merged.merged_into = c.id AND merged.training_objection IS NOT NULL)
ORDER BY t.resolved_at, t.number;

-- answers --
-- The tickets whose customers said since $1 that the agent's answer was good: what they had written, and the sections that
-- the answer rests on; the same customers are left out.
-- report
SELECT t.number AS ticket_id, t.source_channel AS channel, t.subject, said.text, NULL::text AS answer,
       rested.slugs, r.rated_at AS resolved_at,
       ARRAY(SELECT DISTINCT known.name FROM unnest(ARRAY[c.name, said.sender]) AS known (name)
             WHERE known.name IS NOT NULL) AS names
FROM ticket_ratings r
JOIN tickets t ON t.id = r.ticket_id
JOIN customers c ON c.id = t.customer_id
CROSS JOIN LATERAL (
    SELECT string_agg(m.content, E'\n' ORDER BY m.created_at, m.id) AS text,
           (SELECT i.payload -> 'metadata' ->> 'name' FROM inbox i WHERE i.ticket_id = t.id
            ORDER BY i.received_at LIMIT 1) AS sender
    FROM messages m
    WHERE m.ticket_id = t.id AND m.direction = 'inbound'
      AND m.created_at <= COALESCE((SELECT min(answer.created_at) FROM messages answer
                                    WHERE answer.ticket_id = t.id AND answer.direction = 'outbound'), 'infinity')
) said
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT jsonb_array_elements_text(m.sources)) AS slugs FROM messages m
    WHERE m.ticket_id = t.id AND m.direction = 'outbound' AND m.author = 'agent' AND jsonb_array_length(m.sources) > 0
    ORDER BY m.created_at, m.id LIMIT 1
) rested
WHERE r.good AND r.rated_at >= $1 AND said.text <> '' AND c.training_objection IS NULL
  AND NOT EXISTS (SELECT FROM customers merged WHERE merged.merged_into = c.id AND merged.training_objection IS NOT NULL)
ORDER BY r.rated_at, t.number;
