-- look --
-- Note which conversation ($2) a member of the staff ($1) has open, and whether they write ($3).
INSERT INTO staff_presence AS p (actor, conversation_id, writing, seen_at)
SELECT $1, c.id, $3, now() FROM conversations c WHERE c.id = $2
ON CONFLICT (actor) DO UPDATE SET conversation_id = EXCLUDED.conversation_id, writing = EXCLUDED.writing, seen_at = now()
RETURNING p.actor;

-- leave --
-- Forget what a member of the staff had open.
DELETE FROM staff_presence WHERE actor = $1;

-- desk_state --
-- What every open page of the desk has to know, in one row. A change is told for half a minute: a transaction's time is
-- that of its beginning, and a page may have been away for a moment.
SELECT now() AS at, waiting.*,
       (SELECT count(DISTINCT o.conversation_id) FROM outbox o WHERE o.state = 'draft') AS drafts,
       (SELECT COALESCE(jsonb_object_agg(recent.id, recent.updated_at), '{}')
        FROM (SELECT c.id, c.updated_at FROM conversations c WHERE c.updated_at > now() - interval '30 seconds'
              ORDER BY c.updated_at DESC LIMIT 500) recent) AS changed,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('conversation_id', p.conversation_id, 'name', p.actor,
                                                     'writing', p.writing) ORDER BY p.actor), '[]')
        FROM staff_presence p WHERE p.seen_at > now() - interval '45 seconds') AS looking
FROM (SELECT COALESCE(sum(by_name.n), 0)::bigint AS handed_over,
             COALESCE(sum(by_name.n) FILTER (WHERE by_name.assignee IS NULL), 0)::bigint AS unassigned,
             COALESCE(sum(by_name.overdue), 0)::bigint AS overdue,
             COALESCE(jsonb_object_agg(by_name.assignee, by_name.n) FILTER (WHERE by_name.assignee IS NOT NULL), '{}')
                 AS assigned
      FROM (SELECT c.assignee, count(*) AS n,
                   count(*) FILTER (WHERE h.due_at < now() AND h.taken_at IS NULL) AS overdue
            FROM conversations c
            CROSS JOIN LATERAL (SELECT t.id, t.status FROM tickets t WHERE t.conversation_id = c.id
                                ORDER BY t.created_at DESC, t.id DESC LIMIT 1) t
            LEFT JOIN hand_overs h ON h.ticket_id = t.id AND h.ended_at IS NULL
            WHERE c.status = 'handed_over' AND t.status NOT IN ('resolved', 'closed')
            GROUP BY c.assignee) by_name) waiting;
