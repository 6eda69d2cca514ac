-- by_slug --
-- Passages by their slugs, in the order asked for.
SELECT k.slug, k.title, k.category, k.content AS text, k.source
FROM unnest($1::text[]) WITH ORDINALITY AS wanted (slug, place)
CROSS JOIN LATERAL (SELECT * FROM knowledge_base k WHERE k.slug = wanted.slug ORDER BY k.updated_at DESC LIMIT 1) k
ORDER BY wanted.place;

-- by_words --
-- The passages that hold words of $1 (a tsquery), each once, the best first; a title counts most.
SELECT found.slug, found.title, found.category, found.text, found.source
FROM (SELECT DISTINCT ON (k.slug) k.slug, k.title, k.category, k.content AS text, k.source,
             ts_rank(setweight(to_tsvector('simple', k.title), 'A') || to_tsvector('simple', k.content),
                     to_tsquery('simple', $1)) AS rank
      FROM knowledge_base k
      WHERE to_tsvector('simple', k.title || ' ' || k.content) @@ to_tsquery('simple', $1)
      ORDER BY k.slug, k.updated_at DESC) found
ORDER BY found.rank DESC, found.slug LIMIT $2;
