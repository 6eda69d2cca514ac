-- What a model found in the shadow stays when the model that it was compared with is removed.
-- squawk-ignore ban-drop-constraint
ALTER TABLE shadow_runs DROP CONSTRAINT shadow_runs_base_fkey;

-- As in 0050; first the passages are locked, so that a copy that is being made of one (embeddings.beside) is there for the
-- deletion to see.
CREATE OR REPLACE FUNCTION forget_learned() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM FROM knowledge_base WHERE origin = 'learned:' || OLD.slug ORDER BY id FOR UPDATE;
    WITH gone AS (DELETE FROM knowledge_base WHERE origin = 'learned:' || OLD.slug RETURNING embedding_model)
    INSERT INTO knowledge_versions (embedding_model, version) SELECT DISTINCT embedding_model, 1 FROM gone
    ON CONFLICT (embedding_model) DO UPDATE SET version = knowledge_versions.version + 1;
    UPDATE hand_overs h SET learned = NULL FROM learned_askings a
    WHERE a.entry_id = OLD.id AND a.ticket_id <> OLD.ticket_id AND h.ticket_id = a.ticket_id AND h.learned = 'entry';
    RETURN OLD;
END
$body$;
