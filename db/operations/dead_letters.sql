-- dead_letter --
-- File a record that can't be understood, once per place in the log, and announce it. A broker that lost its log counts
-- from 0 again: another record at the same place keeps its letter, without the place.
WITH place AS (
    SELECT CASE WHEN EXISTS (SELECT FROM dead_letters d WHERE d.topic = $2 AND d.log_partition = $3 AND d.log_offset = $4
                             AND d.value <> $6) THEN NULL ELSE $4::bigint END AS log_offset
), letter AS (
    INSERT INTO dead_letters (id, topic, log_partition, log_offset, key, value, cause)
    SELECT $1, $2, $3, place.log_offset, $5, $6, $7 FROM place
    ON CONFLICT (topic, log_partition, log_offset) DO NOTHING
    RETURNING id
)
INSERT INTO events (id, topic, key, value)
SELECT $8, $9, $5, jsonb_build_object('v', 1, 'id', letter.id, 'cause', $7::text) FROM letter
RETURNING id;

-- list_recent --
SELECT id, inbox_id, topic, log_partition, log_offset, key, value, cause, state, created_at, replayed_at, replayed_by
FROM dead_letters WHERE $1::text IS NULL OR state = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- get --
SELECT id, inbox_id, topic, log_partition, log_offset, key, value, cause, state, created_at, replayed_at, replayed_by
FROM dead_letters WHERE id = $1;

-- mark_replayed --
-- Not where the ticket is closed: nothing waits in it any more. The lock keeps it from closing meanwhile.
UPDATE dead_letters d SET state = 'replayed', replayed_at = now(), replayed_by = $2
WHERE d.id = $1 AND d.state = 'dead'
  AND (d.inbox_id IS NULL OR EXISTS (SELECT FROM inbox i JOIN tickets t ON t.id = i.ticket_id
                                     WHERE i.id = d.inbox_id AND t.status <> 'closed' FOR SHARE OF t))
RETURNING d.id, d.inbox_id, d.topic, d.log_partition, d.log_offset, d.key, d.value, d.cause, d.state, d.created_at,
          d.replayed_at, d.replayed_by;

-- wait_again --
-- The message of a dead letter is due once more. Its apology stays what was said, and no longer stands for the turn's
-- one word: a person has asked for another.
WITH again AS (
    UPDATE inbox SET state = 'waiting', attempts = 0, retry_at = NULL, finished_at = NULL
    WHERE id = $1 AND state = 'dead' RETURNING id
), freed AS (
    UPDATE outbox o SET inbound_id = NULL, metadata = o.metadata || jsonb_build_object('apology_for', again.id)
    FROM again WHERE o.inbound_id = again.id AND o.author = 'agent'
)
INSERT INTO events (id, topic, key, value, inbox_id)
SELECT $2, $3, i.sender_key, i.payload, i.id FROM inbox i JOIN again ON again.id = i.id;

-- read_again --
-- A mail that could not be read is in its mailbox still: whoever reads that fetches it once more, at once.
WITH again AS (
    DELETE FROM mailbox_settled WHERE provider_message_id = $1 AND kind = 'unreadable' RETURNING provider_message_id
)
UPDATE mailboxes SET listed_at = NULL FROM again;
