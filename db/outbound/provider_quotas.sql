-- lease --
-- Lease the next stretch of a quota's time to one replica; no row when it begins too far ahead. Returns in how many
-- seconds it begins, which is negative where nobody has used the time just gone by. Time further ahead than anybody
-- leases was leased before the server's clock was set back, and counts as free.
-- $1 quota, $2 seconds to lease, $3 seconds that unused time stays good, $4 seconds ahead that a stretch may begin
INSERT INTO provider_quotas AS quota (key, leased_until)
VALUES ($1, clock_timestamp() + make_interval(secs => $2::float8 - $3::float8))
ON CONFLICT (key) DO UPDATE SET leased_until = make_interval(secs => $2) + GREATEST(
    clock_timestamp() - make_interval(secs => $3),
    CASE WHEN quota.leased_until <= clock_timestamp() + interval '5 minutes' THEN quota.leased_until END)
WHERE quota.leased_until <= clock_timestamp() + make_interval(secs => $4::float8)
   OR quota.leased_until > clock_timestamp() + interval '5 minutes'
RETURNING extract(epoch FROM leased_until - clock_timestamp())::float8 - $2 AS begins_in;
