-- find --
-- The n-th file ($3, from 0) of a message in a conversation, and by what its provider knows it.
SELECT m.channel, m.provider_message_id, f.file ->> 'filename' AS filename, f.file ->> 'content_type' AS content_type,
       NULLIF(i.payload -> 'metadata' -> 'media' ->> $3::integer, '') AS media_id
FROM messages m
CROSS JOIN LATERAL (SELECT m.metadata -> 'attachments' -> $3::integer AS file) f
LEFT JOIN inbox i ON i.message_id = m.id
WHERE m.id = $2 AND m.conversation_id = $1 AND f.file IS NOT NULL AND m.provider_message_id IS NOT NULL;

-- record_opening --
-- Record that a person opens a file.
-- $1 id, $2 conversation, $3 message, $4 n, $5 actor
INSERT INTO file_openings (id, conversation_id, message_id, n, actor) VALUES ($1, $2, $3, $4, $5);

-- openings --
-- Who opened which files of a conversation, oldest first.
SELECT message_id, n, actor AS staff, opened_at FROM file_openings WHERE conversation_id = $1
ORDER BY opened_at, id LIMIT $2;
