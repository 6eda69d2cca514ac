-- nodes --
-- What each replica of each node last said of itself, and how many seconds ago.
SELECT node, replica, status, detail, extract(epoch FROM now() - seen_at)::float8 AS age
FROM node_status
ORDER BY node, replica
