-- Delivery looks every few seconds for words to ask after and for words that somebody can send again: few rows of many.
CREATE INDEX outbox_unknown ON outbox (next_attempt_at) WHERE state = 'unknown';
CREATE INDEX outbox_parked ON outbox (channel) WHERE state = 'parked';
