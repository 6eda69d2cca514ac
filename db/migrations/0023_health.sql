-- What a node knows of others beside its own status (the consumer's lag, alerts, nodes that do not answer it), and how
-- long a turn waited for the customer to finish typing.

ALTER TABLE node_status ADD COLUMN facts jsonb NOT NULL DEFAULT '{}';
ALTER TABLE decision_records ADD COLUMN quiet_ms double precision NOT NULL DEFAULT 0;
