-- of_conversation --
-- Requests and tokens of a conversation's turns and of the drafts that people asked for, one row per model; the embedded
-- one, which uses no tokens, is left out.
SELECT used.model, count(*) AS turns,
       sum((used.usage ->> 'requests')::bigint)::bigint AS requests,
       COALESCE(sum((used.usage ->> 'input_tokens')::bigint), 0)::bigint AS input_tokens,
       COALESCE(sum((used.usage ->> 'output_tokens')::bigint), 0)::bigint AS output_tokens
FROM (
    SELECT d.model, d.usage FROM decision_records d WHERE d.conversation_id = $1 AND d.usage ? 'requests'
    UNION ALL
    SELECT r.model, r.usage FROM requested_drafts r WHERE r.conversation_id = $1 AND r.usage ? 'requests') used
WHERE used.model <> 'grounded'
GROUP BY used.model
ORDER BY used.model;

-- between --
-- The same of all turns and asked-for drafts from $1 on and before $2.
SELECT used.model, count(*) AS turns,
       sum((used.usage ->> 'requests')::bigint)::bigint AS requests,
       COALESCE(sum((used.usage ->> 'input_tokens')::bigint), 0)::bigint AS input_tokens,
       COALESCE(sum((used.usage ->> 'output_tokens')::bigint), 0)::bigint AS output_tokens
FROM (
    SELECT d.model, d.usage FROM decision_records d
    WHERE d.created_at >= $1 AND d.created_at < $2 AND d.usage ? 'requests'
    UNION ALL
    SELECT r.model, r.usage FROM requested_drafts r
    WHERE r.created_at >= $1 AND r.created_at < $2 AND r.usage ? 'requests') used
WHERE used.model <> 'grounded'
GROUP BY used.model
ORDER BY used.model;
