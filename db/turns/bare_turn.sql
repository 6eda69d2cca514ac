-- count_failure --
-- Count a failed try to open the turn of an inbox row, and put it off. No row once it is finished.
-- $1 inbox row, $2 seconds until the retry after the first failure, after the second, …; the last for all further ones
UPDATE inbox SET attempts = attempts + 1,
    retry_at = now() + make_interval(secs => ($2::double precision[])[LEAST(attempts + 1, cardinality($2))])
WHERE id = $1 AND state = 'waiting'
RETURNING attempts;

-- bare_turn --
-- The turn of one waiting inbox row, read by keys only and without any text: what it takes to hand it over. The caller
-- holds the lease. Columns as `open_turns`.
WITH ticket_begun AS (
    UPDATE tickets t SET status = 'processing', resolved_at = NULL
    FROM inbox i JOIN conversations c ON c.id = i.conversation_id
    WHERE i.id = $1 AND i.state = 'waiting' AND t.id = i.ticket_id AND c.owner = 'agent'
      AND t.status IN ('open', 'waiting', 'resolved')
    RETURNING t.id, t.status
)
SELECT c.customer_id, c.channel, c.id AS conversation_id, c.owner, c.owner_token, c.not_before,
       substr(c.sender_key, strpos(c.sender_key, ':') + 1) AS recipient, NULL AS known_name, 0 AS tier,
       NULL AS verified_at, 0 AS replies_last_hour, 0 AS replies_last_day,
       i.payload -> 'metadata' ->> 'name' AS typed_name, false AS unparsed, false AS doubtful,
       ARRAY [i.id] AS inbox_ids, ARRAY [i.message_id] AS message_ids, ARRAY [''] AS contents,
       ARRAY [i.attempts] AS attempts, ARRAY [i.received_at] AS received_ats,
       t.id AS ticket_id, t.number, t.source_channel, t.category, t.priority, t.labelled_by, t.subject,
       COALESCE(ticket_begun.status, t.status) AS status, t.escalation_reason, t.created_at, t.updated_at,
       t.resolved_at, NULL AS earlier_ids, NULL AS directions, NULL AS authors, NULL AS channels,
       NULL AS earlier_contents, NULL AS earlier_sentiments, NULL AS created_ats, NULL AS sentiments
FROM inbox i
JOIN conversations c ON c.id = i.conversation_id
JOIN tickets t ON t.id = i.ticket_id
LEFT JOIN ticket_begun ON ticket_begun.id = t.id
WHERE i.id = $1 AND i.state = 'waiting';
