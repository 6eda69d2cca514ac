-- What customers wrote may train the desk's own models where the company allows it; who objects is left out.

-- Since when the customer wants nothing of theirs learned from; null: no objection.
ALTER TABLE customers ADD COLUMN training_objection timestamptz;
