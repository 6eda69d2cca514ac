-- The encoders that the product may search with, which of them is in force, and a search for vectors of any size.

CREATE TABLE embedding_models (
    model_id    text PRIMARY KEY,
    folder      text NOT NULL,
    dimensions  integer NOT NULL CHECK (dimensions BETWEEN 1 AND 2000),
    parent      text,
    licence     text NOT NULL DEFAULT '',
    data_sha256 text NOT NULL DEFAULT '',
    metrics     jsonb NOT NULL DEFAULT '{}',
    threshold   double precision NOT NULL,
    ask_from    double precision NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- One row. No model: the one that the settings name. `warming`: the one that every replica loads beside it.
CREATE TABLE embedding_in_force (
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    model_id text,
    warming  text,
    since    timestamptz NOT NULL DEFAULT now()
);
INSERT INTO embedding_in_force DEFAULT VALUES;

CREATE TABLE embedding_switches (
    id       uuid PRIMARY KEY,
    model_id text NOT NULL,
    replaced text NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('promote', 'rollback')),
    at       timestamptz NOT NULL DEFAULT now()
);

-- What each replica that encodes has loaded, written by itself every second or two.
CREATE TABLE embedding_replicas (
    replica text PRIMARY KEY,
    serves  text NOT NULL,
    warm    text,
    problem text NOT NULL DEFAULT '',
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- The passages of a model nearest to a vector. The size of its vectors has to stand in the statement for the model's
-- partial index to serve the order; so it is put there.
CREATE FUNCTION nearest_passages(model text, query vector, most integer, wanted text)
RETURNS TABLE (id uuid, slug text, title text, category text, content text, source text, score double precision)
LANGUAGE plpgsql STABLE AS $body$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT id, slug, title, category, content, source, 1 - (embedding::vector(%1$s) <=> $1::vector(%1$s))
         FROM knowledge_base WHERE embedding_model = %2$L AND ($3 IS NULL OR category = $3)
         ORDER BY embedding::vector(%1$s) <=> $1::vector(%1$s) LIMIT $2', vector_dims(query), model
    ) USING query, most, wanted;
END
$body$;

-- Makes the index of a model's passages, before they are written, so that it holds nobody up.
CREATE FUNCTION index_passages(model text, dimensions integer) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON knowledge_base
         USING hnsw ((embedding::vector(%s)) vector_cosine_ops) WHERE embedding_model = %L',
        'knowledge_base_' || left(md5(model), 16), dimensions, model
    );
END
$body$;
