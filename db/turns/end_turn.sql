-- finish --
-- All that a turn leaves behind, or nothing: the lease's token and the conversation's owner decide, under their locks.
-- A draft is no message yet: it waits in the outbox for a person's approval.
-- $1 is one JSON object. The lease ends here and its token moves on: the same statement sent again, after an answer
-- that was lost on the way, finds nothing to do.
WITH r AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS r (
        customer_id uuid, token bigint, conversation_id uuid, owner_token bigint, ticket_id uuid, channel text,
        inbox_id uuid, inbox_ids uuid[], message_ids uuid[], sentiments real[], sentiment_score real, sentiment_trend real,
        outcome text, inbox_state text, ticket_status text, reason text, priority text, severity text, queue text,
        summary text, reply text, withheld boolean, drafted boolean, sources jsonb, message_id uuid, outbox_id uuid, decision_id uuid, recipient text,
        subject text, rule text, scores jsonb, passages jsonb, tool_calls jsonb, model text, prompt_version text,
        usage jsonb, stages_ms jsonb, model_ms double precision, events jsonb, metrics jsonb, cause text)
), lease AS (
    UPDATE customer_leases l SET lease_until = '-infinity', token = l.token + 1
    FROM r WHERE l.customer_id = r.customer_id AND l.token = r.token
    RETURNING l.customer_id
), conversation AS (
    UPDATE conversations c
    SET sentiment_score = COALESCE(r.sentiment_score, c.sentiment_score),
        sentiment_trend = COALESCE(r.sentiment_trend, c.sentiment_trend),
        status = CASE WHEN r.outcome = 'escalated' THEN 'handed_over' ELSE c.status END,
        owner = CASE WHEN r.outcome = 'escalated' THEN 'staff' ELSE c.owner END
    FROM r, lease
    WHERE c.id = r.conversation_id AND c.owner = 'agent' AND c.owner_token = r.owner_token
      AND c.customer_id = r.customer_id
    RETURNING c.id, c.sender_key
), ticket AS (
    UPDATE tickets t
    SET status = r.ticket_status, resolved_at = NULL,
        escalation_reason = (
            SELECT known.reason FROM unnest(ARRAY [
                'legal', 'refund', 'pricing', 'human_request', 'negative_sentiment', 'no_kb_match', 'unsafe_reply',
                'unsupported_language', 'reply_limit', 'undeliverable', 'agent_error'
            ]) WITH ORDINALITY AS known (reason, place)
            WHERE known.reason IN (t.escalation_reason, r.reason) ORDER BY known.place LIMIT 1),
        priority = CASE WHEN array_position(ARRAY ['low', 'medium', 'high', 'critical'], r.priority)
                           > array_position(ARRAY ['low', 'medium', 'high', 'critical'], t.priority)
                        THEN r.priority ELSE t.priority END,
        severity = COALESCE(r.severity, t.severity), queue = COALESCE(r.queue, t.queue),
        summary = CASE WHEN r.summary <> '' THEN r.summary ELSE t.summary END
    FROM r, conversation WHERE t.id = r.ticket_id
), heard AS (
    UPDATE messages m SET sentiment = s.value
    FROM r, conversation, unnest(r.message_ids, r.sentiments) AS s (id, value) WHERE m.id = s.id
), said AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status, sources)
    SELECT r.message_id, r.conversation_id, r.ticket_id, r.customer_id, 'outbound', 'agent', r.channel, r.reply,
           CASE WHEN r.withheld THEN 'withheld' ELSE 'pending' END, r.sources
    FROM r, conversation WHERE NOT r.drafted
), finished AS (
    UPDATE inbox i
    SET state = CASE WHEN i.id = r.inbox_id THEN r.inbox_state ELSE 'absorbed' END,
        absorbed_by = CASE WHEN i.id = r.inbox_id THEN NULL ELSE r.inbox_id END,
        retry_at = NULL, finished_at = clock_timestamp()
    FROM r, conversation WHERE i.id = ANY (r.inbox_ids) AND i.state = 'waiting'
    RETURNING i.id, i.received_at, i.payload
), timing AS (
    SELECT extract(epoch FROM clock_timestamp() - min(received_at)) * 1000 AS latency_ms FROM finished
), decision AS (
    INSERT INTO decision_records (id, inbox_id, conversation_id, ticket_id, outcome, rule, reason, scores, passages,
                                  tool_calls, model, prompt_version, usage, stages_ms, model_ms, latency_ms)
    SELECT r.decision_id, r.inbox_id, r.conversation_id, r.ticket_id, r.outcome, r.rule, r.reason, r.scores, r.passages,
           r.tool_calls, r.model, r.prompt_version, r.usage, r.stages_ms, r.model_ms, timing.latency_ms
    FROM r, conversation, timing
    ON CONFLICT (inbox_id) DO UPDATE SET
        outcome = excluded.outcome, rule = excluded.rule, reason = excluded.reason, scores = excluded.scores,
        passages = excluded.passages, tool_calls = excluded.tool_calls, model = excluded.model,
        prompt_version = excluded.prompt_version, usage = excluded.usage, stages_ms = excluded.stages_ms,
        model_ms = excluded.model_ms, latency_ms = excluded.latency_ms, created_at = now()
), word AS (
    INSERT INTO outbox (id, inbound_id, conversation_id, ticket_id, message_id, author, channel, recipient, subject, body,
                        metadata, state, last_error)
    SELECT r.outbox_id, r.inbox_id, r.conversation_id, r.ticket_id, CASE WHEN NOT r.drafted THEN r.message_id END, 'agent',
           r.channel, r.recipient, r.subject, r.reply,
           CASE WHEN r.drafted THEN jsonb_build_object('sources', r.sources) ELSE '{}' END,
           CASE WHEN r.drafted THEN 'draft' WHEN r.withheld THEN 'cancelled' ELSE 'ready' END,
           CASE WHEN r.withheld THEN 'withheld: the cap on automatic replies' END
    FROM r, conversation
), published AS (
    INSERT INTO events (id, topic, key, value, inbox_id)
    SELECT e.id, e.topic, conversation.sender_key, e.value, r.inbox_id
    FROM r, conversation, jsonb_to_recordset(r.events) AS e (id uuid, topic text, value jsonb)
), buried AS (
    INSERT INTO dead_letters (id, inbox_id, topic, key, value, cause)
    SELECT r.decision_id, r.inbox_id, 'inbox', conversation.sender_key, convert_to(f.payload::text, 'UTF8'), r.cause
    FROM r, conversation, finished f WHERE r.cause IS NOT NULL AND f.id = r.inbox_id
), measured AS (
    INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, labels)
    SELECT x.metric_type, r.channel, COALESCE(x.value, timing.latency_ms), r.inbox_id, r.conversation_id, x.labels
    FROM r, conversation, timing, jsonb_to_recordset(r.metrics) AS x (metric_type text, value double precision, labels jsonb)
)
SELECT latency_ms FROM conversation, timing;

-- hold --
-- A person owns the conversation: the agent stays silent, the messages are kept for that person, their scores stored.
WITH r AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS r (
        customer_id uuid, token bigint, conversation_id uuid, ticket_id uuid, channel text, inbox_id uuid,
        inbox_ids uuid[], message_ids uuid[], sentiments real[], sentiment_score real, sentiment_trend real,
        decision_id uuid, scores jsonb, stages_ms jsonb, metrics jsonb)
), lease AS (
    UPDATE customer_leases l SET lease_until = '-infinity', token = l.token + 1
    FROM r WHERE l.customer_id = r.customer_id AND l.token = r.token
    RETURNING l.customer_id
), conversation AS (
    UPDATE conversations c SET sentiment_score = COALESCE(r.sentiment_score, c.sentiment_score),
        sentiment_trend = COALESCE(r.sentiment_trend, c.sentiment_trend)
    FROM r, lease WHERE c.id = r.conversation_id AND c.owner = 'staff' AND c.customer_id = r.customer_id
    RETURNING c.id
), ticket AS (
    -- It may have been the agent's until a moment ago, or resolved.
    UPDATE tickets t SET status = 'escalated'
    FROM r, conversation WHERE t.id = r.ticket_id AND t.status NOT IN ('escalated', 'closed')
), heard AS (
    UPDATE messages m SET sentiment = s.value
    FROM r, conversation, unnest(r.message_ids, r.sentiments) AS s (id, value) WHERE m.id = s.id
), finished AS (
    UPDATE inbox i SET state = 'held', retry_at = NULL, finished_at = clock_timestamp()
    FROM r, conversation WHERE i.id = ANY (r.inbox_ids) AND i.state = 'waiting'
    RETURNING i.received_at
), timing AS (
    SELECT extract(epoch FROM clock_timestamp() - min(received_at)) * 1000 AS latency_ms FROM finished
), decision AS (
    INSERT INTO decision_records (id, inbox_id, conversation_id, ticket_id, outcome, rule, scores, model, stages_ms,
                                  latency_ms)
    SELECT r.decision_id, r.inbox_id, r.conversation_id, r.ticket_id, 'held', 'owner:staff', r.scores, 'none',
           r.stages_ms, timing.latency_ms
    FROM r, conversation, timing
    ON CONFLICT (inbox_id) DO UPDATE SET
        outcome = excluded.outcome, rule = excluded.rule, scores = excluded.scores, stages_ms = excluded.stages_ms,
        latency_ms = excluded.latency_ms, created_at = now()
), measured AS (
    INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, labels)
    SELECT x.metric_type, r.channel, x.value, r.inbox_id, r.conversation_id, x.labels
    FROM r, conversation, jsonb_to_recordset(r.metrics) AS x (metric_type text, value double precision, labels jsonb)
)
SELECT latency_ms FROM conversation, timing;

-- fail --
-- Count a failed run against its messages and put them off; ends the lease. Nothing happens to a fenced turn.
WITH lease AS (
    UPDATE customer_leases SET lease_until = '-infinity', token = token + 1
    WHERE customer_id = $1 AND token = $2 RETURNING customer_id
)
UPDATE inbox i SET attempts = i.attempts + 1, retry_at = now() + make_interval(secs => $4)
FROM lease WHERE i.id = ANY ($3::uuid[]) AND i.state = 'waiting'
RETURNING i.attempts;

-- more_waiting --
-- Whether the customer has more that is due. Asked behind the end of the lease: a record that met the lease while it
-- lived was finished without a run, so its message is found here.
SELECT EXISTS (
    SELECT FROM conversations c JOIN inbox i ON i.conversation_id = c.id AND i.state = 'waiting'
    WHERE c.customer_id = $1 AND (c.not_before IS NULL OR c.not_before <= now())
      AND (i.retry_at IS NULL OR i.retry_at <= now()));
