-- People take conversations over, answer, give them back and end them; the agent's words may wait for their approval.

-- Who of the staff has the conversation now; null: the agent, or nobody yet.
ALTER TABLE conversations ADD COLUMN assignee text;

-- Lists for the staff: the newest first.
CREATE INDEX conversations_newest ON conversations (owner, updated_at DESC, id);

-- What people did, for good: rows are added and never changed. They go only with an erased conversation.
CREATE TABLE staff_actions (
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    actor           text NOT NULL,
    action          text NOT NULL CHECK (action IN ('take_over', 'reply', 'release', 'resolve', 'close', 'approve')),
    message_id      uuid,
    detail          jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX staff_actions_conversation ON staff_actions (conversation_id, created_at, id);
CREATE INDEX staff_actions_message ON staff_actions (message_id) WHERE message_id IS NOT NULL;

CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER staff_actions_append_only BEFORE UPDATE ON staff_actions
    FOR EACH ROW EXECUTE FUNCTION never_changed();

-- A draft is the agent's word that a person has to approve. It is no message yet: nobody was told anything.
-- squawk-ignore ban-drop-not-null
ALTER TABLE outbox ALTER COLUMN message_id DROP NOT NULL;
-- The lists of states only grow.
-- squawk-ignore ban-drop-constraint
ALTER TABLE outbox DROP CONSTRAINT outbox_state_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_check
    CHECK (state IN ('ready', 'sending', 'sent', 'failed', 'unknown', 'parked', 'cancelled', 'draft')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_state_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_says_its_message
    CHECK (message_id IS NOT NULL OR state IN ('draft', 'cancelled')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_says_its_message;
CREATE INDEX outbox_drafts ON outbox (conversation_id, id) WHERE state = 'draft';

-- squawk-ignore ban-drop-constraint
ALTER TABLE inbox DROP CONSTRAINT inbox_state_check;
ALTER TABLE inbox ADD CONSTRAINT inbox_state_check
    CHECK (state IN ('waiting', 'drafted', 'answered', 'escalated', 'held', 'absorbed', 'dead', 'ignored')) NOT VALID;
ALTER TABLE inbox VALIDATE CONSTRAINT inbox_state_check;

CREATE INDEX inbox_held ON inbox (conversation_id, received_at) WHERE state IN ('held', 'drafted');
