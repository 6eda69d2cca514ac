-- What the agent drafted because a person asked it to, for a conversation that waits for them; '' where nothing answered.
-- Nothing of it is sent: the person's reply is. It goes with its conversation.
CREATE TABLE requested_drafts (
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    actor           text NOT NULL,
    body            text NOT NULL,
    reason          text,
    rule            text NOT NULL,
    scores          jsonb NOT NULL DEFAULT '{}',
    passages        jsonb NOT NULL DEFAULT '[]',
    sources         jsonb NOT NULL DEFAULT '[]',
    model           text NOT NULL,
    prompt_version  text NOT NULL DEFAULT '',
    usage           jsonb NOT NULL DEFAULT '{}',
    model_ms        double precision NOT NULL DEFAULT 0,
    latency_ms      double precision NOT NULL DEFAULT 0,
    -- The reply that it became, as it was or edited.
    message_id      uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((body = '') = (reason IS NOT NULL))
);
CREATE INDEX requested_drafts_conversation ON requested_drafts (conversation_id, created_at);
CREATE INDEX requested_drafts_created ON requested_drafts (created_at);
