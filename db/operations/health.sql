-- node_reports --
-- The last status of each replica of each node, and its age in seconds.
SELECT node, replica, status, detail, facts, extract(epoch FROM now() - seen_at)::float8 AS age
FROM node_status
ORDER BY node, replica
