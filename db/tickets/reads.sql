-- ticket_with_messages --
-- A ticket with its messages, oldest first: one row per message, one row with nulls when there is none. Replies that
-- were cancelled before they were sent are left out.
SELECT tickets.number, tickets.status, tickets.category, tickets.priority, tickets.subject, tickets.source_channel,
       tickets.created_at, tickets.updated_at, tickets.resolved_at, tickets.escalation_reason,
       tickets.conversation_id, tickets.customer_id,
       (SELECT r.good FROM ticket_ratings r WHERE r.ticket_id = tickets.id) AS rated_good,
       messages.direction, messages.author, messages.content AS text, messages.channel,
       messages.created_at AS message_created_at,
       ARRAY (SELECT file ->> 'filename' FROM jsonb_array_elements(messages.metadata -> 'attachments') AS file)
           AS message_files
FROM tickets LEFT JOIN messages ON messages.ticket_id = tickets.id
    AND messages.delivery_status IS DISTINCT FROM 'cancelled'
WHERE tickets.number = $1
ORDER BY messages.created_at, messages.id
