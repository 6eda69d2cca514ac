-- Identity: what is known of whom and why, doubtful cases, merges that can be taken back, one-time links.

-- Changing whose a conversation, a ticket or a customer is, is no news of it: a merge and its undoing leave the times
-- as they are, so that what is restored is the same to the byte.
DROP TRIGGER customers_touch ON customers;
CREATE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW
    WHEN (OLD.merged_into IS NOT DISTINCT FROM NEW.merged_into) EXECUTE FUNCTION touch_updated_at();
DROP TRIGGER conversations_touch ON conversations;
CREATE TRIGGER conversations_touch BEFORE UPDATE ON conversations FOR EACH ROW
    WHEN (OLD.customer_id = NEW.customer_id) EXECUTE FUNCTION touch_updated_at();
DROP TRIGGER tickets_touch ON tickets;
CREATE TRIGGER tickets_touch BEFORE UPDATE ON tickets FOR EACH ROW
    WHEN (OLD.customer_id = NEW.customer_id) EXECUTE FUNCTION touch_updated_at();

-- The ledger: who said or did what about an identifier or a merge, when, and what it rests on. It holds no keys to
-- other tables: it outlives what it tells of. `filed_as` is the key that a claim was filed under.
CREATE TABLE identity_evidence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('claimed', 'verified', 'lapsed', 'link_asked', 'link_confirmed', 'merged',
                                              'unmerged', 'conflict_found', 'conflict_rejected')),
    actor       text NOT NULL,
    customer_id uuid NOT NULL,
    type        text,
    value       text,
    filed_as    text,
    ticket_id   uuid,
    merge_id    uuid,
    detail      jsonb NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_evidence_customer ON identity_evidence (customer_id, id);
CREATE INDEX identity_evidence_claims ON identity_evidence (type, value, recorded_at) WHERE kind = 'claimed';

-- Nothing in the ledger is changed; rows go only with an erased customer.
CREATE TRIGGER identity_evidence_append_only BEFORE UPDATE ON identity_evidence
    FOR EACH ROW EXECUTE FUNCTION never_changed();

-- What a merge changed, exactly: the conversations that it moved (tickets and messages go with them), the identifiers of
-- both customers as they were, and the shells: customers that were merged into the loser before and lead to the winner now. `kept` are the winner's own from a sender who is the loser's by now.
CREATE TABLE identity_merges (
    id            uuid PRIMARY KEY,
    winner_id     uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    loser_id      uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    tier          smallint NOT NULL CHECK (tier IN (2, 3)),
    actor         text NOT NULL,
    evidence      text NOT NULL,
    shells        uuid[] NOT NULL,
    conversations uuid[] NOT NULL,
    kept          uuid[] NOT NULL,
    identifiers   jsonb NOT NULL,
    merged_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at     timestamptz,
    undone_by     text,
    CHECK (winner_id <> loser_id)
);
CREATE INDEX identity_merges_winner ON identity_merges (winner_id) WHERE undone_at IS NULL;
-- A customer is merged into one other at a time.
CREATE UNIQUE INDEX identity_merges_loser ON identity_merges (loser_id) WHERE undone_at IS NULL;

-- Two customers that somebody's claims say are one: nothing happens until a person has looked.
CREATE TABLE identity_conflicts (
    id         uuid PRIMARY KEY,
    first_id   uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    second_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('claims_verified', 'claimed_by_several', 'came_back')),
    type       text NOT NULL,
    value      text NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected')),
    merge_id   uuid REFERENCES identity_merges (id) ON DELETE SET NULL,
    decided_by text,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Once a pair has been looked at for this reason it does not come up again.
    UNIQUE (first_id, second_id, type, value),
    CHECK (first_id < second_id)
);
CREATE INDEX identity_conflicts_open ON identity_conflicts (created_at) WHERE state = 'open';

-- A request to link an address and a number: each gets a link of its own, and both have to be confirmed in time.
CREATE TABLE identity_links (
    id                  uuid PRIMARY KEY,
    email               text NOT NULL,
    number              text NOT NULL,
    ticket_id           uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    email_confirmed_at  timestamptz,
    number_confirmed_at timestamptz,
    completed_at        timestamptz,
    merge_id            uuid REFERENCES identity_merges (id) ON DELETE SET NULL,
    expires_at          timestamptz NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_links_email ON identity_links (email);
CREATE INDEX identity_links_number ON identity_links (number);

-- When an identifier was last written to about a link: the upsert of its row is the limit, whatever asks at once.
CREATE TABLE identity_link_targets (
    type    text NOT NULL,
    value   text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (type, value)
);

-- Who was merged into whom; a merged customer leads straight to the one that remained.
CREATE INDEX customers_merged_into ON customers (merged_into) WHERE merged_into IS NOT NULL;
