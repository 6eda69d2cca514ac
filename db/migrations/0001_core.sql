-- The eight core tables: who writes, what they wrote, what we know, how each channel speaks.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

-- A customer is found by filing_key ('email:a@b.c', 'whatsapp:+49…'): one unique key makes
-- "find or create" a single upsert, so concurrent messages of one sender never make two customers.
CREATE TABLE customers (
    id            uuid PRIMARY KEY,
    filing_key    text NOT NULL UNIQUE,
    email         text,
    phone         text,
    name          text,
    merged_into   uuid REFERENCES customers (id),
    metadata      jsonb NOT NULL DEFAULT '{}',
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customers_email ON customers (email) WHERE email IS NOT NULL;
CREATE INDEX customers_phone ON customers (phone) WHERE phone IS NOT NULL;

-- tier 0 = typed by somebody (a claim), 1 = verified by the channel, 2 = linked by a one-time link, 3 = staff.
CREATE TABLE customer_identifiers (
    id             uuid PRIMARY KEY,
    customer_id    uuid NOT NULL REFERENCES customers (id),
    type           text NOT NULL CHECK (type IN ('email', 'phone', 'whatsapp')),
    value          text NOT NULL,
    tier           smallint NOT NULL DEFAULT 0 CHECK (tier BETWEEN 0 AND 3),
    source_channel text NOT NULL,
    evidence       jsonb NOT NULL DEFAULT '{}',
    last_seen_at   timestamptz NOT NULL DEFAULT now(),
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (customer_id, type, value)
);
CREATE UNIQUE INDEX customer_identifiers_verified ON customer_identifiers (type, value) WHERE tier > 0;
CREATE INDEX customer_identifiers_value ON customer_identifiers (type, value);

CREATE TABLE conversations (
    id              uuid PRIMARY KEY,
    customer_id     uuid NOT NULL REFERENCES customers (id),
    channel         text NOT NULL CHECK (channel IN ('email', 'whatsapp', 'web_form')),
    subject         text NOT NULL DEFAULT '',
    -- The identifier that opened it. A later message joins only from the same one.
    sender_key      text NOT NULL,
    thread_key      text,
    status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'handed_over', 'closed')),
    owner           text NOT NULL DEFAULT 'agent' CHECK (owner IN ('agent', 'staff')),
    -- Bumped by a take-over: a late run of the agent sees that its word is no longer wanted.
    owner_token     bigint NOT NULL DEFAULT 0,
    not_before      timestamptz,
    sentiment_score real,
    sentiment_trend real,
    metadata        jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversations_customer ON conversations (customer_id, created_at);
CREATE INDEX conversations_sender ON conversations (sender_key, updated_at DESC) WHERE status <> 'closed';
CREATE INDEX conversations_handed_over ON conversations (updated_at) WHERE status = 'handed_over';
CREATE INDEX conversations_thread ON conversations (channel, thread_key) WHERE thread_key IS NOT NULL;

CREATE SEQUENCE ticket_numbers AS bigint;

-- LPAD would cut 10000 to 1000, so pad only what is shorter.
CREATE FUNCTION next_ticket_number() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT 'TKT-' || CASE WHEN n < 10000 THEN lpad(n::text, 4, '0') ELSE n::text END
    FROM nextval('ticket_numbers') AS n
$$;

CREATE TABLE tickets (
    id                uuid PRIMARY KEY,
    number            text NOT NULL UNIQUE DEFAULT next_ticket_number(),
    customer_id       uuid NOT NULL REFERENCES customers (id),
    conversation_id   uuid NOT NULL REFERENCES conversations (id),
    source_channel    text NOT NULL,
    category          text NOT NULL DEFAULT 'how_to',
    priority          text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    subject           text NOT NULL DEFAULT '',
    status            text NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'processing', 'waiting', 'resolved', 'escalated', 'closed')),
    escalation_reason text,
    severity          text CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    queue             text CHECK (queue IN ('billing', 'legal', 'technical', 'general')),
    summary           text,
    metadata          jsonb NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    resolved_at       timestamptz
);
CREATE INDEX tickets_customer ON tickets (customer_id, created_at);
CREATE INDEX tickets_conversation ON tickets (conversation_id, created_at);
CREATE INDEX tickets_unsettled ON tickets (status, updated_at) WHERE status NOT IN ('resolved', 'closed');

CREATE TABLE messages (
    id                  uuid PRIMARY KEY,
    conversation_id     uuid NOT NULL REFERENCES conversations (id),
    ticket_id           uuid NOT NULL REFERENCES tickets (id),
    customer_id         uuid NOT NULL REFERENCES customers (id),
    direction           text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    author              text NOT NULL CHECK (author IN ('customer', 'agent', 'staff', 'system')),
    channel             text NOT NULL,
    content             text NOT NULL,
    sentiment           real,
    provider_message_id text,
    delivery_status     text,
    sources             jsonb NOT NULL DEFAULT '[]',
    metadata            jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_conversation ON messages (conversation_id, created_at, id);
CREATE INDEX messages_ticket ON messages (ticket_id, created_at, id);
CREATE INDEX messages_customer ON messages (customer_id, created_at, id);

-- One row per passage and model: a new model's vectors are written beside the old ones and a query
-- meets only its own model's. The column is untyped so that models of other sizes fit; each model
-- has a partial index of its own.
CREATE TABLE knowledge_base (
    id              uuid PRIMARY KEY,
    slug            text NOT NULL,
    title           text NOT NULL,
    category        text NOT NULL,
    content         text NOT NULL,
    source          text NOT NULL,
    content_hash    text NOT NULL,
    embedding_model text NOT NULL,
    embedding       vector NOT NULL,
    metadata        jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (embedding_model, slug)
);
CREATE INDEX knowledge_base_minilm_l6_v2_int8 ON knowledge_base
    USING hnsw ((embedding::vector(384)) vector_cosine_ops) WHERE embedding_model = 'minilm-l6-v2-int8';

CREATE TABLE channel_configs (
    channel             text PRIMARY KEY CHECK (channel IN ('email', 'whatsapp', 'web_form')),
    enabled             boolean NOT NULL DEFAULT true,
    tone                text NOT NULL,
    max_response_length integer NOT NULL CHECK (max_response_length > 0),
    length_unit         text NOT NULL CHECK (length_unit IN ('words', 'characters')),
    response_template   text NOT NULL,
    metadata            jsonb NOT NULL DEFAULT '{}',
    updated_at          timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE agent_metrics (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    metric_type     text NOT NULL CHECK (metric_type IN
        ('response_latency', 'escalation', 'sentiment', 'tool_call', 'conversation_count', 'message_volume')),
    channel         text NOT NULL,
    value           double precision NOT NULL,
    inbox_id        uuid,
    conversation_id uuid,
    labels          jsonb NOT NULL DEFAULT '{}',
    recorded_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX agent_metrics_recorded ON agent_metrics (recorded_at, metric_type, channel);

CREATE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER conversations_touch BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER tickets_touch BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER knowledge_base_touch BEFORE UPDATE ON knowledge_base FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER channel_configs_touch BEFORE UPDATE ON channel_configs FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
