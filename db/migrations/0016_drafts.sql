-- The team hears of drafts that wait for approval, as it hears of hand-overs.

-- Where a draft is looked for: the last one of each conversation that the agent has. One behind which another waits is
-- superseded, and in a conversation of people's the hand-over's own clock runs.
CREATE VIEW waiting_drafts AS
SELECT o.id, o.conversation_id, o.ticket_id, o.channel
FROM outbox o JOIN conversations c ON c.id = o.conversation_id
WHERE o.state = 'draft' AND c.owner = 'agent'
  AND NOT EXISTS (SELECT FROM outbox later
                  WHERE later.conversation_id = o.conversation_id AND later.state = 'draft' AND later.id > o.id);

-- `due_at` is when a person must have looked at it, `warn_at` when that comes near; the reporting node stamps both.
CREATE TABLE draft_clocks (
    outbox_id   uuid PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    severity    text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    queue       text NOT NULL CHECK (queue IN ('billing', 'legal', 'technical', 'general')),
    warn_at     timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    warned_at   timestamptz,
    breached_at timestamptz
);

ALTER TABLE notifications ADD COLUMN draft_id uuid;
ALTER TABLE notifications ADD CONSTRAINT notifications_draft_id_fkey
    FOREIGN KEY (draft_id) REFERENCES outbox (id) ON DELETE CASCADE NOT VALID;
ALTER TABLE notifications VALIDATE CONSTRAINT notifications_draft_id_fkey;
CREATE INDEX notifications_draft ON notifications (draft_id) WHERE draft_id IS NOT NULL;
