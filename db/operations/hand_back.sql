-- hand_back --
-- End every lease, as each lapses by itself, and forget the replicas: whoever held one is dead. A reply that was being
-- sent is ready again where sending is storing (web_form), elsewhere its provider may have it, so it is looked up.
-- report
WITH turns AS (
    UPDATE customer_leases SET lease_until = '-infinity', token = token + 1
    WHERE lease_until > clock_timestamp() RETURNING customer_id
), replies AS (
    UPDATE outbox SET state = CASE WHEN channel = 'web_form' THEN 'ready' ELSE 'unknown' END,
                      lease_until = NULL, next_attempt_at = now(), last_error = 'its sender ended while sending'
    WHERE state = 'sending' RETURNING id
), look_ups AS (
    UPDATE outbox SET lease_until = NULL WHERE state = 'unknown' AND lease_until IS NOT NULL RETURNING id
), queued AS (
    UPDATE events SET lease_until = NULL WHERE state = 'pending' AND lease_until IS NOT NULL RETURNING id
), readings AS (
    UPDATE mailboxes SET holder = NULL, lease_until = NULL WHERE lease_until IS NOT NULL RETURNING address
), notices AS (
    UPDATE notifications SET lease_until = NULL WHERE state = 'ready' AND lease_until IS NOT NULL RETURNING key
), replicas AS (
    DELETE FROM node_status
)
SELECT (SELECT count(*) FROM turns)::integer AS turns, (SELECT count(*) FROM replies)::integer AS replies,
       (SELECT count(*) FROM look_ups)::integer AS look_ups, (SELECT count(*) FROM queued)::integer AS events,
       (SELECT count(*) FROM readings)::integer AS mailboxes, (SELECT count(*) FROM notices)::integer AS notifications;
