-- of_conversation --
-- Requests and tokens of a conversation's turns, a row for each model that was asked.
SELECT model, count(*) AS turns,
       sum((usage ->> 'requests')::bigint)::bigint AS requests,
       COALESCE(sum((usage ->> 'input_tokens')::bigint), 0)::bigint AS input_tokens,
       COALESCE(sum((usage ->> 'output_tokens')::bigint), 0)::bigint AS output_tokens
FROM decision_records
WHERE conversation_id = $1 AND usage ? 'requests'
GROUP BY model
ORDER BY model;

-- of_day --
-- The same for all conversations of one day (UTC), for the digest.
SELECT model, count(*) AS turns,
       sum((usage ->> 'requests')::bigint)::bigint AS requests,
       COALESCE(sum((usage ->> 'input_tokens')::bigint), 0)::bigint AS input_tokens,
       COALESCE(sum((usage ->> 'output_tokens')::bigint), 0)::bigint AS output_tokens
FROM decision_records
WHERE created_at >= $1 AND created_at < $1 + interval '1 day' AND usage ? 'requests'
GROUP BY model
ORDER BY model;
