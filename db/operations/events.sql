-- add --
-- A row for Kafka that no turn and no intake makes.
INSERT INTO events (id, topic, key, value, headers, inbox_id) VALUES ($1, $2, $3, $4, $5, $6);

-- claim --
-- Take the oldest events that nobody sends. The lease covers a crash between the send and its record here.
UPDATE events e SET lease_until = now() + make_interval(secs => $2), attempts = e.attempts + 1
FROM (SELECT id FROM events
      WHERE state = 'pending' AND (lease_until IS NULL OR lease_until <= now()) AND (retry_at IS NULL OR retry_at <= now())
      ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED) due
WHERE e.id = due.id
RETURNING e.id, e.topic, e.key, e.value, e.headers, e.attempts;

-- published --
-- The broker has them: where each was written tells a backlog from a lost log later.
UPDATE events e SET state = 'published', published_at = now(), lease_until = NULL, retry_at = NULL,
                    log_partition = sent.log_partition, log_offset = sent.log_offset
FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS sent (id, log_partition, log_offset)
WHERE e.id = sent.id;

-- defer --
-- Give claimed events back; they are due again after the delay.
UPDATE events SET lease_until = NULL, retry_at = now() + make_interval(secs => $2)
WHERE id = ANY ($1::uuid[]) AND state = 'pending';

-- repeat_lost --
-- Wake what is committed but unfinished, where the group has passed the record or the log does not hold it any more,
-- and nobody works on it. Positions: partition, first offset, the group's offset (null: none yet), end of the log.
-- Each repetition waits twice as long as the one before, up to a minute.
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
-- Forget what was published and is done with; the id list keeps each pass short.
DELETE FROM events WHERE id IN (
    SELECT e.id FROM events e LEFT JOIN inbox i ON i.id = e.inbox_id
    WHERE e.state = 'published' AND e.published_at < now() - make_interval(hours => $1)
      AND (i.id IS NULL OR i.state <> 'waiting')
    LIMIT $2);

-- pending --
-- How much waits for the broker, and for how long.
SELECT count(*) AS events, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::double precision AS oldest_s
FROM events WHERE state = 'pending';
