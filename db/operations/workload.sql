-- ages --
-- Seconds that the oldest message that waits for a turn has waited, and the oldest reply in each state on its way out:
-- `ready` counts from when it was due, the others from when it was made; `retried` is ready again after an attempt, whose
-- next one is always soon; `sending` are those that are tried again: a first try of what was approved late is not late.
-- Null: there is none.
SELECT (SELECT extract(epoch FROM now() - received_at)::float8 FROM inbox
        WHERE state = 'waiting' ORDER BY received_at LIMIT 1) AS inbound,
       (SELECT max(extract(epoch FROM now() - due.next_attempt_at))::float8
        FROM unnest($1::text[]) AS channels (channel), LATERAL (
            SELECT next_attempt_at FROM outbox
            WHERE channel = channels.channel AND state = 'ready' AND next_attempt_at <= now()
            ORDER BY next_attempt_at LIMIT 1) due) AS ready,
       (SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox
        WHERE state = 'ready' AND attempts > 0 ORDER BY created_at LIMIT 1) AS retried,
       (SELECT max(extract(epoch FROM now() - created_at))::float8 FROM outbox
        WHERE state = 'sending' AND attempts > 1) AS sending,
       (SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox
        WHERE state = 'unknown' ORDER BY created_at LIMIT 1) AS unknown,
       (SELECT extract(epoch FROM now() - created_at)::float8 FROM outbox
        WHERE state = 'parked' ORDER BY created_at LIMIT 1) AS parked;

-- reported --
-- What the reporting node's newest heartbeat says of the work, and its age in seconds.
SELECT (facts ->> 'lag')::bigint AS lag, (facts ->> 'partitions')::integer AS partitions,
       (facts ->> 'outbox_age_s')::float8 AS outbox_age_s, extract(epoch FROM now() - seen_at)::float8 AS age_s
FROM node_status WHERE node = 'reporting' ORDER BY seen_at DESC LIMIT 1;
