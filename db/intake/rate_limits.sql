-- count --
-- Count a call of a key in the running window of $2 seconds; returns the calls so far and the seconds until its end.
INSERT INTO rate_limits AS counted (key, window_start, hits)
VALUES ($1, to_timestamp(floor(extract(epoch FROM now()) / $2::integer) * $2::integer), 1)
ON CONFLICT (key, window_start) DO UPDATE SET hits = counted.hits + 1
RETURNING hits, extract(epoch FROM window_start)::float8 + $2::integer - extract(epoch FROM now())::float8 AS ends_in;

-- hits --
-- The calls of a key in the running window of $2 seconds, without counting one.
SELECT hits FROM rate_limits
WHERE key = $1 AND window_start = to_timestamp(floor(extract(epoch FROM now()) / $2::integer) * $2::integer);
