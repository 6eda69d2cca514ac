-- A model that searches beside the one in service for a share of the turns, after these were decided: what it would have
-- found. Nothing of a customer's is in it: the turn is named, passages by their slugs.

CREATE TABLE shadow_runs (
    id         uuid PRIMARY KEY,
    model_id   text NOT NULL REFERENCES embedding_models (model_id) ON DELETE CASCADE,
    base       text NOT NULL REFERENCES embedding_models (model_id) ON DELETE CASCADE,
    share      double precision NOT NULL CHECK (share > 0 AND share <= 1),
    started_at timestamptz NOT NULL DEFAULT now(),
    until      timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_why  text CHECK (ended_why IN ('over', 'stopped', 'another model in service')),
    -- The last turn that was looked at.
    looked_at  timestamptz NOT NULL DEFAULT now(),
    looked_id  uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    dropped    integer NOT NULL DEFAULT 0,
    failed     integer NOT NULL DEFAULT 0,
    problem    text NOT NULL DEFAULT '',
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE UNIQUE INDEX shadow_runs_one ON shadow_runs ((true)) WHERE ended_at IS NULL;

CREATE TABLE shadow_comparisons (
    inbox_id       uuid NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    run_id         uuid NOT NULL REFERENCES shadow_runs (id) ON DELETE CASCADE,
    base_slug      text,
    base_share     double precision NOT NULL,
    base_outcome   text NOT NULL CHECK (base_outcome IN ('answer', 'ask', 'hand_over')),
    shadow_slug    text,
    shadow_share   double precision NOT NULL,
    shadow_outcome text NOT NULL CHECK (shadow_outcome IN ('answer', 'ask', 'hand_over')),
    shadow_ms      double precision NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (inbox_id, run_id)
);
CREATE INDEX shadow_comparisons_run ON shadow_comparisons (run_id);
CREATE INDEX shadow_comparisons_created ON shadow_comparisons (created_at);

-- Drops the index of a model's passages, which has to wait for searches that run; others wait behind it, so not for long.
CREATE FUNCTION drop_passages_index(model text) RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS $body$
BEGIN
    EXECUTE format('DROP INDEX IF EXISTS %I', 'knowledge_base_' || left(md5(model), 16));
END
$body$;
