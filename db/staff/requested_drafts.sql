-- add --
-- Keep a draft that a person has asked for, with what it rests on and what it took.
-- $1 draft, $2 conversation, $3 who asked, $4 text, $5 why there is none, $6 rule, $7 scores, $8 passages, $9 sources,
-- $10 model, $11 version of its prompt, $12 usage, $13 the model's milliseconds, $14 all milliseconds
INSERT INTO requested_drafts (id, conversation_id, actor, body, reason, rule, scores, passages, sources, model,
                              prompt_version, usage, model_ms, latency_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- use --
-- A draft became this reply: it is said of the draft, and where the person has changed it, the agent's own text is kept
-- beside theirs. $1 draft, $2 conversation, $3 the reply's message, $4 the text as the person wrote it
WITH draft_used AS (
    UPDATE requested_drafts SET message_id = $3 WHERE id = $1 AND conversation_id = $2 AND body <> ''
    RETURNING id, body
), own_text_kept AS (
    UPDATE outbox o SET metadata = o.metadata || jsonb_build_object('draft', draft_used.body)
    FROM draft_used WHERE o.message_id = $3 AND draft_used.body <> $4
)
SELECT id FROM draft_used;

-- of_conversation --
-- The drafts that people have asked for in a conversation, oldest first.
SELECT id AS draft_id, actor AS staff, body AS text, reason, model, usage, message_id, created_at
FROM requested_drafts WHERE conversation_id = $1 ORDER BY created_at, id;
