-- What is read of one conversation (a person's page, a mail's envelope, a take-over) or of one form is few rows of many,
-- and so is the first page of what is done with. Where a customer is erased, the foreign keys ask for each of his rows
-- who refers to it.
CREATE INDEX inbox_message ON inbox (message_id);
CREATE INDEX inbox_conversation ON inbox (conversation_id, received_at, id);
CREATE INDEX inbox_absorbed ON inbox (absorbed_by) WHERE absorbed_by IS NOT NULL;
CREATE INDEX outbox_message ON outbox (message_id);
CREATE INDEX outbox_inbound ON outbox (inbound_id);
CREATE INDEX outbox_ticket ON outbox (ticket_id);
CREATE INDEX outbox_all_of_conversation ON outbox (conversation_id, id);
CREATE INDEX hand_overs_ticket ON hand_overs (ticket_id, started_at);
CREATE INDEX identity_evidence_ticket ON identity_evidence (ticket_id) WHERE kind = 'claimed';
CREATE INDEX conversations_updated ON conversations (updated_at DESC, id DESC);
