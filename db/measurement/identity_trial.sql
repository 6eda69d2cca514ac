-- owners --
-- The customer of every inbound message.
-- report
SELECT i.provider_message_id AS key, c.customer_id FROM inbox i JOIN conversations c ON c.id = i.conversation_id;

-- backdate_last_seen --
-- Move the last_seen_at of identifiers back by days, to simulate their silence.
-- report
UPDATE customer_identifiers SET last_seen_at = last_seen_at - make_interval(days => $3)
WHERE type = $1 AND value = ANY ($2::text[]);
