-- owners --
SELECT i.provider_message_id AS key, c.customer_id FROM inbox i JOIN conversations c ON c.id = i.conversation_id;

-- fall_silent --
UPDATE customer_identifiers SET last_seen_at = last_seen_at - make_interval(days => $3)
WHERE type = $1 AND value = ANY ($2::text[]);
