-- first_answers --
-- How long the tickets opened from $1 to $2 waited for an answer of the agent or of a person, in seconds, by channel and
-- over all (null). The notice of a hand-over is no answer.
-- report
SELECT waited.channel, count(*) AS tickets, count(waited.seconds) AS answered,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY waited.seconds) AS p50_s,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY waited.seconds) AS p90_s,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY waited.seconds) AS p95_s
FROM (SELECT t.source_channel AS channel,
             extract(epoch FROM (
                 SELECT min(m.created_at) FROM messages m
                 WHERE m.ticket_id = t.id AND m.direction = 'outbound' AND m.delivery_status IS DISTINCT FROM 'cancelled'
                   AND (m.author = 'staff' OR m.author = 'agent' AND EXISTS (
                        SELECT FROM outbox o JOIN decision_records d ON d.inbox_id = o.inbound_id
                        WHERE o.message_id = m.id AND d.outcome = 'answered'))) - t.created_at)::double precision AS seconds
      FROM tickets t JOIN conversations c ON c.id = t.conversation_id
      WHERE t.created_at >= $1 AND t.created_at < $2 AND NOT c.metadata ? 'notice') waited
GROUP BY GROUPING SETS ((waited.channel), ());

-- resolutions --
-- What became of the tickets that ended from $1 to $2, each by its last end there. A resolution is durable when the ticket
-- was not opened again within $3; at $4, which is now, that may not be known yet. Giving up is no resolution: closed
-- without being resolved, or resolved while the customer's last message has no answer.
-- report
WITH ended AS (
    SELECT DISTINCT ON (h.ticket_id) h.id, h.ticket_id, h.to_status, h.at, t.source_channel AS channel
    FROM ticket_history h JOIN tickets t ON t.id = h.ticket_id JOIN conversations c ON c.id = t.conversation_id
    WHERE h.to_status IN ('resolved', 'closed') AND h.at >= $1 AND h.at < $2 AND NOT c.metadata ? 'notice'
      AND (h.from_status, h.to_status) IS DISTINCT FROM ('resolved', 'closed')
    ORDER BY h.ticket_id, h.id DESC
), judged AS (
    SELECT e.channel, CASE
        WHEN e.to_status = 'closed' OR NOT EXISTS (
            SELECT FROM messages m
            WHERE m.ticket_id = e.ticket_id AND m.direction = 'outbound' AND m.created_at <= e.at
              AND m.delivery_status IS DISTINCT FROM 'cancelled'
              AND m.created_at >= (SELECT max(i.created_at) FROM messages i
                                   WHERE i.ticket_id = e.ticket_id AND i.direction = 'inbound' AND i.created_at <= e.at)
              AND (m.author = 'staff' OR m.author = 'agent' AND EXISTS (
                   SELECT FROM outbox o JOIN decision_records d ON d.inbox_id = o.inbound_id
                   WHERE o.message_id = m.id AND d.outcome = 'answered'))) THEN 'given_up'
        WHEN EXISTS (SELECT FROM ticket_history h
                     WHERE h.ticket_id = e.ticket_id AND h.id > e.id AND h.from_status = 'resolved'
                       AND h.to_status <> 'closed' AND h.at < e.at + $3::interval) THEN 'reopened'
        WHEN e.at > $4::timestamptz - $3::interval THEN 'pending'
        ELSE 'durable' END AS became
    FROM ended e
)
SELECT channel, count(*) FILTER (WHERE became = 'durable') AS durable,
       count(*) FILTER (WHERE became = 'reopened') AS reopened, count(*) FILTER (WHERE became = 'pending') AS pending,
       count(*) FILTER (WHERE became = 'given_up') AS given_up
FROM judged GROUP BY GROUPING SETS ((channel), ());

-- moods --
-- How many messages from $1 to $2 have a mood, how many of them are angry or uneasy, by channel and over all (null).
-- report
SELECT channel, count(*) AS messages, count(*) FILTER (WHERE value < 0.3) AS angry,
       count(*) FILTER (WHERE value >= 0.3 AND value < 0.5) AS uneasy
FROM agent_metrics WHERE metric_type = 'sentiment' AND recorded_at >= $1 AND recorded_at < $2
GROUP BY GROUPING SETS ((channel), ());

-- reasons --
-- The reasons of the hand-overs from $1 to $2, by channel and over all (null).
-- report
SELECT channel, COALESCE(labels ->> 'reason', 'unknown') AS reason, sum(value)::bigint AS count
FROM agent_metrics WHERE metric_type = 'escalation' AND value > 0 AND recorded_at >= $1 AND recorded_at < $2
GROUP BY GROUPING SETS ((channel, COALESCE(labels ->> 'reason', 'unknown')), (COALESCE(labels ->> 'reason', 'unknown')))
ORDER BY count DESC, reason;

-- questions --
-- The questions from $1 to $2, the newest first, with what the search found for each.
-- report
SELECT t.number AS ticket, c.customer_id, d.outcome, d.reason, d.passages, left(m.content, 500) AS text
FROM decision_records d JOIN inbox i ON i.id = d.inbox_id JOIN messages m ON m.id = i.message_id
JOIN tickets t ON t.id = i.ticket_id JOIN conversations c ON c.id = t.conversation_id
WHERE d.created_at >= $1 AND d.created_at < $2 AND d.outcome <> 'held'
ORDER BY d.created_at DESC, d.inbox_id LIMIT $3;

-- passage_vectors --
-- The vectors of the passages of the model in force, or else of this one.
SELECT slug, embedding FROM knowledge_base
WHERE embedding_model = coalesce((SELECT model_id FROM embedding_in_force), $1);
