-- decided --
-- The agent's decisions since $1 of which the desk's own outcome is known, with their scores. A hand-over was needed when the
-- staff replied, and was not when they gave it back without. After an answer the customer's mark decides; without one, it
-- was no answer where somebody took the conversation over. Of several decisions of a ticket, the last.
-- report
WITH last AS (
    SELECT DISTINCT ON (d.ticket_id) d.ticket_id, d.conversation_id, d.outcome, d.reason, d.rule, d.scores, d.created_at
    FROM decision_records d
    WHERE d.created_at >= $1 AND d.outcome IN ('answered', 'escalated')
    ORDER BY d.ticket_id, d.created_at DESC, d.id DESC
), known AS (
    SELECT last.outcome, last.reason, last.rule, last.scores, last.created_at,
           CASE last.outcome
           WHEN 'escalated' THEN CASE WHEN replied.yes THEN true WHEN given_back.yes THEN false END
           ELSE COALESCE(NOT r.good, CASE WHEN taken.yes THEN true END) END AS needed
    FROM last
    LEFT JOIN ticket_ratings r ON r.ticket_id = last.ticket_id AND r.rated_at >= last.created_at
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM messages m WHERE m.ticket_id = last.ticket_id AND m.author = 'staff'
                       AND m.created_at >= last.created_at) AS yes) replied
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM staff_actions a WHERE a.conversation_id = last.conversation_id
                       AND a.action = 'release' AND a.created_at >= last.created_at) AS yes) given_back
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM staff_actions a WHERE a.conversation_id = last.conversation_id
                       AND a.action = 'take_over' AND a.created_at >= last.created_at) AS yes) taken
)
SELECT outcome, reason, rule, scores, needed FROM known WHERE needed IS NOT NULL ORDER BY created_at;

-- categories --
-- The tickets since $1 whose category the agent read and a person has seen, with the category as it stands: the staff
-- corrected it, or replied and let it stand.
-- report
SELECT t.source_channel AS channel, t.subject, t.text, t.category, t.names
FROM training_tickets t JOIN tickets own ON own.id = t.id
WHERE own.created_at >= $1 AND own.labelled_by IN ('model', 'staff')
  AND (own.labelled_by = 'staff' OR EXISTS (
      SELECT FROM messages m WHERE m.ticket_id = t.id AND m.author = 'staff'))
ORDER BY own.created_at, t.number;
