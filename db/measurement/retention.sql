-- make_metric_days --
-- Make the partitions of agent_metrics that are missing, to the end of day $1 (UTC); returns how many.
SELECT make_metric_days($1);

-- drop_metric_day --
-- Drop the oldest day of agent_metrics that was over by $1; null: there is none, or the table is busy.
SELECT drop_metric_day($1);

-- delete_stray_metrics --
-- Delete metrics recorded before $1 that stand in no partition of a day, $2 at most of either table: what was recorded
-- before there were partitions, and rows whose day was not made.
WITH before_deleted AS (
    DELETE FROM agent_metrics_before WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM agent_metrics_before WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2)) RETURNING id
), default_deleted AS (
    DELETE FROM agent_metrics_default WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM agent_metrics_default WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2)) RETURNING id
)
SELECT (SELECT count(*) FROM before_deleted) + (SELECT count(*) FROM default_deleted);

-- delete_windows --
-- Delete rate-limit windows that began before $1, the $2 oldest.
WITH windows_deleted AS (
    DELETE FROM rate_limits WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM rate_limits WHERE window_start < $1 ORDER BY window_start LIMIT $2)) RETURNING key
)
SELECT count(*) FROM windows_deleted;

-- delete_details --
-- Delete the texts of the tool calls in decision records made before $1, the $2 oldest. Which tools were called stays,
-- and so does the result of create_ticket, a line from which a replay takes the ticket's category and priority.
WITH details_deleted AS (
    UPDATE decision_records SET details_kept = false, tool_calls = (
        SELECT COALESCE(jsonb_agg(CASE WHEN call ->> 'name' = 'create_ticket' THEN call || '{"arguments": {}}'
                                       ELSE call || '{"arguments": {}, "result": ""}' END ORDER BY n), '[]')
        FROM jsonb_array_elements(tool_calls) WITH ORDINALITY AS calls (call, n))
    WHERE id = ANY (ARRAY (
        SELECT id FROM decision_records WHERE details_kept AND created_at < $1 ORDER BY created_at LIMIT $2))
    RETURNING id
)
SELECT count(*) FROM details_deleted;
