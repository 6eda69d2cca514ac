-- corrections --
-- The tickets whose labels the staff have corrected since $1, with what the customer wrote before the first answer.
-- report
WITH corrected AS (
    SELECT a.detail ->> 'ticket_id' AS number, max(a.created_at) AS corrected_at,
           (array_agg(a.detail -> 'before' ORDER BY a.created_at, a.id))[1] AS before
    FROM staff_actions a
    WHERE a.action = 'label' AND a.created_at >= $1
    GROUP BY a.detail ->> 'ticket_id'
)
SELECT t.number AS ticket_id, t.source_channel AS channel, t.subject, t.text, t.category, t.priority,
       corrected.before ->> 'category' AS category_before, corrected.before ->> 'priority' AS priority_before,
       corrected.corrected_at, t.names
FROM corrected
JOIN training_tickets t ON t.number = corrected.number
ORDER BY corrected.corrected_at, t.number;

-- object --
-- Note of these customers, and of those who were merged into them, that nothing of theirs is learned from, or with $2 false
-- that it may be again: a merge that is taken back leaves each with their own objection.
UPDATE customers SET training_objection = CASE WHEN $2 THEN COALESCE(training_objection, now()) END
WHERE id = ANY ($1::uuid[]) OR merged_into = ANY ($1::uuid[]);
