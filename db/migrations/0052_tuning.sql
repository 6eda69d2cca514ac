-- What a team has tuned of the product's decisions while it runs: a classifier of its own, thresholds. Who, when, from what
-- to what. The newest change of a name is in force; null: as the settings and the release say.

CREATE TABLE escalation_models (
    model_id    text PRIMARY KEY,
    folder      text NOT NULL,
    parent      text NOT NULL,
    data_sha256 text NOT NULL,
    metrics     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tuning_changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL CHECK (name IN ('escalation_model', 'escalation', 'relevance', 'mood', 'category')),
    before jsonb,
    after  jsonb,
    who    text NOT NULL,
    note   text NOT NULL DEFAULT '',
    undoes bigint UNIQUE REFERENCES tuning_changes,
    at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tuning_changes_name ON tuning_changes (name, number DESC);
