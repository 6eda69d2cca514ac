-- add --
-- Store the files of a message and name them in its metadata, where those of every channel stand.
-- $1 message, $2 … $5 names, types, sizes, contents (null: they are in the folder)
WITH given AS (
    SELECT file.n - 1 AS n, file.filename, file.content_type, file.size, file.content
    FROM unnest($2::text[], $3::text[], $4::integer[], $5::bytea[])
         WITH ORDINALITY AS file (filename, content_type, size, content, n)
), files_stored AS (
    INSERT INTO message_files (message_id, n, content) SELECT $1, given.n, given.content FROM given
)
UPDATE messages m SET metadata = m.metadata || jsonb_build_object('attachments', (
    SELECT jsonb_agg(jsonb_build_object('filename', given.filename, 'content_type', given.content_type,
                                        'size', given.size) ORDER BY given.n) FROM given))
WHERE m.id = $1;

-- content --
-- The bytes of the n-th file ($2, from 0) of a message, null where they are in the folder; no row once they are deleted.
SELECT f.content FROM message_files f WHERE f.message_id = $1 AND f.n = $2;

-- known --
-- Which of these files ($1 messages, $2 numbers) are there.
SELECT f.message_id, f.n FROM message_files f JOIN unnest($1::uuid[], $2::smallint[]) AS file (message_id, n)
    USING (message_id, n);

-- delete_before --
-- Delete the bytes of the $2 oldest files received before $1. That there was a file stays with its message.
WITH files_deleted AS (
    DELETE FROM message_files WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM message_files WHERE received_at < $1 ORDER BY received_at LIMIT $2)) RETURNING n
)
SELECT count(*) FROM files_deleted;
