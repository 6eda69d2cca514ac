-- corrections --
-- The tickets whose labels the staff have corrected since $1, with what the customer wrote before the first answer; none
-- of customers who object, nor of those whom one who objects was merged into.
-- report
WITH corrected AS (
    SELECT a.detail ->> 'ticket_id' AS number, max(a.created_at) AS corrected_at,
           (array_agg(a.detail -> 'before' ORDER BY a.created_at, a.id))[1] AS before
    FROM staff_actions a
    WHERE a.action = 'label' AND a.created_at >= $1
    GROUP BY a.detail ->> 'ticket_id'
)
SELECT t.number AS ticket_id, t.source_channel AS channel, t.subject, said.text, t.category, t.priority,
       corrected.before ->> 'category' AS category_before, corrected.before ->> 'priority' AS priority_before,
       corrected.corrected_at,
       ARRAY(SELECT DISTINCT known.name FROM unnest(ARRAY[c.name, said.sender]) AS known (name)
             WHERE known.name IS NOT NULL) AS names
FROM corrected
JOIN tickets t ON t.number = corrected.number
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
  AND NOT EXISTS (SELECT FROM customers merged WHERE merged.merged_into = c.id AND merged.training_objection IS NOT NULL)
ORDER BY corrected.corrected_at, t.number;

-- object --
-- Note of these customers, and of those who were merged into them, that nothing of theirs is learned from, or with $2 false
-- that it may be again: a merge that is taken back leaves each with their own objection.
UPDATE customers SET training_objection = CASE WHEN $2 THEN COALESCE(training_objection, now()) END
WHERE id = ANY ($1::uuid[]) OR merged_into = ANY ($1::uuid[]);
