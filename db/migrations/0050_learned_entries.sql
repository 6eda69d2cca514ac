-- What the desk learns from hand-overs that people resolved: entries for the knowledge base, which a person approves first.

-- What became of a look at an ended hand-over; null: nobody has looked yet.
ALTER TABLE hand_overs ADD COLUMN learned text;

-- Whether who wrote a ticket, or one who was merged into them, wants nothing of theirs learned from.
CREATE FUNCTION learning_objected(ticket uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM tickets t JOIN customers c ON c.id = t.customer_id OR c.merged_into = t.customer_id
                   WHERE t.id = ticket AND c.training_objection IS NOT NULL)
$$;

-- One entry with its words, which come from a ticket: it goes with that ticket, whatever its state. `embedding` is of
-- title and answer, to find the same again. Two people who decide at once hold the same `version`.
CREATE TABLE learned_entries (
    id              uuid PRIMARY KEY,
    ticket_id       uuid NOT NULL UNIQUE REFERENCES tickets (id) ON DELETE CASCADE,
    state           text NOT NULL DEFAULT 'candidate' CHECK (state IN ('candidate', 'approved', 'rejected', 'withdrawn')),
    version         integer NOT NULL DEFAULT 1,
    title           text NOT NULL,
    answer          text NOT NULL,
    -- What is wrong with the customer's own words, of which the title is only a part.
    source_findings jsonb NOT NULL DEFAULT '[]',
    nearest_title   text,
    nearest_cosine  double precision,
    slug            text UNIQUE,
    embedding_model text NOT NULL,
    embedding       vector NOT NULL,
    decided_by      text,
    decided_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'candidate') = (decided_by IS NULL)),
    CHECK (state <> 'approved' OR slug IS NOT NULL)
);
CREATE INDEX learned_entries_state ON learned_entries (state, created_at);

-- The tickets in which an entry was asked for, that of its words among them.
CREATE TABLE learned_askings (
    ticket_id uuid PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
    entry_id  uuid NOT NULL REFERENCES learned_entries (id) ON DELETE CASCADE,
    asked_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX learned_askings_entry ON learned_askings (entry_id);

-- With an entry goes its passage, of every model; the other tickets that asked are looked at again.
CREATE FUNCTION forget_learned() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    WITH gone AS (DELETE FROM knowledge_base WHERE origin = 'learned:' || OLD.slug RETURNING embedding_model)
    INSERT INTO knowledge_versions (embedding_model, version) SELECT DISTINCT embedding_model, 1 FROM gone
    ON CONFLICT (embedding_model) DO UPDATE SET version = knowledge_versions.version + 1;
    UPDATE hand_overs h SET learned = NULL FROM learned_askings a
    WHERE a.entry_id = OLD.id AND a.ticket_id <> OLD.ticket_id AND h.ticket_id = a.ticket_id AND h.learned = 'entry';
    RETURN OLD;
END
$body$;
CREATE TRIGGER learned_entries_forget BEFORE DELETE ON learned_entries FOR EACH ROW EXECUTE FUNCTION forget_learned();
