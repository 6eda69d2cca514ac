-- form_outcomes --
-- The inbox state of the forms with these Idempotency-Keys, and how many replies of the agent's were added and sent.
-- report
SELECT i.provider_message_id AS key, i.state, i.received_at, i.finished_at,
       count(m.id) FILTER (WHERE m.author = 'agent') AS answers,
       count(o.id) FILTER (WHERE o.state = 'sent') AS sent
FROM inbox AS i
LEFT JOIN outbox AS o ON o.inbound_id = i.id
LEFT JOIN messages AS m ON m.id = o.message_id
WHERE i.provider = 'web_form' AND i.provider_message_id = ANY ($1::text[])
GROUP BY i.id;

-- count_unfinished --
-- How many of the forms with these keys still wait for their reply.
-- report
SELECT count(*) FROM inbox WHERE provider_message_id = ANY ($1::text[]) AND state = 'waiting';

-- count_answered --
-- How many of the forms with these keys have a reply that their customer can read.
-- report
SELECT count(*) FROM inbox AS i
WHERE i.provider = 'web_form' AND i.provider_message_id = ANY ($1::text[])
  AND EXISTS (SELECT FROM outbox AS o WHERE o.inbound_id = i.id AND o.message_id IS NOT NULL);

-- count_other_customers --
-- How many customers no benchmark has made (evaluation/benchmarks/load.py names those).
-- report
SELECT count(*) FROM customers WHERE filing_key NOT LIKE 'email:load-%@example.com';

-- replies --
-- What the agent replied to the forms with these keys, with the number of the ticket.
-- report
SELECT o.channel, m.content AS text, t.number
FROM inbox AS i JOIN outbox AS o ON o.inbound_id = i.id JOIN messages AS m ON m.id = o.message_id
JOIN tickets AS t ON t.id = o.ticket_id
WHERE i.provider = 'web_form' AND i.provider_message_id = ANY ($1::text[]) AND m.author = 'agent'
ORDER BY t.number;

-- count_calls --
-- How often the agent used a tool in the turns of the forms with these keys.
-- report
SELECT count(*) FROM decision_records AS d
JOIN inbox AS i ON i.id = d.inbox_id
CROSS JOIN LATERAL jsonb_array_elements(d.tool_calls) AS call
WHERE i.provider_message_id = ANY ($1::text[]) AND call.value ->> 'name' = $2;

-- stage_times --
-- Median and 95th percentile of each stage of these forms' turns, in milliseconds.
-- report
SELECT stage.key AS stage,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY stage.value::double precision) AS p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY stage.value::double precision) AS p95
FROM decision_records AS d
JOIN inbox AS i ON i.id = d.inbox_id
CROSS JOIN LATERAL jsonb_each_text(d.stages_ms) AS stage
WHERE i.provider_message_id = ANY ($1::text[])
GROUP BY stage.key
ORDER BY min(d.created_at), stage.key;

-- kept --
-- Bytes of all tables, with their indexes, but of those ($1) that keep their rows for a time only.
-- report
SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1::text[]);

-- writes --
-- What was written so far: bytes of WAL (of the whole server), and this database's rows and transactions.
-- report
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal_bytes, tup_inserted AS inserted,
       tup_updated AS updated, tup_deleted AS deleted, xact_commit AS transactions
FROM pg_stat_database WHERE datname = current_database();
