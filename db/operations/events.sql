-- add --
-- Add an event for Kafka. Turns and intake add theirs in their own statements.
-- $1 … $6 are the columns in their order.
INSERT INTO events (id, topic, key, value, headers, inbox_id) VALUES ($1, $2, $3, $4, $5, $6);

-- lease_due --
-- Lease the oldest pending events. After a crash between the send and its record here they are due again.
UPDATE events e SET lease_until = clock_timestamp() + make_interval(secs => $2), attempts = e.attempts + 1
FROM (SELECT id FROM events
      WHERE state = 'pending' AND (lease_until IS NULL OR lease_until <= now())
        AND (retry_at IS NULL OR retry_at <= now())
      ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED) due
WHERE e.id = due.id
RETURNING e.id, e.topic, e.key, e.value, e.headers, e.attempts;

-- mark_published --
-- Record the position that the broker wrote each event to; `repeat_lost` tells a backlog from a lost log by it.
UPDATE events e SET state = 'published', published_at = now(), lease_until = NULL, retry_at = NULL,
                    log_partition = acknowledged.log_partition, log_offset = acknowledged.log_offset
FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS acknowledged (id, log_partition, log_offset)
WHERE e.id = acknowledged.id;

-- defer --
-- Release claimed events, to be due again in $2 seconds.
UPDATE events SET lease_until = NULL, retry_at = now() + make_interval(secs => $2)
WHERE id = ANY ($1::uuid[]) AND state = 'pending';

-- repeat_lost --
-- Publish the wake-ups of waiting messages again whose record the consumer group has passed or the log has lost, where
-- the customer has no lease. The pause doubles with each repetition, up to a minute.
-- $1 topic, $2 partitions with their $3 first, $4 committed (null: none) and $5 end offsets, $6 minimum age in seconds
UPDATE events e SET state = 'pending', lease_until = NULL, retry_at = NULL
FROM inbox i
JOIN conversations c ON c.id = i.conversation_id
LEFT JOIN customer_leases l ON l.customer_id = c.customer_id AND l.lease_until > now(),
     unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bigint[]) AS log (log_partition, first, committed, ending)
WHERE e.inbox_id = i.id AND e.topic = $1 AND e.state = 'published' AND e.log_partition = log.log_partition
  AND i.state = 'waiting' AND i.received_at < now() - make_interval(secs => $6)
  AND (i.retry_at IS NULL OR i.retry_at <= now())
  AND (c.not_before IS NULL OR c.not_before <= now())
  AND l.customer_id IS NULL
  AND e.published_at < now() - make_interval(secs => least(60, $6 * power(2, least(e.attempts, 10) - 1)))
  AND (e.log_offset < log.committed OR e.log_offset >= log.ending OR e.log_offset < log.first)
RETURNING e.id;

-- delete_published --
-- Delete published events older than $1 hours whose message is finished; the limit keeps the transaction short.
-- report
DELETE FROM events WHERE id IN (
    SELECT e.id FROM events e LEFT JOIN inbox i ON i.id = e.inbox_id
    WHERE e.state = 'published' AND e.published_at < now() - make_interval(hours => $1)
      AND (i.id IS NULL OR i.state <> 'waiting')
    LIMIT $2);

-- pending --
-- The number of pending events, and the age of the oldest in seconds.
SELECT count(*) AS events, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::double precision AS oldest_s
FROM events WHERE state = 'pending';
