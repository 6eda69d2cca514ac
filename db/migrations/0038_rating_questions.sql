-- The one question after a resolution, by WhatsApp or mail: which ticket's customer was asked, and whether it was
-- answered there. The question itself stands in a closed conversation of its own.
CREATE TABLE rating_questions (
    ticket_id  uuid        PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
    channel    text        NOT NULL,
    sender_key text        NOT NULL,
    outbox_id  uuid        NOT NULL,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    answered   boolean     NOT NULL DEFAULT false
);
CREATE INDEX rating_questions_sender ON rating_questions (sender_key, asked_at);
CREATE INDEX rating_questions_asked ON rating_questions (asked_at);
