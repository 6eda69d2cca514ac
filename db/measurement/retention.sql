-- window --
-- Counts and latencies of the turns of the last $1 seconds, without those held for the staff; means may be null.
SELECT count(*) AS turns,
       count(*) FILTER (WHERE outcome = 'escalated') AS escalated,
       avg(latency_ms) AS mean_latency_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS p95_latency_ms,
       avg(model_ms) AS mean_model_ms
FROM decision_records
WHERE outcome <> 'held' AND created_at > now() - make_interval(secs => $1);

-- delete_old_metrics --
-- Delete metrics older than $1 days; the limit keeps the transaction short.
DELETE FROM agent_metrics WHERE id IN (
    SELECT id FROM agent_metrics WHERE recorded_at < now() - make_interval(days => $1) LIMIT $2);

-- delete_old_windows --
-- Delete rate-limit windows that are over.
DELETE FROM rate_limits WHERE window_start < now() - interval '2 hours';
