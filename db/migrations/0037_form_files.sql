-- The files that came with a web form. Their names and types stand in their message's metadata, as those of mails do;
-- the bytes are here, since no provider has them, or (null) in a folder (FORM_FILES_DIR). They go with their message.
CREATE TABLE message_files (
    message_id  uuid        NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    n           smallint    NOT NULL CHECK (n >= 0),
    content     bytea,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, n)
);
-- Pictures and documents are packed already.
ALTER TABLE message_files ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX message_files_received ON message_files (received_at);

-- The proofs of work that forms were sent with, each for one form: its Idempotency-Key, so that a repeated call passes.
CREATE TABLE used_proofs (
    proof   text        PRIMARY KEY,
    key     text        NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX used_proofs_expires ON used_proofs (expires);
