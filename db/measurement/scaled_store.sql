-- A store of some size, in the proportions of a desk in use: few rows are under way, most are done.
-- `scale.customers` is set by the caller; 1.25 conversations, 5 messages, 5 metrics and 5 events come with each.

-- holds_customers --
-- Whether the database is in use.
-- report
SELECT EXISTS (SELECT FROM customers);

-- set_up --
-- The session that fills writes neither by triggers nor at once to the disk.
-- report
SET session_replication_role = replica; SET synchronous_commit = off;
SET maintenance_work_mem = '128MB'; SET default_statistics_target = 30;

-- scale --
-- How many customers there shall be.
-- report
SELECT set_config('scale.customers', $1::text, false);

-- list_indexes --
-- The indexes that no key needs: how each is made and dropped.
-- report
SELECT pg_get_indexdef(indexrelid) AS definition, format('DROP INDEX %s', indexrelid::regclass) AS dropped
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);

-- analyse --
-- What the planner knows of the rows.
-- report
ANALYZE;

-- functions --
CREATE FUNCTION pg_temp.n() RETURNS integer LANGUAGE sql STABLE AS
    $$ SELECT current_setting('scale.customers')::integer $$;
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT (left(md5(kind), 8) || lpad(to_hex(n), 24, '0'))::uuid $$;
-- The n-th of as many moments as `size` in the year before now.
CREATE FUNCTION pg_temp.at(n bigint, size bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT now() - interval '1 year' * (1 - n::double precision / size) $$;

-- people --
-- Customers, and what identifies them: a verified address or number, and a number that their form claimed.
-- report
INSERT INTO customers (id, filing_key, email, phone, name, merged_into, last_seen_at, created_at)
SELECT pg_temp.id('customer', n), 'email:c' || n || '@example.com', 'c' || n || '@example.com', '+49' || n, 'Ann ' || n,
       CASE WHEN n % 10 = 0 THEN pg_temp.id('customer', n - 1) END, now(), pg_temp.at(n, pg_temp.n())
FROM generate_series(1, pg_temp.n()) n;
INSERT INTO customer_identifiers (id, customer_id, type, value, tier, source_channel, verified_at)
SELECT pg_temp.id('identifier', 3 * n + x.place), pg_temp.id('customer', n), x.type, x.value, x.tier, 'email', now()
FROM generate_series(1, pg_temp.n()) n,
     LATERAL (VALUES (0, 'email', 'c' || n || '@example.com', n % 3), (1, 'phone', '+49' || n, 0),
                     (2, 'whatsapp', '+49' || n, 1)) AS x (place, type, value, tier);
INSERT INTO customer_leases (customer_id, token, holder, lease_until)
SELECT pg_temp.id('customer', n), 1, 'worker', '-infinity' FROM generate_series(1, pg_temp.n()) n;

-- conversations --
-- Conversations, each with its ticket; one of a hundred is with the staff.
-- report
INSERT INTO conversations (id, customer_id, channel, sender_key, thread_key, status, owner, sender_verified, created_at,
                           updated_at)
SELECT pg_temp.id('conversation', n), pg_temp.id('customer', 1 + n % pg_temp.n()),
       (ARRAY ['email', 'whatsapp', 'web_form'])[1 + n % 3], 'email:c' || 1 + n % pg_temp.n() || '@example.com',
       CASE WHEN n % 3 = 0 THEN 'thread-' || n END, CASE WHEN n % 100 = 0 THEN 'handed_over' WHEN n % 10 = 0 THEN 'open'
                                                         ELSE 'closed' END,
       CASE WHEN n % 100 = 0 THEN 'staff' ELSE 'agent' END, n % 3 < 2, moment, moment
FROM generate_series(1, pg_temp.n() * 5 / 4) n, pg_temp.at(n, pg_temp.n() * 5 / 4) AS moment;
INSERT INTO tickets (id, customer_id, conversation_id, source_channel, status, created_at, updated_at, status_since)
SELECT pg_temp.id('ticket', n), pg_temp.id('customer', 1 + n % pg_temp.n()), pg_temp.id('conversation', n), 'email',
       CASE WHEN n % 100 = 0 THEN 'escalated' WHEN n % 10 = 0 THEN 'waiting' ELSE 'closed' END, moment, moment, moment
FROM generate_series(1, pg_temp.n() * 5 / 4) n, pg_temp.at(n, pg_temp.n() * 5 / 4) AS moment;
INSERT INTO ticket_history (ticket_id, from_status, to_status, actor, at)
SELECT pg_temp.id('ticket', 1 + n / 3), (ARRAY [NULL, 'open', 'processing'])[1 + n % 3],
       (ARRAY ['open', 'processing', 'resolved'])[1 + n % 3], 'agent', pg_temp.at(n, pg_temp.n() * 15 / 4)
FROM generate_series(0, pg_temp.n() * 15 / 4 - 1) n;
INSERT INTO conversation_slots (key, conversation_id, ticket_id)
SELECT 'whatsapp:+49' || n, pg_temp.id('conversation', n), pg_temp.id('ticket', n)
FROM generate_series(1, pg_temp.n() / 2) n;

-- messages --
-- Messages: two of the customer's and two replies a conversation. The newest hundred are under way.
-- report
INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content, delivery_status,
                      created_at)
SELECT pg_temp.id('message', n), pg_temp.id('conversation', 1 + n / 4), pg_temp.id('ticket', 1 + n / 4),
       pg_temp.id('customer', 1 + (1 + n / 4) % pg_temp.n()), (ARRAY ['inbound', 'outbound'])[1 + n % 2],
       (ARRAY ['customer', 'agent'])[1 + n % 2], 'email', 'How do I export a board? ' || n,
       CASE WHEN n % 2 = 1 THEN 'sent' END, pg_temp.at(n, pg_temp.n() * 5)
FROM generate_series(0, pg_temp.n() * 5 - 1) n;
INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, message_id,
                   body_hash, payload, state, received_at, finished_at)
SELECT pg_temp.id('inbox', n), (ARRAY ['gmail', 'twilio', 'web_form'])[1 + n % 3], 'message-' || n, 'email',
       'email:c' || 1 + (1 + n / 2) % pg_temp.n() || '@example.com', pg_temp.id('conversation', 1 + n / 2),
       pg_temp.id('ticket', 1 + n / 2), pg_temp.id('message', 2 * n), '\x00', '{"v": 1}',
       CASE WHEN n < pg_temp.n() * 5 / 2 - 100 THEN 'answered'
            ELSE (ARRAY ['waiting', 'held', 'drafted'])[1 + n % 3] END, moment, moment
FROM generate_series(0, pg_temp.n() * 5 / 2 - 1) n, pg_temp.at(n, pg_temp.n() * 5 / 2) AS moment;
INSERT INTO outbox (id, inbound_id, conversation_id, ticket_id, message_id, author, channel, recipient, body,
                    idempotency_key, state, created_at)
SELECT pg_temp.id('outbox', n), pg_temp.id('inbox', n), pg_temp.id('conversation', 1 + n / 2),
       pg_temp.id('ticket', 1 + n / 2), pg_temp.id('message', 2 * n + 1), 'agent',
       (ARRAY ['email', 'whatsapp', 'web_form'])[1 + n % 3], 'c' || 1 + (1 + n / 2) % pg_temp.n() || '@example.com',
       'Open the board and choose Export. ' || n, 'key-' || n,
       CASE WHEN n < pg_temp.n() * 5 / 2 - 100 THEN 'sent'
            ELSE (ARRAY ['ready', 'sending', 'unknown', 'parked', 'draft'])[1 + n % 5] END,
       pg_temp.at(n, pg_temp.n() * 5 / 2)
FROM generate_series(0, pg_temp.n() * 5 / 2 - 1) n;
INSERT INTO outbox_parts (outbox_id, n, body, state, provider_ref)
SELECT pg_temp.id('outbox', n), 1, 'Open the board.', 'sent', 'SM' || n
FROM generate_series(1, pg_temp.n() * 5 / 2 - 1, 2) n;
INSERT INTO draft_clocks (outbox_id, severity, queue, warn_at, due_at)
SELECT pg_temp.id('outbox', n), 'medium', 'general', now(), now() FROM generate_series(1, pg_temp.n()) n;
INSERT INTO decision_records (id, inbox_id, conversation_id, ticket_id, outcome, rule, model, usage, created_at)
SELECT pg_temp.id('decision', n), pg_temp.id('inbox', n), pg_temp.id('conversation', 1 + n / 2),
       pg_temp.id('ticket', 1 + n / 2), 'answered', 'model', 'embedded', '{"requests": 1}',
       pg_temp.at(n, pg_temp.n() * 5 / 2)
FROM generate_series(0, pg_temp.n() * 5 / 2 - 1) n;

-- hand_overs --
-- The hand-overs, of which the newest hundred are open.
-- report
INSERT INTO hand_overs (ticket_id, conversation_id, severity, queue, started_at, due_at, taken_at, ended_at)
SELECT pg_temp.id('ticket', n), pg_temp.id('conversation', n), 'medium', 'general', moment, moment, moment,
       CASE WHEN n < pg_temp.n() / 2 - 100 THEN moment END
FROM generate_series(1, pg_temp.n() / 2) n, pg_temp.at(n, pg_temp.n() / 2) AS moment;

-- events --
-- What grows fastest: events (a few are pending) and metrics.
-- report
INSERT INTO events (id, topic, key, value, inbox_id, state, log_partition, log_offset, created_at, published_at)
SELECT pg_temp.id('event', n), (ARRAY ['fte.tickets.incoming', 'fte.tickets.outgoing'])[1 + n % 2],
       'email:c' || n % pg_temp.n() || '@example.com',
       CASE WHEN n % 10 = 0 THEN jsonb_build_object('v', 1, 'id', pg_temp.id('letter', n / 10)) ELSE '{"v": 1}' END,
       pg_temp.id('inbox', n / 2), CASE WHEN n < pg_temp.n() * 5 - 100 THEN 'published' ELSE 'pending' END, n % 3, n / 3, moment, moment
FROM generate_series(0, pg_temp.n() * 5 - 1) n, pg_temp.at(n, pg_temp.n() * 5) AS moment;
INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, recorded_at)
SELECT (ARRAY ['response_latency', 'escalation', 'sentiment', 'message_volume'])[1 + n % 4], 'email', n % 100,
       pg_temp.id('inbox', n / 2), pg_temp.id('conversation', 1 + n / 4), pg_temp.at(n, pg_temp.n() * 5)
FROM generate_series(0, pg_temp.n() * 5 - 1) n;

-- identities --
-- The ledger of identities, and what the staff decide on.
-- report
INSERT INTO identity_evidence (kind, actor, customer_id, type, value, filed_as, ticket_id, recorded_at)
SELECT (ARRAY ['claimed', 'verified', 'claimed'])[1 + n % 3], 'channel:web_form', pg_temp.id('customer', 1 + n / 3),
       (ARRAY ['email', 'whatsapp', 'phone'])[1 + n % 3],
       CASE WHEN n % 3 = 0 THEN 'c' || n / 3 || '@example.com' ELSE '+49' || n / 3 END,
       'email:c' || n / 3 || '@example.com', pg_temp.id('ticket', 1 + n / 3), pg_temp.at(n, pg_temp.n() * 3)
FROM generate_series(0, pg_temp.n() * 3 - 1) n;
INSERT INTO identity_merges (id, winner_id, loser_id, tier, actor, evidence, shells, conversations, kept, identifiers)
SELECT pg_temp.id('merge', n), pg_temp.id('customer', 2 * n - 1), pg_temp.id('customer', 2 * n), 2, 'link', '', '{}',
       '{}', '{}', '[]' FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO identity_conflicts (id, first_id, second_id, kind, type, value, state, merge_id)
SELECT pg_temp.id('conflict', n), LEAST(one.id, other.id), GREATEST(one.id, other.id), 'claimed_by_several', 'phone',
       '+49' || n, CASE WHEN n % 100 = 0 THEN 'open' ELSE 'approved' END, pg_temp.id('merge', n)
FROM generate_series(1, pg_temp.n() / 2) n, pg_temp.id('customer', 2 * n) AS one (id),
     pg_temp.id('customer', 2 * n - 1) AS other (id);
INSERT INTO identity_links (id, email, number, ticket_id, merge_id, expires_at)
SELECT pg_temp.id('link', n), 'c' || n || '@example.com', '+49' || n, pg_temp.id('ticket', n), pg_temp.id('merge', n),
       now() FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO identity_link_targets (type, value)
SELECT 'email', 'c' || n || '@example.com' FROM generate_series(1, pg_temp.n()) n;

-- operations --
-- Notifications, what the staff did, dead letters, settled mails, rate limits, and what was learned.
-- report
INSERT INTO notifications (key, body, state, due_at, created_at)
SELECT 'unknown:' || pg_temp.id('outbox', n), 'A reply is of unknown outcome.',
       CASE WHEN n < pg_temp.n() / 2 - 20 THEN 'sent' ELSE 'ready' END, moment, moment
FROM generate_series(1, pg_temp.n() / 2) n, pg_temp.at(n, pg_temp.n() / 2) AS moment;
INSERT INTO staff_actions (id, conversation_id, actor, action, message_id, created_at)
SELECT pg_temp.id('action', n), pg_temp.id('conversation', n), 'ann', 'reply', pg_temp.id('message', 4 * n - 3),
       pg_temp.at(n, pg_temp.n() / 2) FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO file_openings (id, conversation_id, message_id, n, actor, opened_at)
SELECT pg_temp.id('opening', n), pg_temp.id('conversation', n), pg_temp.id('message', 4 * n - 3), 0, 'ann',
       pg_temp.at(n, pg_temp.n() / 2) FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO message_files (message_id, n, content, received_at)
SELECT pg_temp.id('message', 4 * n - 3), 0, '\x2550', pg_temp.at(n, pg_temp.n() / 2)
FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO used_proofs (proof, key, expires)
SELECT 'proof-' || n, 'key-' || n, now() FROM generate_series(1, pg_temp.n()) n;
INSERT INTO dead_letters (id, topic, log_partition, log_offset, inbox_id, key, value, cause, state, created_at)
SELECT pg_temp.id('letter', n), (ARRAY ['inbox', 'gmail'])[1 + n % 2], 0, n, pg_temp.id('inbox', n),
       CASE WHEN n % 2 = 0 THEN 'email:c' || n || '@example.com' ELSE 'message-' || n END, convert_to('{"from": "c' || n || '@example.com"}', 'UTF8'), 'broken',
       CASE WHEN n % 500 = 1 THEN 'replayed' ELSE 'dead' END, pg_temp.at(n, pg_temp.n() / 2)
FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO mailbox_settled (provider_message_id, kind)
SELECT 'mail-' || n, 'staff' FROM generate_series(1, pg_temp.n()) n;
INSERT INTO rate_limits (key, window_start, hits)
SELECT 'address-' || n, now(), 1 FROM generate_series(1, pg_temp.n()) n;
INSERT INTO ticket_ratings (ticket_id, channel, good, rated_at)
SELECT pg_temp.id('ticket', n), 'email', n % 5 > 0, pg_temp.at(n, pg_temp.n()) FROM generate_series(1, pg_temp.n()) n;
INSERT INTO rating_questions (ticket_id, channel, sender_key, outbox_id, asked_at)
SELECT pg_temp.id('ticket', n), 'email', 'email:c' || n || '@example.com', pg_temp.id('outbox', n),
       pg_temp.at(n, pg_temp.n()) FROM generate_series(1, pg_temp.n()) n;
INSERT INTO learned_entries (id, ticket_id, state, title, answer, slug, embedding_model, embedding, decided_by)
SELECT pg_temp.id('learned', n), pg_temp.id('ticket', n), CASE WHEN n % 2 = 0 THEN 'candidate' ELSE 'approved' END,
       'How?', 'Open the board.', 'learned--how-' || n, 'minilm', '[1,0]', CASE WHEN n % 2 = 1 THEN 'ann' END
FROM generate_series(1, 400) n;
INSERT INTO learned_askings (ticket_id, entry_id, asked_at)
SELECT pg_temp.id('ticket', n), pg_temp.id('learned', 1 + n % 400), pg_temp.at(n, pg_temp.n() / 2)
FROM generate_series(1, pg_temp.n() / 2) n;
UPDATE hand_overs SET learned = 'known' WHERE ended_at < (SELECT max(ended_at) - interval '1 day' FROM hand_overs);
INSERT INTO requested_drafts (id, conversation_id, actor, body, rule, model, usage, created_at)
SELECT pg_temp.id('draft', n), pg_temp.id('conversation', n), 'ann', 'Open the board.', 'answer:knowledge_base', 'gpt-4o',
       '{"requests": 1}', pg_temp.at(n, pg_temp.n() / 2) FROM generate_series(1, pg_temp.n() / 2) n;
INSERT INTO embedding_models (model_id, folder, dimensions, threshold, ask_from)
SELECT model, model, 384, 0.5, 0.3 FROM unnest(ARRAY['base', 'beside']) model;
INSERT INTO shadow_runs (id, model_id, base, share, until, ended_at, ended_why)
SELECT pg_temp.id('shadow', n), 'beside', 'base', 0.1, now(), now(), 'over' FROM generate_series(1, 10) n;
INSERT INTO shadow_comparisons (inbox_id, run_id, base_share, base_outcome, shadow_share, shadow_outcome, shadow_ms, created_at)
SELECT pg_temp.id('inbox', n), pg_temp.id('shadow', n % 10 + 1), 0.9, 'answer', 0.4, 'hand_over', 20,
       pg_temp.at(n, pg_temp.n()) FROM generate_series(1, pg_temp.n() / 10) n;
