-- of_conversation --
-- Requests and tokens of a conversation's turns, one row per model.
SELECT model, count(*) AS turns,
       sum((usage ->> 'requests')::bigint)::bigint AS requests,
       COALESCE(sum((usage ->> 'input_tokens')::bigint), 0)::bigint AS input_tokens,
       COALESCE(sum((usage ->> 'output_tokens')::bigint), 0)::bigint AS output_tokens
FROM decision_records
WHERE conversation_id = $1 AND usage ? 'requests'
GROUP BY model
ORDER BY model;

-- of_day --
-- Requests and tokens of all turns in the 24 hours from $1 on, one row per model.
SELECT model, count(*) AS turns,
       sum((usage ->> 'requests')::bigint)::bigint AS requests,
       COALESCE(sum((usage ->> 'input_tokens')::bigint), 0)::bigint AS input_tokens,
       COALESCE(sum((usage ->> 'output_tokens')::bigint), 0)::bigint AS output_tokens
FROM decision_records
WHERE created_at >= $1 AND created_at < $1 + interval '1 day' AND usage ? 'requests'
GROUP BY model
ORDER BY model;
