-- delete_old_metrics --
-- Delete metrics older than $1 days; the limit keeps the transaction short.
-- report
DELETE FROM agent_metrics WHERE id IN (
    SELECT id FROM agent_metrics WHERE recorded_at < now() - make_interval(days => $1) LIMIT $2);

-- delete_old_windows --
-- Delete rate-limit windows that are over.
-- report
DELETE FROM rate_limits WHERE window_start < now() - interval '2 hours';
