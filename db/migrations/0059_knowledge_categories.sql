-- migrate:up transaction:false
-- A search in a category that few passages have reads those, instead of the model's whole table or the vectors' index,
-- which knows no categories. Made while others write; an interrupted one remains, not valid, and is dropped first.
DROP INDEX CONCURRENTLY IF EXISTS knowledge_base_model_category;
CREATE INDEX CONCURRENTLY knowledge_base_model_category ON knowledge_base (embedding_model, category);
