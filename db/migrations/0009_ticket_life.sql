-- The life of a ticket, the clock of a hand-over, and what the team is told of both.

-- The legal steps: this table and nothing else says them. `usually_by` is who makes the step where the statement that
-- makes it does not say (tickets.moved_by).
CREATE TABLE ticket_steps (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    usually_by  text NOT NULL CHECK (usually_by IN ('customer', 'agent', 'staff', 'system')),
    PRIMARY KEY (from_status, to_status)
);
INSERT INTO ticket_steps (from_status, to_status, usually_by) VALUES
    ('open',       'processing', 'agent'),     -- a turn begins
    ('open',       'escalated',  'system'),    -- a follow-up to a person, or a person was faster than the agent
    ('open',       'waiting',    'staff'),     -- an older draft is approved
    ('processing', 'waiting',    'agent'),     -- answered: the customer's turn
    ('processing', 'escalated',  'agent'),     -- handed over
    ('processing', 'resolved',   'staff'),     -- a person had its draft before him
    ('processing', 'closed',     'staff'),
    ('waiting',    'open',       'customer'),  -- a follow-up
    ('waiting',    'processing', 'agent'),     -- a message is gone through once more
    ('waiting',    'escalated',  'system'),    -- the answer could not be delivered, or a person takes over
    ('waiting',    'resolved',   'system'),    -- nobody wrote any more; a person or the customer may say so before
    ('waiting',    'closed',     'staff'),     -- closed without being resolved: never counted as resolved
    ('escalated',  'open',       'staff'),     -- released with a message that waits
    ('escalated',  'processing', 'agent'),     -- released, and the turn begins
    ('escalated',  'waiting',    'staff'),     -- answered by a person, or released
    ('escalated',  'resolved',   'staff'),
    ('escalated',  'closed',     'staff'),
    ('resolved',   'open',       'customer'),  -- a follow-up reopens
    ('resolved',   'processing', 'agent'),
    ('resolved',   'escalated',  'system'),    -- a follow-up to a person, or the last answer came back
    ('resolved',   'closed',     'system');    -- closed is final: nothing leads out of it

ALTER TABLE tickets ADD COLUMN status_since timestamptz NOT NULL DEFAULT now();
-- Who makes the step of the statement that writes it: 'customer', 'agent', 'system' or 'staff'. The trigger takes it
-- into the history and leaves null.
ALTER TABLE tickets ADD COLUMN moved_by text;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tickets_idle ON tickets (status, status_since) WHERE status IN ('waiting', 'resolved');

CREATE TABLE ticket_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id   uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    from_status text,
    to_status   text NOT NULL,
    actor       text NOT NULL CHECK (actor IN ('customer', 'agent', 'staff', 'system')),
    staff_name  text,
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ticket_history_ticket ON ticket_history (ticket_id, id);
CREATE INDEX ticket_history_ends ON ticket_history (at) WHERE to_status IN ('resolved', 'closed');
INSERT INTO ticket_history (ticket_id, to_status, actor, at) SELECT id, status, 'system', updated_at FROM tickets;

-- One row from the moment a ticket goes to people until it leaves them. `due_at` is when a person must have taken it,
-- `warn_at` when that comes near; both are stamped by the reporting node, which knows the support hours.
CREATE TABLE hand_overs (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id       uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    reason          text,
    severity        text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    queue           text NOT NULL CHECK (queue IN ('billing', 'legal', 'technical', 'general')),
    started_at      timestamptz NOT NULL DEFAULT now(),
    warn_at         timestamptz,
    due_at          timestamptz,
    taken_at        timestamptz,
    taken_by        text,
    warned_at       timestamptz,
    breached_at     timestamptz,
    ended_at        timestamptz
);
CREATE UNIQUE INDEX hand_overs_open ON hand_overs (ticket_id) WHERE ended_at IS NULL;
CREATE INDEX hand_overs_conversation ON hand_overs (conversation_id);
CREATE INDEX hand_overs_untaken ON hand_overs (due_at) WHERE taken_at IS NULL AND ended_at IS NULL;
CREATE INDEX hand_overs_unstamped ON hand_overs (started_at) WHERE due_at IS NULL;
INSERT INTO hand_overs (ticket_id, conversation_id, reason, severity, queue)
SELECT id, conversation_id, escalation_reason, COALESCE(severity, 'medium'), COALESCE(queue, 'general')
FROM tickets WHERE status = 'escalated';

-- A channel's next message finds no slot of a closed ticket and opens a new one. A slot that a message holds at this
-- moment, or a message that waits, keeps the ticket open: nobody would answer it any more.
CREATE FUNCTION let_ticket_close(closing tickets) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM conversation_slots WHERE key IN (
        SELECT key FROM conversation_slots WHERE ticket_id = closing.id FOR UPDATE SKIP LOCKED);
    IF EXISTS (SELECT FROM conversation_slots WHERE ticket_id = closing.id)
       OR EXISTS (SELECT FROM inbox WHERE ticket_id = closing.id AND state = 'waiting') THEN
        RAISE EXCEPTION 'ticket % cannot close: a message of the customer''s waits in it', closing.number
            USING ERRCODE = 'check_violation', TABLE = 'tickets', CONSTRAINT = 'ticket_life';
    END IF;
END $$;

CREATE FUNCTION take_ticket_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mover text := NEW.moved_by;
BEGIN
    NEW.moved_by := NULL;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    SELECT COALESCE(mover, usually_by) INTO mover
    FROM ticket_steps WHERE from_status = OLD.status AND to_status = NEW.status;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket % is %: it cannot become %', OLD.number, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', TABLE = 'tickets', CONSTRAINT = 'ticket_life';
    END IF;
    IF NEW.status = 'closed' THEN
        PERFORM let_ticket_close(OLD);
    END IF;
    NEW.status_since := now();
    NEW.resolved_at := CASE NEW.status WHEN 'resolved' THEN now() WHEN 'closed' THEN OLD.resolved_at END;
    INSERT INTO ticket_history (ticket_id, from_status, to_status, actor) VALUES (NEW.id, OLD.status, NEW.status, mover);
    IF NEW.status = 'escalated' THEN
        INSERT INTO hand_overs (ticket_id, conversation_id, reason, severity, queue, taken_at)
        VALUES (NEW.id, NEW.conversation_id, NEW.escalation_reason, COALESCE(NEW.severity, 'medium'),
                COALESCE(NEW.queue, 'general'), CASE WHEN mover = 'staff' THEN now() END)
        ON CONFLICT (ticket_id) WHERE ended_at IS NULL DO NOTHING;
    ELSIF OLD.status = 'escalated' THEN
        UPDATE hand_overs SET ended_at = now(), taken_at = COALESCE(taken_at, CASE WHEN mover = 'staff' THEN now() END)
        WHERE ticket_id = NEW.id AND ended_at IS NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_step BEFORE UPDATE OF status ON tickets FOR EACH ROW EXECUTE FUNCTION take_ticket_step();

CREATE FUNCTION open_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_history (ticket_id, to_status, actor) VALUES (NEW.id, NEW.status, 'customer');
    RETURN NULL;
END $$;
CREATE TRIGGER tickets_open AFTER INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION open_ticket();

-- Whoever writes to the customer has taken the hand-over, whatever door he came through.
CREATE FUNCTION take_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hand_overs SET taken_at = now()
    WHERE conversation_id = NEW.conversation_id AND taken_at IS NULL AND ended_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER messages_by_staff AFTER INSERT ON messages
    FOR EACH ROW WHEN (NEW.author = 'staff') EXECUTE FUNCTION take_hand_over();

-- What a person does to a conversation he does by name: the steps of the same transaction are his, and so is the
-- hand-over. Times of one transaction are equal.
CREATE FUNCTION name_staff_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket_history h SET actor = 'staff', staff_name = NEW.actor
    FROM tickets t WHERE t.conversation_id = NEW.conversation_id AND h.ticket_id = t.id AND h.at = now();
    UPDATE hand_overs SET taken_at = COALESCE(taken_at, now()), taken_by = COALESCE(taken_by, NEW.actor)
    WHERE conversation_id = NEW.conversation_id AND (ended_at IS NULL OR ended_at = now());
    RETURN NULL;
END $$;
CREATE TRIGGER staff_actions_named AFTER INSERT ON staff_actions FOR EACH ROW EXECUTE FUNCTION name_staff_action();

-- What the team is told, once for each key; `reached` are the addressees that have it (fingerprints, never addresses).
-- 'unsent': nobody was to be told; 'withdrawn': a person had taken the hand-over before it was announced.
CREATE TABLE notifications (
    key          text PRIMARY KEY,
    hand_over_id uuid REFERENCES hand_overs (id) ON DELETE CASCADE,
    urgent       boolean NOT NULL DEFAULT false,
    body         text NOT NULL,
    state        text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'sent', 'failed', 'unsent', 'withdrawn')),
    due_at       timestamptz NOT NULL DEFAULT now(),
    lease_until  timestamptz,
    attempts     integer NOT NULL DEFAULT 0,
    reached      text[] NOT NULL DEFAULT '{}',
    last_error   text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz
);
CREATE INDEX notifications_ready ON notifications (due_at) WHERE state = 'ready';
CREATE INDEX notifications_hand_over ON notifications (hand_over_id) WHERE hand_over_id IS NOT NULL;
CREATE INDEX notifications_created ON notifications (created_at);
