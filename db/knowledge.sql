-- upsert --
-- Write one passage with its vector; unchanged content is left alone by the caller.
INSERT INTO knowledge_base (id, slug, title, category, content, source, content_hash, embedding_model, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (embedding_model, slug) DO UPDATE SET
    title = excluded.title, category = excluded.category, content = excluded.content, source = excluded.source,
    content_hash = excluded.content_hash, embedding = excluded.embedding;

-- list_hashes --
SELECT slug, content_hash FROM knowledge_base WHERE embedding_model = $1;

-- delete --
DELETE FROM knowledge_base WHERE embedding_model = $1 AND slug = ANY ($2::text[]);

-- search --
-- The nearest passages of one model; the cast lets the model's partial HNSW index serve the order.
SELECT id, slug, title, category, content, source,
       1 - (embedding::vector(384) <=> $2::vector(384)) AS score
FROM knowledge_base
WHERE embedding_model = $1 AND ($4::text IS NULL OR category = $4)
ORDER BY embedding::vector(384) <=> $2::vector(384)
LIMIT $3;
