-- report --
-- Set the status of a replica, as its heartbeat.
-- $1 node, $2 replica, $3 status, $4 detail, $5 what it knows of others
INSERT INTO node_status (node, replica, status, detail, facts, seen_at) VALUES ($1, $2, $3, $4, $5, now())
ON CONFLICT (node, replica) DO UPDATE SET
    status = excluded.status, detail = excluded.detail, facts = excluded.facts, seen_at = excluded.seen_at;

-- forget --
-- Remove a replica that was shut down.
DELETE FROM node_status WHERE node = $1 AND replica = $2;

-- delete_silent --
-- Remove replicas without a heartbeat for 10 minutes.
DELETE FROM node_status WHERE seen_at < now() - interval '10 minutes';
