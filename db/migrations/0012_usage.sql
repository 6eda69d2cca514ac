-- Staff and `explain` read the records of one conversation, and what it cost.
CREATE INDEX decision_records_conversation ON decision_records (conversation_id, created_at);
