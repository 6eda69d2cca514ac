-- How often the broker has refused an event; `attempts` counts its leases, those of an outage too.
ALTER TABLE events ADD COLUMN refusals integer NOT NULL DEFAULT 0;
