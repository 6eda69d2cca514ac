-- start --
-- Begin a run of a model ($2) beside the one in service ($3) for a share ($4) of the turns, until $5.
INSERT INTO shadow_runs (id, model_id, base, share, until) VALUES ($1, $2, $3, $4, $5);

-- running --
-- The run that is on, with where its two models lie.
SELECT r.id, r.model_id, shadow.folder, r.base, base.folder AS base_folder, r.share, r.started_at, r.until, r.ended_at,
       r.ended_why, r.dropped, r.failed, r.problem
FROM shadow_runs r
JOIN embedding_models shadow ON shadow.model_id = r.model_id
LEFT JOIN embedding_models base ON base.model_id = r.base
WHERE r.ended_at IS NULL;

-- last --
-- The run that began last.
-- report
SELECT r.id, r.model_id, shadow.folder, r.base, base.folder AS base_folder, r.share, r.started_at, r.until, r.ended_at,
       r.ended_why, r.dropped, r.failed, r.problem
FROM shadow_runs r
JOIN embedding_models shadow ON shadow.model_id = r.model_id
LEFT JOIN embedding_models base ON base.model_id = r.base
ORDER BY r.started_at DESC LIMIT 1;

-- end --
-- End the run that is on, if it is $2 (null: whichever it is), for a reason ($1); null: none is.
UPDATE shadow_runs SET ended_at = now(), ended_why = $1 WHERE ended_at IS NULL AND id = coalesce($2, id)
RETURNING model_id;

-- hold --
-- The run ($1), which is on and stays so until the transaction ends.
SELECT id FROM shadow_runs WHERE id = $1 AND ended_at IS NULL FOR SHARE;

-- drop_late --
-- Pass over the turns of the share that were decided more than $2 seconds ago and not looked at; counts them.
WITH late AS (
    SELECT r.id, count(d.id) AS turns FROM shadow_runs r LEFT JOIN decision_records d
        ON (d.created_at, d.inbox_id) > (r.looked_at, r.looked_id) AND d.created_at < now() - make_interval(secs => $2)
        AND (hashtextextended(d.inbox_id::text, 0) & 1048575) < r.share * 1048576
        AND d.tool_calls @> '[{"name": "search_knowledge_base", "ok": true}]'
    WHERE r.id = $1 AND r.looked_at < now() - make_interval(secs => $2) GROUP BY r.id
)
UPDATE shadow_runs r SET dropped = r.dropped + late.turns, looked_at = now() - make_interval(secs => $2)
FROM late WHERE r.id = late.id;

-- due --
-- The next turns of the share that searched, the oldest first, at most $2; those of the last $3 seconds may still be
-- overtaken by one that is being written.
SELECT d.inbox_id, d.created_at, d.tool_calls
FROM shadow_runs r JOIN decision_records d
    ON (d.created_at, d.inbox_id) > (r.looked_at, r.looked_id) AND d.created_at < now() - make_interval(secs => $3)
    AND (hashtextextended(d.inbox_id::text, 0) & 1048575) < r.share * 1048576
    AND d.tool_calls @> '[{"name": "search_knowledge_base", "ok": true}]'
WHERE r.id = $1 ORDER BY d.created_at, d.inbox_id LIMIT $2;

-- looked --
-- The run ($1) has looked at a turn ($2, decided at $3).
UPDATE shadow_runs SET looked_id = $2, looked_at = $3 WHERE id = $1;

-- failed --
-- Looking at a turn has failed, for that reason.
UPDATE shadow_runs SET failed = failed + 1, problem = $2 WHERE id = $1;

-- problem --
-- Say what keeps the run from looking at turns; '': nothing any more.
UPDATE shadow_runs SET problem = $2 WHERE id = $1 AND problem <> $2;

-- note --
-- What both models found for a turn; nothing where it was erased meanwhile.
-- $1 turn, $2 run, $3 to $5 of the model in service, $6 to $8 of the other, $9 that one's milliseconds
INSERT INTO shadow_comparisons (inbox_id, run_id, base_slug, base_share, base_outcome, shadow_slug, shadow_share,
                                shadow_outcome, shadow_ms)
SELECT i.id, $2::uuid, $3::text, $4::double precision, $5::text, $6::text, $7::double precision, $8::text,
       $9::double precision
FROM inbox i WHERE i.id = $1 FOR KEY SHARE
ON CONFLICT DO NOTHING;

-- comparisons --
-- What a run has compared, the newest first: the ticket, and the titles of the passages as they are called now.
-- report
SELECT t.number AS ticket, s.created_at,
       s.base_slug, (SELECT k.title FROM knowledge_base k WHERE k.slug = s.base_slug LIMIT 1) AS base_title,
       s.base_share, s.base_outcome,
       s.shadow_slug, (SELECT k.title FROM knowledge_base k WHERE k.slug = s.shadow_slug LIMIT 1) AS shadow_title,
       s.shadow_share, s.shadow_outcome, s.shadow_ms
FROM shadow_comparisons s JOIN inbox i ON i.id = s.inbox_id JOIN tickets t ON t.id = i.ticket_id
WHERE s.run_id = $1 ORDER BY s.created_at DESC, s.inbox_id;

-- delete_old --
-- Delete comparisons made before $1, the $2 oldest.
WITH comparisons_deleted AS (
    DELETE FROM shadow_comparisons WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM shadow_comparisons WHERE created_at < $1 ORDER BY created_at LIMIT $2)) RETURNING run_id
)
SELECT count(*) FROM comparisons_deleted;
