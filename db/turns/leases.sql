-- take --
-- Lease the customers whom these inbox rows belong to: only those with a waiting message, and only where no lease lives.
WITH woken AS (
    SELECT c.customer_id, (array_agg(i.id))[1] AS woken_by
    FROM inbox i JOIN conversations c ON c.id = i.conversation_id
    WHERE i.id = ANY ($1::uuid[])
    GROUP BY c.customer_id
), leased AS (
    INSERT INTO customer_leases AS l (customer_id, holder, lease_until)
    SELECT w.customer_id, $2, now() + make_interval(secs => $3)
    FROM woken w
    WHERE EXISTS (SELECT FROM conversations c JOIN inbox i ON i.conversation_id = c.id AND i.state = 'waiting'
                  WHERE c.customer_id = w.customer_id)
    ORDER BY w.customer_id
    ON CONFLICT (customer_id) DO UPDATE
        SET token = l.token + 1, holder = excluded.holder, lease_until = excluded.lease_until
        WHERE l.lease_until <= now()
    RETURNING l.customer_id, l.token, l.holder
)
SELECT woken.woken_by, leased.customer_id, leased.token, leased.holder FROM leased JOIN woken USING (customer_id);

-- renew --
-- Prolong the leases that are still theirs; whoever is missing in the answer was fenced.
UPDATE customer_leases l SET lease_until = now() + make_interval(secs => $3)
FROM unnest($1::uuid[], $2::bigint[]) AS mine (customer_id, token)
WHERE l.customer_id = mine.customer_id AND l.token = mine.token
RETURNING l.customer_id;

-- release --
-- Let others in at once; a lease that was taken over meanwhile stays with its new holder.
UPDATE customer_leases l SET lease_until = '-infinity', token = l.token + 1
FROM unnest($1::uuid[], $2::bigint[]) AS mine (customer_id, token)
WHERE l.customer_id = mine.customer_id AND l.token = mine.token;
