-- upsert --
-- Write a passage with its vector, replacing the one of the same model and slug; callers skip unchanged content.
-- $1 … $10 are the columns in their order.
INSERT INTO knowledge_base (
    id, slug, title, category, content, source, content_hash, embedding_model, embedding, origin
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (embedding_model, slug) DO UPDATE SET
    title = excluded.title, category = excluded.category, content = excluded.content, source = excluded.source,
    content_hash = excluded.content_hash, embedding = excluded.embedding, origin = excluded.origin;

-- list_hashes --
-- The content hashes of a model's passages of one origin, to find the ones that have to be embedded again.
SELECT slug, content_hash FROM knowledge_base WHERE embedding_model = $1 AND origin = $2;

-- taken --
-- Which of these slugs of a model belong to another origin than $3.
SELECT slug, origin FROM knowledge_base WHERE embedding_model = $1 AND slug = ANY ($2::text[]) AND origin <> $3;

-- of_other_models --
-- The passages of other origins than $2 of which model $1 has none yet, as another model has them: of each slug the newest.
-- report
SELECT DISTINCT ON (slug) slug, title, category, content, source, content_hash, origin
FROM knowledge_base AS theirs
WHERE embedding_model <> $1 AND origin <> $2 AND NOT EXISTS (
    SELECT FROM knowledge_base AS ours
    WHERE ours.embedding_model = $1 AND (ours.origin = theirs.origin OR ours.slug = theirs.slug)
)
ORDER BY slug, updated_at DESC;

-- delete --
-- Remove a model's passages whose sections are gone from the documents of that origin.
DELETE FROM knowledge_base WHERE embedding_model = $1 AND origin = $2 AND slug = ANY ($3::text[]);

-- lock_origin --
-- Lock all that was read from one origin, before its deletion: which then sees a copy that was being made of it too.
SELECT id FROM knowledge_base WHERE origin = $1 ORDER BY id FOR UPDATE;

-- delete_origin --
-- Remove all that was read from one origin, whatever the model; returns how many passages of each model.
WITH gone AS (DELETE FROM knowledge_base WHERE origin = $1 RETURNING embedding_model)
SELECT embedding_model, count(*) AS passages FROM gone GROUP BY embedding_model;

-- bump_version --
-- Note that a model's passages have changed, in the transaction that changes them.
INSERT INTO knowledge_versions (embedding_model, version) VALUES ($1, 1)
ON CONFLICT (embedding_model) DO UPDATE SET version = knowledge_versions.version + 1;

-- version --
-- How often a model's passages have changed; no row before the first time.
SELECT version FROM knowledge_versions WHERE embedding_model = $1;

-- search --
-- The statement that finds the $3 passages of a model ($1) nearest to a vector by cosine, in category $4 where it is not null.
-- Model and size ($2) stand in its text, because the partial HNSW index of the model serves no other; limit and category, by
-- which PostgreSQL tells whether that index is worth it: of a rare category it would read far too much. All are quoted by
-- PostgreSQL. Its parameter: the query vector.
SELECT format(
    'SELECT id, slug, title, category, content, source, 1 - (embedding::vector(%2$s) <=> $1) AS score
     FROM knowledge_base WHERE embedding_model = %1$L%3$s ORDER BY embedding::vector(%2$s) <=> $1 LIMIT %4$s',
    $1::text, $2::integer, ' AND category = ' || quote_literal($4::text), $3::integer);

-- list_sections --
-- Every passage of a model with its vector and origin, for who looks at the knowledge base as a whole.
-- report
SELECT slug, title, category, content, source, origin, updated_at, embedding
FROM knowledge_base WHERE embedding_model = $1
ORDER BY origin, category, slug;

-- texts --
-- The words of a model's passages, to count them anew after a change.
-- report
SELECT title, content FROM knowledge_base WHERE embedding_model = $1 ORDER BY slug;

-- texts_except --
-- The words of all passages, whatever the model, without those from a source ($1).
-- report
SELECT DISTINCT title, content FROM knowledge_base WHERE NOT starts_with(source, $1);

-- slugs_found --
-- The passages that searches returned since a time.
-- report
SELECT DISTINCT found.value ->> 'slug' AS slug
FROM decision_records d, jsonb_array_elements(d.passages) AS found (value)
WHERE d.created_at >= $1;

-- unanswered --
-- The questions since a time to which no passage had an answer, the newest first: what was asked, and by whom.
-- report
SELECT i.id AS inbox_id, c.customer_id, t.number AS ticket, d.created_at,
       (SELECT string_agg(m.content, E'\n' ORDER BY i2.received_at, i2.id)
        FROM inbox i2 JOIN messages m ON m.id = i2.message_id
        WHERE i2.id = i.id OR i2.absorbed_by = i.id) AS question
FROM decision_records d
JOIN inbox i ON i.id = d.inbox_id
JOIN tickets t ON t.id = i.ticket_id
JOIN conversations c ON c.id = t.conversation_id
WHERE d.created_at >= $1 AND d.reason = 'no_kb_match'
ORDER BY d.created_at DESC, d.inbox_id
LIMIT $2;
