-- upsert --
-- Write a passage with its vector, replacing the one of the same model and slug; callers skip unchanged content.
-- $1 … $9 are the columns in their order.
INSERT INTO knowledge_base (id, slug, title, category, content, source, content_hash, embedding_model, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (embedding_model, slug) DO UPDATE SET
    title = excluded.title, category = excluded.category, content = excluded.content, source = excluded.source,
    content_hash = excluded.content_hash, embedding = excluded.embedding;

-- list_hashes --
-- The content hashes of a model's passages, to find the ones that have to be embedded again.
SELECT slug, content_hash FROM knowledge_base WHERE embedding_model = $1;

-- delete --
-- Remove a model's passages whose sections are gone from the documents.
DELETE FROM knowledge_base WHERE embedding_model = $1 AND slug = ANY ($2::text[]);

-- search --
-- The passages of a model nearest to a vector by cosine; the cast lets its partial HNSW index serve the order.
-- $1 model, $2 query vector, $3 limit, $4 category (null: all)
SELECT id, slug, title, category, content, source,
       1 - (embedding::vector(384) <=> $2::vector(384)) AS score
FROM knowledge_base
WHERE embedding_model = $1 AND ($4::text IS NULL OR category = $4)
ORDER BY embedding::vector(384) <=> $2::vector(384)
LIMIT $3;
