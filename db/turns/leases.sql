-- take --
-- Lease the customers of these inbox rows, so that each has at most one run at a time. Customers without a waiting
-- message, or with a lease that has not lapsed, are left out. A new lease raises the fencing token. Leases are counted
-- from the moment they are written: the transaction may have begun long before, and waited.
WITH requested AS (
    SELECT c.customer_id, (array_agg(i.id))[1] AS woken_by
    FROM inbox i JOIN conversations c ON c.id = i.conversation_id
    WHERE i.id = ANY ($1::uuid[])
    GROUP BY c.customer_id
), lease_taken AS (
    INSERT INTO customer_leases AS l (customer_id, holder, lease_until)
    SELECT requested.customer_id, $2, clock_timestamp() + make_interval(secs => $3)
    FROM requested
    WHERE EXISTS (SELECT FROM conversations c JOIN inbox i ON i.conversation_id = c.id AND i.state = 'waiting'
                  WHERE c.customer_id = requested.customer_id)
    ORDER BY requested.customer_id
    ON CONFLICT (customer_id) DO UPDATE
        SET token = l.token + 1, holder = excluded.holder, lease_until = excluded.lease_until
        WHERE l.lease_until <= clock_timestamp()
    RETURNING l.customer_id, l.token, l.holder
)
SELECT requested.woken_by, lease_taken.customer_id, lease_taken.token, lease_taken.holder
FROM lease_taken JOIN requested USING (customer_id);

-- renew --
-- Prolong the leases whose token is still current; a customer missing from the result was fenced.
UPDATE customer_leases l SET lease_until = clock_timestamp() + make_interval(secs => $3)
FROM unnest($1::uuid[], $2::bigint[]) AS held (customer_id, token)
WHERE l.customer_id = held.customer_id AND l.token = held.token
RETURNING l.customer_id;

-- release --
-- End leases so that the next run need not wait for them to lapse; one that passed to another holder is left alone.
UPDATE customer_leases l SET lease_until = '-infinity', token = l.token + 1
FROM unnest($1::uuid[], $2::bigint[]) AS held (customer_id, token)
WHERE l.customer_id = held.customer_id AND l.token = held.token;
