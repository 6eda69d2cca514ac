-- ticket_of --
-- The number of a message's ticket, by the provider's id of the message.
SELECT t.number FROM inbox i JOIN tickets t ON t.id = i.ticket_id
WHERE i.provider = $1 AND i.provider_message_id = $2;
