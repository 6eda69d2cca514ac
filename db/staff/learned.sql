-- due --
-- Hand-overs that ended since $1 with a resolved ticket and that nobody has learned from, the oldest first, at most $2:
-- what the customer had asked, unless they object (null), and what people replied.
SELECT h.id AS hand_over_id, h.ticket_id, h.channel, h.subject, h.reason, t.text, COALESCE(t.names, '{}') AS names,
       ARRAY(SELECT DISTINCT a.actor FROM staff_actions a WHERE a.conversation_id = h.conversation_id) AS staff,
       ARRAY(SELECT COALESCE((SELECT o.metadata ->> 'written' FROM outbox o WHERE o.message_id = m.id LIMIT 1), m.content)
             FROM messages m
             WHERE m.ticket_id = h.ticket_id AND m.author = 'staff' AND m.delivery_status IS DISTINCT FROM 'cancelled'
             ORDER BY m.created_at, m.id LIMIT 20) AS replies
FROM (SELECT h.id, h.ticket_id, h.conversation_id, h.ended_at, s.source_channel AS channel, s.subject,
             COALESCE(h.reason, s.escalation_reason) AS reason
      FROM hand_overs h JOIN tickets s ON s.id = h.ticket_id
      WHERE h.learned IS NULL AND h.ended_at >= $1 AND s.status IN ('resolved', 'closed')
      ORDER BY h.ended_at LIMIT $2) h
LEFT JOIN training_tickets t ON t.id = h.ticket_id
ORDER BY h.ended_at;

-- mark --
-- Note what became of a look at a hand-over.
UPDATE hand_overs SET learned = $2 WHERE id = $1;

-- nearest --
-- The entry whose title and answer are nearest to a vector ($2) of this model, whatever became of it.
SELECT id AS entry_id, 1 - (embedding <=> $2) AS cosine FROM learned_entries
WHERE embedding_model = $1 ORDER BY embedding <=> $2 LIMIT 1;

-- add --
-- Keep a candidate, with the ticket that its words come from, unless that ticket was erased meanwhile or has asked before.
WITH entry AS (
    INSERT INTO learned_entries (id, ticket_id, title, answer, source_findings, nearest_title, nearest_cosine,
                                 embedding_model, embedding)
    SELECT $1, id, $3, $4, $5, $6, $7, $8, $9 FROM tickets WHERE id = $2
    ON CONFLICT (ticket_id) DO NOTHING RETURNING id, ticket_id
)
INSERT INTO learned_askings (ticket_id, entry_id) SELECT ticket_id, id FROM entry ON CONFLICT (ticket_id) DO NOTHING;

-- ask_again --
-- Another ticket has asked for an entry.
INSERT INTO learned_askings (ticket_id, entry_id)
SELECT t.id, e.id FROM tickets t, learned_entries e WHERE t.id = $1 AND e.id = $2 ON CONFLICT (ticket_id) DO NOTHING;

-- count_waiting --
-- How many candidates nobody has decided on.
SELECT count(*) FROM learned_entries WHERE state = 'candidate';

-- of_other_models --
-- Entries whose vectors are another model's than $1, at most $2.
SELECT id AS entry_id, title, answer FROM learned_entries WHERE embedding_model <> $1 ORDER BY id LIMIT $2;

-- renew --
-- Give an entry the vector of another model, unless somebody has changed its words meanwhile.
UPDATE learned_entries SET embedding_model = $2, embedding = $3 WHERE id = $1 AND title = $4 AND answer = $5;

-- forget_objected --
-- Delete what was learned from customers who object by now, their own words and those of who was merged with them.
WITH gone AS (DELETE FROM learned_entries e WHERE learning_objected(e.ticket_id) RETURNING e.id)
SELECT count(*) FROM gone;

-- list --
-- The entries in a state ($1), those that most customers asked for first; with what has rested on them since they were
-- approved. Nothing of customers who object. $2: at most so many.
SELECT e.id AS entry_id, e.state, e.version, e.title, e.answer, e.source_findings, e.nearest_title, e.nearest_cosine,
       e.slug, e.decided_by, e.decided_at, e.created_at, asked.tickets, asked.customers, asked.numbers,
       used.answers, used.good, used.bad
FROM learned_entries e
CROSS JOIN LATERAL (
    SELECT count(*) AS tickets, count(DISTINCT t.customer_id) AS customers,
           COALESCE((array_agg(t.number ORDER BY t.created_at DESC))[1:5], '{}') AS numbers
    FROM learned_askings a JOIN tickets t ON t.id = a.ticket_id WHERE a.entry_id = e.id
) asked
CROSS JOIN LATERAL (
    SELECT count(*) AS answers, count(*) FILTER (WHERE r.good) AS good, count(*) FILTER (WHERE NOT r.good) AS bad
    FROM messages m LEFT JOIN ticket_ratings r ON r.ticket_id = m.ticket_id
    WHERE m.sources::text LIKE '%"learned--%' AND m.sources @> jsonb_build_array(e.slug) AND m.author = 'agent'
      AND m.delivery_status IS DISTINCT FROM 'cancelled'
) used
WHERE e.state = $1 AND NOT learning_objected(e.ticket_id)
ORDER BY asked.customers DESC, asked.tickets DESC, e.created_at, e.id LIMIT $2;

-- lock --
-- Lock an entry for a decision; none of customers who object.
SELECT id AS entry_id, state, version, title, answer, source_findings, slug, decided_by FROM learned_entries e
WHERE id = $1 AND NOT learning_objected(e.ticket_id) FOR UPDATE;

-- approve --
-- An entry is in the knowledge base, in these words.
UPDATE learned_entries
SET state = 'approved', version = version + 1, title = $2, answer = $3, slug = $4, embedding_model = $5, embedding = $6,
    decided_by = $7, decided_at = now()
WHERE id = $1;

-- decide --
-- An entry is rejected, or withdrawn.
UPDATE learned_entries SET state = $2, version = version + 1, decided_by = $3, decided_at = now() WHERE id = $1;

-- withdraw_slug --
-- An entry's passage was taken out of the knowledge base by its origin.
UPDATE learned_entries SET state = 'withdrawn', version = version + 1, decided_by = $2, decided_at = now()
WHERE slug = $1 AND state = 'approved';
