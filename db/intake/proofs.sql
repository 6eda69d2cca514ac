-- claim --
-- Use a proof of work ($1) for the form with this key ($2); no row when another form came with it. It is forgotten once
-- it has expired ($3), for it passes no longer then.
INSERT INTO used_proofs AS u (proof, key, expires) VALUES ($1, $2, $3)
ON CONFLICT (proof) DO UPDATE SET expires = u.expires WHERE u.key = EXCLUDED.key
RETURNING u.proof;

-- delete_expired --
-- Delete the $2 oldest proofs that expired before $1.
WITH proofs_deleted AS (
    DELETE FROM used_proofs WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM used_proofs WHERE expires < $1 ORDER BY expires LIMIT $2)) RETURNING proof
)
SELECT count(*) FROM proofs_deleted;
