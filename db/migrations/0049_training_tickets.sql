-- What may be learned from: tickets with what the customer wrote before the first answer, and by which names. None of
-- customers who object, nor of those whom one who objects was merged into.
CREATE VIEW training_tickets AS
SELECT t.id, t.number, t.source_channel, t.subject, t.category, t.priority, t.status, t.resolved_at, said.text,
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
WHERE said.text <> '' AND c.training_objection IS NULL
  AND NOT EXISTS (SELECT FROM customers merged WHERE merged.merged_into = c.id AND merged.training_objection IS NOT NULL);

-- The index of the built-in model's passages under the name that index_passages() gives, which else makes it a second time.
DO $body$ BEGIN
    EXECUTE format('ALTER INDEX IF EXISTS knowledge_base_minilm_l6_v2_int8_2 RENAME TO %I',
                   'knowledge_base_' || left(md5('minilm-l6-v2-int8-2'), 16));
END $body$;
