-- channel_figures --
-- The figures of each channel from $1 to $2 (null: to now), and of all channels (null). Latencies are milliseconds from
-- acceptance to the frozen reply, one row per turn: `turns` is the denominator of the escalation rate.
-- report
SELECT channel,
       coalesce(sum(value) FILTER (WHERE metric_type = 'conversation_count'), 0)::bigint AS conversations,
       coalesce(sum(value) FILTER (WHERE metric_type = 'message_volume'), 0)::bigint AS messages,
       count(*) FILTER (WHERE metric_type = 'response_latency') AS turns,
       coalesce(sum(value) FILTER (WHERE metric_type = 'escalation'), 0)::bigint AS escalations,
       avg(value) FILTER (WHERE metric_type = 'sentiment') AS sentiment,
       avg(value) FILTER (WHERE metric_type = 'response_latency') AS latency_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY value)
           FILTER (WHERE metric_type = 'response_latency') AS latency_p95_ms
FROM agent_metrics
WHERE recorded_at >= $1 AND ($2::timestamptz IS NULL OR recorded_at < $2)
GROUP BY GROUPING SETS ((channel), ())

-- window --
-- Counts and latencies of the turns of the last $1 seconds, without those held for the staff; means may be null. The
-- latency is ours: from acceptance to the frozen reply, less the quiet gap and the model's time, which stand beside it.
SELECT count(*) AS turns,
       count(*) FILTER (WHERE outcome = 'escalated') AS escalated,
       avg(GREATEST(latency_ms - quiet_ms - model_ms, 0)) AS mean_latency_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY GREATEST(latency_ms - quiet_ms - model_ms, 0)) AS p95_latency_ms,
       avg(quiet_ms) AS mean_quiet_ms,
       avg(model_ms) AS mean_model_ms
FROM decision_records
WHERE outcome <> 'held' AND created_at > now() - make_interval(secs => $1);
