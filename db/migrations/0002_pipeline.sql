-- What makes the effect of a message happen once: inbox, events, outbox, leases, decision records, dead letters.

-- One row per message that was acknowledged, keyed by the provider's own id.
CREATE TABLE inbox (
    id                  uuid PRIMARY KEY,
    provider            text NOT NULL,
    provider_message_id text NOT NULL,
    channel             text NOT NULL,
    sender_key          text NOT NULL,
    conversation_id     uuid NOT NULL REFERENCES conversations (id),
    ticket_id           uuid NOT NULL REFERENCES tickets (id),
    message_id          uuid NOT NULL REFERENCES messages (id),
    body_hash           bytea NOT NULL,
    payload             jsonb NOT NULL,
    state               text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'answered', 'escalated', 'held', 'absorbed', 'dead')),
    absorbed_by         uuid REFERENCES inbox (id),
    attempts            integer NOT NULL DEFAULT 0,
    retry_at            timestamptz,
    received_at         timestamptz NOT NULL DEFAULT now(),
    finished_at         timestamptz,
    UNIQUE (provider, provider_message_id)
);
CREATE INDEX inbox_waiting ON inbox (conversation_id, received_at, id) WHERE state = 'waiting';
CREATE INDEX inbox_waiting_age ON inbox (received_at) WHERE state = 'waiting';
CREATE INDEX inbox_waiting_sender ON inbox (sender_key, received_at, id) WHERE state = 'waiting';
CREATE INDEX inbox_ticket ON inbox (ticket_id, received_at);

-- Rows for Kafka. partition and offset are where the record was written, so that the sweeper can tell
-- a backlog (the group is not there yet) from a lost log (the log ends before it).
CREATE TABLE events (
    id            uuid PRIMARY KEY,
    topic         text NOT NULL,
    key           text NOT NULL,
    value         jsonb NOT NULL,
    headers       jsonb NOT NULL DEFAULT '{}',
    inbox_id      uuid REFERENCES inbox (id),
    state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'published')),
    attempts      integer NOT NULL DEFAULT 0,
    retry_at      timestamptz,
    lease_until   timestamptz,
    log_partition integer,
    log_offset    bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz
);
CREATE INDEX events_pending ON events (created_at, id) WHERE state = 'pending';
CREATE INDEX events_inbox ON events (inbox_id) WHERE inbox_id IS NOT NULL;
CREATE INDEX events_published ON events (published_at) WHERE state = 'published';

-- The word that leaves: frozen text, one of the agent's per inbound message, ever.
CREATE TABLE outbox (
    id              uuid PRIMARY KEY,
    inbound_id      uuid REFERENCES inbox (id),
    conversation_id uuid NOT NULL REFERENCES conversations (id),
    ticket_id       uuid NOT NULL REFERENCES tickets (id),
    message_id      uuid NOT NULL REFERENCES messages (id),
    author          text NOT NULL CHECK (author IN ('agent', 'staff', 'system')),
    channel         text NOT NULL,
    recipient       text NOT NULL,
    subject         text NOT NULL DEFAULT '',
    body            text NOT NULL,
    metadata        jsonb NOT NULL DEFAULT '{}',
    idempotency_key text UNIQUE,
    state           text NOT NULL DEFAULT 'ready'
        CHECK (state IN ('ready', 'sending', 'sent', 'failed', 'unknown', 'parked', 'cancelled')),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_until     timestamptz,
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    sent_at         timestamptz
);
CREATE UNIQUE INDEX outbox_one_word_per_turn ON outbox (inbound_id) WHERE author = 'agent';
CREATE INDEX outbox_due ON outbox (next_attempt_at, id) WHERE state = 'ready';
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 'sending';
CREATE INDEX outbox_conversation ON outbox (conversation_id, id) WHERE state IN ('ready', 'sending', 'unknown');

CREATE TABLE outbox_parts (
    outbox_id    uuid NOT NULL REFERENCES outbox (id),
    n            integer NOT NULL,
    body         text NOT NULL,
    state        text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'sending', 'sent', 'failed', 'unknown')),
    provider_ref text,
    sent_at      timestamptz,
    PRIMARY KEY (outbox_id, n)
);

-- At most one run per customer: a lease with a fencing token, renewed while a turn runs.
CREATE TABLE customer_leases (
    customer_id uuid PRIMARY KEY REFERENCES customers (id),
    token       bigint NOT NULL DEFAULT 1,
    holder      text NOT NULL,
    lease_until timestamptz NOT NULL
);

-- Why it said what it said.
CREATE TABLE decision_records (
    id              uuid PRIMARY KEY,
    inbox_id        uuid NOT NULL UNIQUE REFERENCES inbox (id),
    conversation_id uuid NOT NULL REFERENCES conversations (id),
    ticket_id       uuid NOT NULL REFERENCES tickets (id),
    outcome         text NOT NULL CHECK (outcome IN ('answered', 'escalated', 'held')),
    rule            text NOT NULL,
    reason          text,
    scores          jsonb NOT NULL DEFAULT '{}',
    passages        jsonb NOT NULL DEFAULT '[]',
    tool_calls      jsonb NOT NULL DEFAULT '[]',
    model           text NOT NULL,
    prompt_version  text NOT NULL DEFAULT '',
    usage           jsonb NOT NULL DEFAULT '{}',
    stages_ms       jsonb NOT NULL DEFAULT '{}',
    model_ms        double precision NOT NULL DEFAULT 0,
    latency_ms      double precision NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX decision_records_ticket ON decision_records (ticket_id, created_at);
CREATE INDEX decision_records_created ON decision_records (created_at);

CREATE TABLE dead_letters (
    id            uuid PRIMARY KEY,
    inbox_id      uuid REFERENCES inbox (id),
    topic         text NOT NULL,
    log_partition integer,
    log_offset    bigint,
    key           text NOT NULL DEFAULT '',
    value         bytea NOT NULL,
    cause         text NOT NULL,
    state         text NOT NULL DEFAULT 'dead' CHECK (state IN ('dead', 'replayed')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    replayed_at   timestamptz,
    UNIQUE (topic, log_partition, log_offset)
);
CREATE INDEX dead_letters_created ON dead_letters (created_at);

-- Counted here because a counter in memory would be one counter per replica.
CREATE UNLOGGED TABLE rate_limits (
    key          text NOT NULL,
    window_start timestamptz NOT NULL,
    hits         integer NOT NULL,
    PRIMARY KEY (key, window_start)
);

-- What each node last said of itself; /health reads it.
CREATE UNLOGGED TABLE node_status (
    node    text NOT NULL,
    replica text NOT NULL,
    status  text NOT NULL CHECK (status IN ('healthy', 'degraded', 'unhealthy')),
    detail  text NOT NULL DEFAULT '',
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, replica)
);
