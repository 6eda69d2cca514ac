-- migrate:up transaction:false
-- The index of the encoder before the present built-in one, which nobody can search with any more. Its vectors stay until
-- `nightdesk embeddings remove`: what was added to the documents is read off them at the first start.
DROP INDEX CONCURRENTLY IF EXISTS knowledge_base_minilm_l6_v2_int8;
