-- report --
-- Set the status of a replica, as its heartbeat.
-- $1 node, $2 replica, $3 status, $4 detail
INSERT INTO node_status (node, replica, status, detail, seen_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (node, replica) DO UPDATE SET
    status = excluded.status, detail = excluded.detail, seen_at = excluded.seen_at;

-- forget --
-- Remove a replica that was shut down.
DELETE FROM node_status WHERE node = $1 AND replica = $2;

-- delete_silent --
-- Remove replicas without a heartbeat for 10 minutes.
DELETE FROM node_status WHERE seen_at < now() - interval '10 minutes';
