-- attachment_names --
-- The names of the files attached to messages, in order of arrival.
SELECT file ->> 'filename' AS filename
FROM inbox i, jsonb_array_elements(COALESCE(i.payload -> 'attachments', '[]')) WITH ORDINALITY AS files (file, n)
WHERE i.id = ANY ($1::uuid[])
ORDER BY i.received_at, i.id, n;
