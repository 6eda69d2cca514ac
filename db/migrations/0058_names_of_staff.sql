-- The names by which people of the staff sign belong to no training line either: names of keys and sign-ins, capitalised.
CREATE OR REPLACE VIEW training_tickets AS
SELECT t.id, t.number, t.source_channel, t.subject, t.category, t.priority, t.status, t.resolved_at, said.text,
       ARRAY(SELECT DISTINCT known.name FROM unnest(ARRAY[c.name, said.sender]) AS known (name)
             WHERE known.name IS NOT NULL
             UNION SELECT initcap(a.actor) FROM staff_actions a WHERE a.conversation_id = t.conversation_id) AS names
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
WHERE said.text <> '' AND c.training_objection IS NULL
  AND NOT EXISTS (SELECT FROM customers merged WHERE merged.merged_into = c.id AND merged.training_objection IS NOT NULL);
