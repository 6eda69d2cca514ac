-- in_force --
-- What is tuned: the newest change of each name.
SELECT DISTINCT ON (name) name, after FROM tuning_changes ORDER BY name, number DESC;

-- hold --
-- Let nobody else change anything until the transaction ends; reading goes on.
LOCK TABLE tuning_changes IN SHARE ROW EXCLUSIVE MODE;

-- change --
-- Note a change, which puts it in force.
INSERT INTO tuning_changes (name, before, after, who, note, undoes) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING number, name, before, after, who, note, undoes, at;

-- last --
-- The newest change of these names that was not undone and undoes none.
SELECT c.number, c.name, c.before, c.after, c.who, c.note, c.undoes, c.at FROM tuning_changes c
WHERE c.name = ANY ($1::text[]) AND c.undoes IS NULL
  AND NOT EXISTS (SELECT FROM tuning_changes u WHERE u.undoes = c.number)
ORDER BY c.number DESC LIMIT 1;

-- changes --
-- Every change, the newest first.
-- report
SELECT number, name, before, after, who, note, undoes, at FROM tuning_changes ORDER BY number DESC;

-- register --
-- Write down a classifier that has passed the gate.
INSERT INTO escalation_models (model_id, folder, parent, data_sha256, metrics) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (model_id) DO UPDATE SET folder = excluded.folder, metrics = excluded.metrics;

-- registered --
-- Every classifier that has passed the gate, the oldest first.
-- report
SELECT model_id, folder, parent, data_sha256, metrics, created_at FROM escalation_models ORDER BY created_at, model_id;
