-- dead_letter --
-- Dead-letter a record of the log that can't be processed, once per log position, and announce it. A broker that lost
-- its log counts from 0 again: another record at the same position gets its own dead letter, without a position.
-- $1 dead letter, $2 topic, $3 partition, $4 offset, $5 key, $6 value, $7 cause, $8 event, $9 topic of the announcement
WITH log_position AS (
    SELECT CASE WHEN EXISTS (SELECT FROM dead_letters d
                             WHERE d.topic = $2 AND d.log_partition = $3 AND d.log_offset = $4 AND d.value <> $6)
                THEN NULL ELSE $4::bigint END AS log_offset
), dead_letter_filed AS (
    INSERT INTO dead_letters (id, topic, log_partition, log_offset, key, value, cause)
    SELECT $1, $2, $3, log_position.log_offset, $5, $6, $7 FROM log_position
    ON CONFLICT (topic, log_partition, log_offset) DO NOTHING
    RETURNING id
)
INSERT INTO events (id, topic, key, value)
SELECT $8, $9, $5, jsonb_build_object('v', 1, 'id', dead_letter_filed.id, 'cause', $7::text) FROM dead_letter_filed
RETURNING id;

-- list_recent --
-- The newest dead letters, of one state or (null) of both.
SELECT id, inbox_id, topic, log_partition, log_offset, key, value, cause, state, created_at, replayed_at, replayed_by
FROM dead_letters WHERE $1::text IS NULL OR state = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- count_new --
-- How many dead letters of the last $1 seconds nobody has replayed, counted up to a thousand.
SELECT count(*) FROM (SELECT FROM dead_letters
                      WHERE state = 'dead' AND created_at > now() - make_interval(secs => $1)
                      ORDER BY created_at DESC LIMIT 1000) recent;

-- get --
-- A dead letter by its id.
SELECT id, inbox_id, topic, log_partition, log_offset, key, value, cause, state, created_at, replayed_at, replayed_by
FROM dead_letters WHERE id = $1;

-- mark_replayed --
-- Mark a dead letter as replayed by $2, unless its ticket is closed; the lock keeps the ticket from closing meanwhile.
UPDATE dead_letters d SET state = 'replayed', replayed_at = now(), replayed_by = $2
WHERE d.id = $1 AND d.state = 'dead'
  AND (d.inbox_id IS NULL OR EXISTS (SELECT FROM inbox i JOIN tickets t ON t.id = i.ticket_id
                                     WHERE i.id = d.inbox_id AND t.status <> 'closed' FOR SHARE OF t))
RETURNING d.id, d.inbox_id, d.topic, d.log_partition, d.log_offset, d.key, d.value, d.cause, d.state, d.created_at,
          d.replayed_at, d.replayed_by;

-- requeue_message --
-- Make the message of a dead letter wait for a turn again, and wake the agent. Its apology is detached from the
-- message, so that the turn may send another reply.
-- $1 inbox row, $2 event, $3 topic
WITH inbox_waiting AS (
    UPDATE inbox SET state = 'waiting', attempts = 0, retry_at = NULL, finished_at = NULL
    WHERE id = $1 AND state = 'dead' RETURNING id
), apology_detached AS (
    UPDATE outbox o SET inbound_id = NULL, metadata = o.metadata || jsonb_build_object('apology_for', inbox_waiting.id)
    FROM inbox_waiting WHERE o.inbound_id = inbox_waiting.id AND o.author = 'agent'
)
INSERT INTO events (id, topic, key, value, inbox_id)
SELECT $2, $3, i.sender_key, i.payload, i.id FROM inbox i JOIN inbox_waiting ON inbox_waiting.id = i.id;

-- requeue_mail --
-- Let the mailbox reader fetch an unreadable mail again, at once.
WITH mail_unsettled AS (
    DELETE FROM mailbox_settled WHERE provider_message_id = $1 AND kind = 'unreadable' RETURNING provider_message_id
)
UPDATE mailboxes SET listed_at = NULL FROM mail_unsettled;
