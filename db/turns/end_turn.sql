-- finish --
-- End a turn with the agent's decision: all that it writes is committed together, or nothing when the turn was fenced.
-- $1 is a JSON object with the fields of `given`. The lease's token moves on, so that repeating the statement after a
-- lost answer writes nothing.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        customer_id uuid, token bigint, conversation_id uuid, owner_token bigint, ticket_id uuid, channel text,
        inbox_id uuid, inbox_ids uuid[], message_ids uuid[], sentiments real[], sentiment_score real,
        sentiment_trend real, outcome text, inbox_state text, ticket_status text, reason text, category text,
        priority text, severity text, queue text, summary text, reply text, withheld text, drafted boolean, sources jsonb,
        message_id uuid, outbox_id uuid, decision_id uuid, recipient text, subject text, rule text, scores jsonb,
        passages jsonb, tool_calls jsonb, model text, prompt_version text, usage jsonb, stages_ms jsonb,
        model_ms double precision, not_before timestamptz, events jsonb, metrics jsonb, cause text)
),

-- Fencing: conversation_updated has a row, and anything below is written, only where the lease's token and the
-- conversation's owner are still those of the turn.
lease_ended AS (
    UPDATE customer_leases l SET lease_until = '-infinity', token = l.token + 1
    FROM given WHERE l.customer_id = given.customer_id AND l.token = given.token
    RETURNING l.customer_id
), conversation_updated AS (
    UPDATE conversations c
    SET sentiment_score = COALESCE(given.sentiment_score, c.sentiment_score),
        sentiment_trend = COALESCE(given.sentiment_trend, c.sentiment_trend),
        status = CASE WHEN given.outcome = 'escalated' THEN 'handed_over' ELSE c.status END,
        owner = CASE WHEN given.outcome = 'escalated' THEN 'staff' ELSE c.owner END
    FROM given, lease_ended
    WHERE c.id = given.conversation_id AND c.owner = 'agent' AND c.owner_token = given.owner_token
      AND c.customer_id = given.customer_id
    RETURNING c.id, c.sender_key
),

-- The ticket keeps the highest-ranking of its escalation reasons and the highest of its priorities. Where the turn has
-- read a category off the message, that and its priority are the ticket's first ones, unless the staff were faster.
ticket_updated AS (
    UPDATE tickets t
    SET status = given.ticket_status, resolved_at = NULL,
        escalation_reason = (
            SELECT known.reason FROM unnest(ARRAY [
                'legal', 'refund', 'pricing', 'human_request', 'negative_sentiment', 'no_kb_match', 'unsafe_reply',
                'unsupported_language', 'reply_limit', 'undeliverable', 'agent_error'
            ]) WITH ORDINALITY AS known (reason, place)
            WHERE known.reason IN (t.escalation_reason, given.reason) ORDER BY known.place LIMIT 1),
        category = CASE WHEN t.labelled_by = 'staff' THEN t.category ELSE COALESCE(given.category, t.category) END,
        labelled_by = CASE WHEN given.category IS NULL OR t.labelled_by = 'staff' THEN t.labelled_by ELSE 'model' END,
        priority = CASE WHEN given.category IS NOT NULL AND t.labelled_by = 'staff' THEN t.priority
                        WHEN given.category IS NOT NULL AND t.labelled_by IS NULL THEN given.priority
                        WHEN array_position(ARRAY ['low', 'medium', 'high', 'critical'], given.priority)
                           > array_position(ARRAY ['low', 'medium', 'high', 'critical'], t.priority)
                        THEN given.priority ELSE t.priority END,
        severity = COALESCE(given.severity, t.severity), queue = COALESCE(given.queue, t.queue),
        summary = CASE WHEN given.summary <> '' THEN given.summary ELSE t.summary END
    FROM given, conversation_updated WHERE t.id = given.ticket_id
),

-- Messages: the sentiment of the inbound ones, and the reply. A draft becomes a message when the staff approve it.
inbound_scored AS (
    UPDATE messages m SET sentiment = s.value
    FROM given, conversation_updated, unnest(given.message_ids, given.sentiments) AS s (id, value) WHERE m.id = s.id
), message_added AS (
    INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content,
                          delivery_status, sources)
    SELECT given.message_id, given.conversation_id, given.ticket_id, given.customer_id, 'outbound', 'agent',
           given.channel, given.reply, CASE WHEN given.withheld IS NOT NULL THEN 'withheld' ELSE 'pending' END,
           given.sources
    FROM given, conversation_updated WHERE NOT given.drafted
),

-- The inbox rows are done: the last one owns the reply and absorbs the others.
inbox_finished AS (
    UPDATE inbox i
    SET state = CASE WHEN i.id = given.inbox_id THEN given.inbox_state ELSE 'absorbed' END,
        absorbed_by = CASE WHEN i.id = given.inbox_id THEN NULL ELSE given.inbox_id END,
        retry_at = NULL, finished_at = clock_timestamp()
    FROM given, conversation_updated WHERE i.id = ANY (given.inbox_ids) AND i.state = 'waiting'
    RETURNING i.id, i.received_at, i.payload
),

-- From acceptance to now, and how much of it was the quiet gap in which the customer might go on typing.
turn_latency AS (
    SELECT extract(epoch FROM clock_timestamp() - min(f.received_at)) * 1000 AS latency_ms,
           GREATEST(0, extract(epoch FROM min(given.not_before) - min(f.received_at)) * 1000) AS quiet_ms
    FROM given LEFT JOIN inbox_finished f ON true
),

-- The decision record, one per turn: a message that was replayed replaces its own.
decision_recorded AS (
    INSERT INTO decision_records (id, inbox_id, conversation_id, ticket_id, outcome, rule, reason, scores, passages,
                                  tool_calls, model, prompt_version, usage, stages_ms, model_ms, latency_ms,
                                  quiet_ms)
    SELECT given.decision_id, given.inbox_id, given.conversation_id, given.ticket_id, given.outcome, given.rule,
           given.reason, given.scores, given.passages, given.tool_calls, given.model, given.prompt_version,
           given.usage, given.stages_ms, given.model_ms, turn_latency.latency_ms, turn_latency.quiet_ms
    FROM given, conversation_updated, turn_latency
    ON CONFLICT (inbox_id) DO UPDATE SET
        outcome = excluded.outcome, rule = excluded.rule, reason = excluded.reason, scores = excluded.scores,
        passages = excluded.passages, tool_calls = excluded.tool_calls, model = excluded.model,
        prompt_version = excluded.prompt_version, usage = excluded.usage, stages_ms = excluded.stages_ms,
        model_ms = excluded.model_ms, latency_ms = excluded.latency_ms, quiet_ms = excluded.quiet_ms,
        details_kept = true, created_at = now()
),

-- What is to be sent: the reply, or its draft, and the events for Kafka.
outbox_added AS (
    INSERT INTO outbox (id, inbound_id, conversation_id, ticket_id, message_id, author, channel, recipient, subject,
                        body, metadata, state, last_error)
    SELECT given.outbox_id, given.inbox_id, given.conversation_id, given.ticket_id,
           CASE WHEN NOT given.drafted THEN given.message_id END, 'agent', given.channel, given.recipient,
           given.subject, given.reply,
           CASE WHEN given.drafted THEN jsonb_build_object('sources', given.sources) ELSE '{}' END,
           CASE WHEN given.drafted THEN 'draft' WHEN given.withheld IS NOT NULL THEN 'cancelled' ELSE 'ready' END,
           'withheld: ' || given.withheld
    FROM given, conversation_updated
), events_added AS (
    INSERT INTO events (id, topic, key, value, inbox_id)
    SELECT e.id, e.topic, conversation_updated.sender_key, e.value, given.inbox_id
    FROM given, conversation_updated, jsonb_to_recordset(given.events) AS e (id uuid, topic text, value jsonb)
),

-- A turn that failed for good, and the measurements.
dead_letter_filed AS (
    INSERT INTO dead_letters (id, inbox_id, topic, key, value, cause)
    SELECT given.decision_id, given.inbox_id, 'inbox', conversation_updated.sender_key,
           convert_to(f.payload::text, 'UTF8'), given.cause
    FROM given, conversation_updated, inbox_finished f WHERE given.cause IS NOT NULL AND f.id = given.inbox_id
), metrics_added AS (
    INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, labels)
    SELECT x.metric_type, given.channel, COALESCE(x.value, turn_latency.latency_ms), given.inbox_id,
           given.conversation_id, x.labels
    FROM given, conversation_updated, turn_latency,
         jsonb_to_recordset(given.metrics) AS x (metric_type text, value double precision, labels jsonb)
)
SELECT latency_ms FROM conversation_updated, turn_latency;

-- hold --
-- End a turn without a reply: the staff own the conversation, so its messages are scored and held for them.
-- $1 is a JSON object with the fields of `given`. Writes nothing when the turn was fenced.
WITH given AS (
    SELECT * FROM jsonb_to_record($1::jsonb) AS given (
        customer_id uuid, token bigint, conversation_id uuid, ticket_id uuid, channel text, inbox_id uuid,
        inbox_ids uuid[], message_ids uuid[], sentiments real[], sentiment_score real, sentiment_trend real,
        decision_id uuid, scores jsonb, stages_ms jsonb, metrics jsonb)
),

-- Fencing, as in `finish`; here the staff must still own the conversation.
lease_ended AS (
    UPDATE customer_leases l SET lease_until = '-infinity', token = l.token + 1
    FROM given WHERE l.customer_id = given.customer_id AND l.token = given.token
    RETURNING l.customer_id
), conversation_updated AS (
    UPDATE conversations c SET sentiment_score = COALESCE(given.sentiment_score, c.sentiment_score),
        sentiment_trend = COALESCE(given.sentiment_trend, c.sentiment_trend)
    FROM given, lease_ended
    WHERE c.id = given.conversation_id AND c.owner = 'staff' AND c.customer_id = given.customer_id
    RETURNING c.id
),

-- The ticket goes to the staff too: it may have been resolved, or the agent's until a moment ago.
ticket_updated AS (
    UPDATE tickets t SET status = 'escalated'
    FROM given, conversation_updated WHERE t.id = given.ticket_id AND t.status NOT IN ('escalated', 'closed')
),

-- The inbound messages: scored and held.
inbound_scored AS (
    UPDATE messages m SET sentiment = s.value
    FROM given, conversation_updated, unnest(given.message_ids, given.sentiments) AS s (id, value) WHERE m.id = s.id
), inbox_finished AS (
    UPDATE inbox i SET state = 'held', retry_at = NULL, finished_at = clock_timestamp()
    FROM given, conversation_updated WHERE i.id = ANY (given.inbox_ids) AND i.state = 'waiting'
    RETURNING i.received_at
), turn_latency AS (
    SELECT extract(epoch FROM clock_timestamp() - min(received_at)) * 1000 AS latency_ms FROM inbox_finished
),

-- The decision record and the measurements.
decision_recorded AS (
    INSERT INTO decision_records (id, inbox_id, conversation_id, ticket_id, outcome, rule, scores, model, stages_ms,
                                  latency_ms)
    SELECT given.decision_id, given.inbox_id, given.conversation_id, given.ticket_id, 'held', 'owner:staff',
           given.scores, 'none', given.stages_ms, turn_latency.latency_ms
    FROM given, conversation_updated, turn_latency
    ON CONFLICT (inbox_id) DO UPDATE SET
        outcome = excluded.outcome, rule = excluded.rule, scores = excluded.scores, stages_ms = excluded.stages_ms,
        latency_ms = excluded.latency_ms, details_kept = true, created_at = now()
), metrics_added AS (
    INSERT INTO agent_metrics (metric_type, channel, value, inbox_id, conversation_id, labels)
    SELECT x.metric_type, given.channel, x.value, given.inbox_id, given.conversation_id, x.labels
    FROM given, conversation_updated,
         jsonb_to_recordset(given.metrics) AS x (metric_type text, value double precision, labels jsonb)
)
SELECT latency_ms FROM conversation_updated, turn_latency;

-- fail --
-- End a turn that failed: its messages count the attempt and wait for their retry. No row when the turn was fenced.
-- $1 customer, $2 lease token, $3 inbox rows, $4 seconds until the retry
WITH lease_ended AS (
    UPDATE customer_leases SET lease_until = '-infinity', token = token + 1
    WHERE customer_id = $1 AND token = $2 RETURNING customer_id
)
UPDATE inbox i SET attempts = i.attempts + 1, retry_at = now() + make_interval(secs => $4)
FROM lease_ended WHERE i.id = ANY ($3::uuid[]) AND i.state = 'waiting'
RETURNING i.attempts;

-- more_waiting --
-- Whether the customer has more messages that are due. Asked after the lease has ended: the record of a message that
-- came while it was held was consumed without a run, so only this finds the message at once.
SELECT EXISTS (
    SELECT FROM conversations c JOIN inbox i ON i.conversation_id = c.id AND i.state = 'waiting'
    WHERE c.customer_id = $1 AND (c.not_before IS NULL OR c.not_before <= now())
      AND (i.retry_at IS NULL OR i.retry_at <= now()));
