-- register --
-- Write down a model that has passed the gate, or that was in force before the first one that did.
INSERT INTO embedding_models (
    model_id, folder, dimensions, parent, licence, data_sha256, metrics, threshold, ask_from, same_from
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (model_id) DO UPDATE SET
    folder = excluded.folder, parent = excluded.parent, metrics = excluded.metrics, licence = excluded.licence,
    data_sha256 = excluded.data_sha256, threshold = excluded.threshold, ask_from = excluded.ask_from,
    same_from = excluded.same_from;

-- list --
-- Every model that was ever in force or ready to be.
SELECT model_id, folder, dimensions, parent, licence, data_sha256, metrics, threshold, ask_from, same_from,
    created_at
FROM embedding_models ORDER BY created_at, model_id;

-- same_from --
-- From which cosine on two texts say the same to a model; null where that was not measured.
SELECT same_from FROM embedding_models WHERE model_id = $1;

-- in_force --
-- Which model is in force, and which is being loaded beside it; with where each lies.
SELECT f.model_id, ours.folder, f.warming, next.folder AS warming_folder, f.since
FROM embedding_in_force f
LEFT JOIN embedding_models ours ON ours.model_id = f.model_id
LEFT JOIN embedding_models next ON next.model_id = f.warming;

-- hold --
-- The model in force, which stays so until the transaction ends: whoever writes passages asks.
SELECT model_id FROM embedding_in_force FOR SHARE;

-- hold_alone --
-- The same for whoever puts another model in force; waits until those who write passages have written.
SELECT model_id FROM embedding_in_force FOR UPDATE;

-- warm --
-- Ask every replica to load a model ($1) beside the one in force; null: no longer.
UPDATE embedding_in_force SET warming = $1;

-- put_in_force --
-- From now on queries and passages are those of this model.
UPDATE embedding_in_force SET model_id = $1, warming = NULL, since = now();

-- note_switch --
-- Keep that a model ($2) has taken another's ($3) place.
INSERT INTO embedding_switches (id, model_id, replaced, kind) VALUES ($1, $2, $3, $4);

-- switches --
-- Every change of the model in force, the newest first.
-- report
SELECT model_id, replaced, kind, at FROM embedding_switches ORDER BY at DESC, id DESC;

-- replaced_by --
-- The model whose place this one took when it was promoted last.
SELECT replaced FROM embedding_switches WHERE model_id = $1 AND kind = 'promote' ORDER BY at DESC LIMIT 1;

-- report_replica --
-- What a replica has loaded.
INSERT INTO embedding_replicas (replica, serves, warm, problem) VALUES ($1, $2, $3, $4)
ON CONFLICT (replica) DO UPDATE SET
    serves = excluded.serves, warm = excluded.warm, problem = excluded.problem, seen_at = now();

-- forget_replica --
-- A replica ends in good order.
DELETE FROM embedding_replicas WHERE replica = $1;

-- replicas --
-- The replicas that were heard of within $1 seconds; what is older goes.
WITH gone AS (DELETE FROM embedding_replicas WHERE seen_at < now() - make_interval(secs => $1 * 60))
SELECT replica, serves, warm, problem FROM embedding_replicas
WHERE seen_at >= now() - make_interval(secs => $1) ORDER BY replica;

-- try_lock --
-- True for the one session that may put a model in force; it has the lock until its connection ends or is given back.
SELECT pg_try_advisory_lock(4511014);

-- index_passages --
-- Make the index of a model's passages; the same again does nothing.
SELECT index_passages($1, $2);

-- missing --
-- The passages of a model ($1) that another ($2) has not, or has as they were before; at most $3.
SELECT ours.slug, ours.title, ours.category, ours.content, ours.source, ours.content_hash, ours.origin
FROM knowledge_base ours LEFT JOIN knowledge_base theirs
    ON theirs.embedding_model = $2 AND theirs.slug = ours.slug AND theirs.origin = ours.origin
    AND theirs.content_hash = ours.content_hash
WHERE ours.embedding_model = $1 AND theirs.id IS NULL
ORDER BY ours.slug LIMIT $3;

-- keep_sources --
-- Which of these passages ($2, slugs) a model ($1) has, which keeps them until the transaction ends.
SELECT slug, content_hash, origin FROM knowledge_base WHERE embedding_model = $1 AND slug = ANY ($2::text[])
ORDER BY slug FOR KEY SHARE;

-- remove_surplus --
-- Remove the passages of a model ($2) that another ($1) does not have any more.
DELETE FROM knowledge_base theirs WHERE theirs.embedding_model = $2 AND NOT EXISTS (
    SELECT FROM knowledge_base ours WHERE ours.embedding_model = $1 AND ours.slug = theirs.slug
);

-- count_passages --
-- How many passages a model has.
SELECT count(*) FROM knowledge_base WHERE embedding_model = $1;

-- delete_passages --
-- Delete passages of a model ($1), at most $2.
WITH passages_deleted AS (
    DELETE FROM knowledge_base WHERE id = ANY (ARRAY (
        SELECT id FROM knowledge_base WHERE embedding_model = $1 LIMIT $2)) RETURNING id
)
SELECT count(*) FROM passages_deleted;

-- drop_passages_index --
-- Drop the index of a model's passages; fails when searches do not make way for two seconds.
SELECT drop_passages_index($1);

-- forget --
-- Strike a model off the list, with what it found in the shadow.
WITH version_deleted AS (DELETE FROM knowledge_versions WHERE embedding_model = $1)
DELETE FROM embedding_models WHERE model_id = $1;

-- vectors --
-- How many passages each model has, registered or not.
-- report
SELECT embedding_model, count(*) AS passages FROM knowledge_base GROUP BY embedding_model ORDER BY embedding_model;
