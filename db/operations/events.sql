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

-- put_off --
-- Count the broker's refusals of claimed events and release them. The pause doubles with each: 5 seconds, up to an hour.
UPDATE events SET lease_until = NULL, refusals = refusals + 1,
                  retry_at = clock_timestamp() + make_interval(secs => least(3600, 5 * power(2, least(refusals, 10))))
WHERE id = ANY ($1::uuid[]) AND state = 'pending'
RETURNING id, refusals;

-- dead_letter --
-- Dead-letter an event that the broker refuses, and announce it. A message that waits is woken by a bare event in its
-- place: its ids are enough, for the agent reads the text in the store. A bare event itself stays, and is put off.
-- $1 event, $2 dead letter, $3 the record's value, $4 cause, $5 announcement, $6 its topic, $7 bare event, $8 its topic
WITH event_deleted AS (
    DELETE FROM events WHERE id = $1 AND state = 'pending' AND NOT headers ? 'bare'
    RETURNING topic, key, value, inbox_id
), dead_letter_filed AS (
    INSERT INTO dead_letters (id, topic, key, value, cause)
    SELECT $2, topic, key, $3, $4 FROM event_deleted
    RETURNING id, topic, key
), bare_added AS (
    INSERT INTO events (id, topic, key, value, headers, inbox_id)
    SELECT $7, e.topic, e.key, e.value || '{"content": "", "subject": "", "metadata": {}, "attachments": []}',
           '{"bare": "1"}', e.inbox_id
    FROM event_deleted e JOIN inbox i ON i.id = e.inbox_id WHERE i.state = 'waiting' AND e.topic = $8
), announced AS (
    INSERT INTO events (id, topic, key, value)
    SELECT $5, $6, f.key, jsonb_build_object('v', 1, 'id', f.id, 'cause', $4::text)
    FROM dead_letter_filed f WHERE f.topic <> $6
)
SELECT id FROM dead_letter_filed;

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
-- Delete events published before $1 whose message is finished: of the next $4 behind the place ($2, $3) in the order of
-- publication. Returns the place of the last one looked at, from where the next step goes on; no row: none is left. So
-- events that have to stay are looked at once, not by every step.
WITH looked_at AS MATERIALIZED (
    SELECT id, published_at FROM events
    WHERE state = 'published' AND published_at < $1 AND (published_at, id) > ($2, $3)
    ORDER BY published_at, id LIMIT $4
), events_deleted AS (
    DELETE FROM events e
    WHERE e.id = ANY (ARRAY (SELECT id FROM looked_at)) AND e.state = 'published'
      AND NOT EXISTS (SELECT FROM inbox i WHERE i.id = e.inbox_id AND i.state = 'waiting')
    RETURNING e.id
)
SELECT published_at, id, (SELECT count(*) FROM events_deleted) AS deleted
FROM looked_at ORDER BY published_at DESC, id DESC LIMIT 1;

-- pending --
-- The number of pending events, and the age of the oldest in seconds.
SELECT count(*) AS events, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::double precision AS oldest_s
FROM events WHERE state = 'pending';

-- published_at --
-- When the records of these inbox rows were first in Kafka, as far as their events are still kept.
SELECT inbox_id, min(published_at) AS published_at FROM events
WHERE inbox_id = ANY ($1::uuid[]) AND published_at IS NOT NULL GROUP BY inbox_id;
