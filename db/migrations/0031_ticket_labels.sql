-- What a ticket is about and how much it presses: of a mail or a WhatsApp message the model reads it off, the staff correct.

-- Null: the customer chose them in the form, or nobody has yet.
ALTER TABLE tickets ADD COLUMN labelled_by text;
ALTER TABLE tickets ADD CONSTRAINT tickets_labelled_by_check CHECK (labelled_by IN ('model', 'staff')) NOT VALID;
ALTER TABLE tickets VALIDATE CONSTRAINT tickets_labelled_by_check;
ALTER TABLE tickets ALTER COLUMN category SET DEFAULT 'general';

-- A correction is an action of the staff: who, when, and in its detail the labels before and after.
-- The list of actions only grows.
-- squawk-ignore ban-drop-constraint
ALTER TABLE staff_actions DROP CONSTRAINT staff_actions_action_check;
ALTER TABLE staff_actions ADD CONSTRAINT staff_actions_action_check
    CHECK (action IN ('take_over', 'reply', 'release', 'resolve', 'close', 'approve', 'label')) NOT VALID;
ALTER TABLE staff_actions VALIDATE CONSTRAINT staff_actions_action_check;

-- Who corrects a ticket's labels has not taken its hand-over: often it goes to another queue by that.
DROP TRIGGER staff_actions_named ON staff_actions;
CREATE TRIGGER staff_actions_named AFTER INSERT ON staff_actions
    FOR EACH ROW WHEN (NEW.action <> 'label') EXECUTE FUNCTION name_staff_action();
