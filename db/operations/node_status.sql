-- report --
INSERT INTO node_status (node, replica, status, detail, seen_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (node, replica) DO UPDATE SET status = excluded.status, detail = excluded.detail, seen_at = excluded.seen_at;

-- forget --
DELETE FROM node_status WHERE node = $1 AND replica = $2;

-- delete_silent --
DELETE FROM node_status WHERE seen_at < now() - interval '10 minutes';
