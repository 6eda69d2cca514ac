-- history --
-- A customer with a verified address and $1 messages: half of them in the conversation that they write in now, the others
-- in conversations of four, each with its ticket. Question and answer take turns.
-- report
WITH sizes AS (
    SELECT $1::integer AS messages, $1::integer / 2 AS in_thread, greatest(1, $1::integer / 8) AS past
), person AS (
    INSERT INTO customers (id, filing_key, email, name)
    VALUES (gen_random_uuid(), 'email:' || $2::text, $2, 'Ada') RETURNING id
), identifier AS (
    INSERT INTO customer_identifiers (id, customer_id, type, value, tier, source_channel, verified_at)
    SELECT gen_random_uuid(), id, 'email', $2, 1, 'email', now() - interval '1 year' FROM person
), numbered AS (
    SELECT n, gen_random_uuid() AS conversation, gen_random_uuid() AS ticket,
           now() - interval '1 year' * (1 - n::double precision / (sizes.past + 1)) AS began
    FROM sizes, generate_series(0, sizes.past) n
), conversations_added AS (
    INSERT INTO conversations (id, customer_id, channel, sender_key, thread_key, status, sender_verified, created_at, updated_at)
    SELECT conversation, person.id, 'email', 'email:' || $2, 'thread-' || n,
           CASE WHEN n = sizes.past THEN 'open' ELSE 'closed' END, true, began, began
    FROM numbered, person, sizes
), tickets_added AS (
    INSERT INTO tickets (id, customer_id, conversation_id, source_channel, status, subject, created_at, updated_at)
    SELECT ticket, person.id, conversation, 'email', CASE WHEN n = sizes.past THEN 'waiting' ELSE 'closed' END,
           'Exporting a board', began, began
    FROM numbered, person, sizes
)
INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content, sentiment,
                      delivery_status, created_at)
SELECT gen_random_uuid(), conversation, ticket, person.id, (ARRAY ['inbound', 'outbound'])[1 + m % 2],
       (ARRAY ['customer', 'agent'])[1 + m % 2], 'email', 'How do I export a board? ' || repeat('It has many cards. ', 10),
       CASE WHEN m % 2 = 0 THEN 0.6 END, CASE WHEN m % 2 = 1 THEN 'sent' END, began + m * interval '1 second'
FROM sizes, person, numbered,
     generate_series(0, CASE WHEN numbered.n = sizes.past THEN sizes.in_thread ELSE 4 END - 1) m;

-- new_message --
-- A message that waits for its answer, in the open conversation of this sender.
-- $1 inbox row, $2 message, $3 sender key
-- report
WITH place AS (
    SELECT c.id AS conversation, c.customer_id, t.id AS ticket
    FROM conversations c JOIN tickets t ON t.conversation_id = c.id WHERE c.sender_key = $3 AND c.status = 'open'
), message AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content)
    SELECT $2, conversation, ticket, customer_id, 'inbound', 'customer', 'email', 'And how do I import one?' FROM place
)
INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, message_id,
                   body_hash, payload)
SELECT $1, 'gmail', $2::uuid::text, 'email', $3, conversation, ticket, $2, '\x00', '{"v": 1}' FROM place;

-- few_under_way --
-- All but the newest $1 conversations are over, and so are their tickets: what is under way does not grow.
-- report
WITH newest AS (
    SELECT min(c.created_at) AS since
    FROM (SELECT created_at FROM conversations ORDER BY created_at DESC LIMIT $1) c
), over AS (
    UPDATE conversations SET status = 'closed', owner = 'agent'
    FROM newest WHERE status <> 'closed' AND created_at < newest.since RETURNING conversations.id
)
UPDATE tickets SET status = 'closed' FROM over WHERE tickets.conversation_id = over.id;

-- waiting --
-- The messages that wait for their answer, of everybody or of one sender ($1).
-- report
SELECT id FROM inbox WHERE state = 'waiting' AND ($1::text IS NULL OR sender_key = $1) ORDER BY id;

-- prepare_vectors --
-- A place for the vectors of passages until their texts are made.
-- report
CREATE TEMPORARY TABLE vectors_made (n integer NOT NULL, embedding vector NOT NULL);

-- passages --
-- A passage of a model ($1) for each vector; one of a hundred is of a category of its own ($2).
-- report
INSERT INTO knowledge_base (id, slug, title, category, content, source, content_hash, embedding_model, embedding)
SELECT gen_random_uuid(), 'passage-' || n, 'Passage ' || n, CASE WHEN n % 100 = 0 THEN $2 ELSE 'common' END,
       repeat('Open the board and choose Export. ', 15) || n, 'passages.md', md5(n::text), $1, embedding
FROM vectors_made ORDER BY n;

-- room_for_the_index --
-- The index is made in memory: 100,000 vectors of 384 numbers take some 250 MB.
-- report
SET maintenance_work_mem = '640MB'; SET statement_timeout = 0;

-- index --
-- The index of a model's passages, as the product makes it.
-- report
SELECT index_passages($1, $2);

-- bare_search --
-- The statement that searches the same index, without the product around it: the measure, so it is written here once more and
-- does not change with the product's. A model and a size can be no parameters of a partial index's condition, so that
-- PostgreSQL quotes them.
-- $1 model, $2 dimensions
-- report
SELECT format(
    'SELECT id, slug, title, category, content, source, 1 - (embedding::vector(%2$s) <=> $1) AS score
     FROM knowledge_base WHERE embedding_model = %1$L ORDER BY embedding::vector(%2$s) <=> $1 LIMIT $2',
    $1::text, $2::integer);

-- vacuum --
-- As autovacuum leaves a table: what a fill has written is known to be visible to all.
-- report
VACUUM (ANALYZE);
