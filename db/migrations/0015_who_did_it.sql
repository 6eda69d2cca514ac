-- Who of the staff replayed a dead letter; who gave a customer's data out or erased them.

-- Null on what was replayed before names were kept.
ALTER TABLE dead_letters ADD COLUMN replayed_by text;

-- Exports and erasures, for good: an erasure keeps its own row, and those of the exports before it. So nothing in it may
-- lead to the customer: `customers` holds, of each id that was concerned, the SHA-256 of the row's id and that id. Who
-- knows the id finds his rows by it; the rows tell nobody the id.
CREATE TABLE privacy_actions (
    id        uuid PRIMARY KEY,
    actor     text NOT NULL,
    action    text NOT NULL CHECK (action IN ('export', 'erase')),
    customers bytea[] NOT NULL CHECK (cardinality(customers) > 0),
    counts    jsonb NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER privacy_actions_append_only BEFORE UPDATE OR DELETE ON privacy_actions
    FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER privacy_actions_never_emptied BEFORE TRUNCATE ON privacy_actions
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
