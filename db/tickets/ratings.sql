-- lock --
-- Lock a ticket's conversation, as everybody does who changes both: first the conversation, then the ticket.
SELECT c.id FROM tickets t JOIN conversations c ON c.id = t.conversation_id WHERE t.number = $1 FOR NO KEY UPDATE OF c;

-- rate --
-- Store a ticket's mark; no row for one that is not answered yet, or that a person has now.
WITH rated AS (
    SELECT t.id, t.source_channel, t.status FROM tickets t
    WHERE t.number = $1 AND t.status IN ('waiting', 'resolved', 'closed') FOR NO KEY UPDATE
), mark_stored AS (
    INSERT INTO ticket_ratings AS r (ticket_id, channel, good) SELECT rated.id, rated.source_channel, $2 FROM rated
    ON CONFLICT (ticket_id) DO UPDATE SET good = EXCLUDED.good, rated_at = now()
    RETURNING r.ticket_id
)
SELECT rated.status FROM rated JOIN mark_stored ON mark_stored.ticket_id = rated.id;

-- resolve --
-- The customer says that an answered ticket is done.
UPDATE tickets SET status = 'resolved', moved_by = 'customer' WHERE number = $1 AND status = 'waiting';

-- hand_over --
-- Give a ticket with a bad mark to a person.
WITH ticket_escalated AS (
    UPDATE tickets t
    SET status = 'escalated', moved_by = 'customer', resolved_at = NULL,
        escalation_reason = COALESCE(t.escalation_reason, 'bad_rating'), severity = COALESCE(t.severity, 'medium'),
        queue = COALESCE(t.queue, 'general'),
        summary = concat_ws(E'\n', NULLIF(t.summary, ''), 'The customer says that the answer was no help.')
    WHERE t.number = $1 AND t.status IN ('waiting', 'resolved')
    RETURNING t.conversation_id
)
UPDATE conversations c SET status = 'handed_over', owner = 'staff', owner_token = owner_token + 1
FROM ticket_escalated WHERE c.id = ticket_escalated.conversation_id AND c.status <> 'closed';

-- of_span --
-- The marks given, and the questions asked by WhatsApp and mail, from $1 to $2, by channel and over all (null).
-- report
SELECT channel, count(*) FILTER (WHERE good) AS good, count(*) FILTER (WHERE NOT good) AS bad,
       count(*) FILTER (WHERE good IS NULL) AS asked
FROM (SELECT channel, good FROM ticket_ratings WHERE rated_at >= $1 AND rated_at < $2
      UNION ALL
      SELECT channel, NULL FROM rating_questions WHERE asked_at >= $1 AND asked_at < $2) marks
GROUP BY GROUPING SETS ((channel), ());
