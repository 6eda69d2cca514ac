-- migrate:up transaction:false
-- The vectors of the encoder with int8 arithmetic (embeddings/encoder.py) get an index of their own; those of the encoder
-- before stay until somebody removes them. It is made while others write; an interrupted one remains, not valid, and is
-- dropped first.
DROP INDEX CONCURRENTLY IF EXISTS knowledge_base_minilm_l6_v2_int8_2;
CREATE INDEX CONCURRENTLY knowledge_base_minilm_l6_v2_int8_2 ON knowledge_base
    USING hnsw ((embedding::vector(384)) vector_cosine_ops) WHERE embedding_model = 'minilm-l6-v2-int8-2';
