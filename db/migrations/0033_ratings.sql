-- One question to the customer when a ticket is answered: was that any good? One mark a ticket, the last one counts.
CREATE TABLE ticket_ratings (
    ticket_id uuid PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
    channel   text NOT NULL,
    good      boolean NOT NULL,
    rated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ticket_ratings_rated ON ticket_ratings (rated_at);
