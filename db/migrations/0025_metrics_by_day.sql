-- Metrics lie in a partition a day (UTC), so that old ones go by dropping a table. What was recorded so far stays where it
-- is: the old table becomes the partition of all that was before. Catalog changes only; when the table is busy for five
-- seconds this gives up, and can be repeated.
SET LOCAL lock_timeout = '5s';

-- squawk-ignore renaming-table
ALTER TABLE agent_metrics RENAME TO agent_metrics_before;
-- squawk-ignore renaming-object
ALTER INDEX agent_metrics_recorded RENAME TO agent_metrics_before_recorded;
-- squawk-ignore renaming-object
ALTER INDEX agent_metrics_conversation RENAME TO agent_metrics_before_conversation;
-- squawk-ignore ban-alter-identity
ALTER TABLE agent_metrics_before ALTER COLUMN id DROP IDENTITY;

-- `id` is the order of recording; nothing refers to it, so no index keeps it unique across the days.
CREATE SEQUENCE agent_metrics_ids AS bigint;
SELECT setval('agent_metrics_ids', COALESCE(max(id), 0) + 1, false) FROM agent_metrics_before;
CREATE TABLE agent_metrics (
    id              bigint NOT NULL DEFAULT nextval('agent_metrics_ids'),
    metric_type     text NOT NULL CONSTRAINT agent_metrics_metric_type_check CHECK (metric_type IN
        ('response_latency', 'escalation', 'sentiment', 'tool_call', 'conversation_count', 'message_volume')),
    channel         text NOT NULL,
    value           double precision NOT NULL,
    inbox_id        uuid,
    conversation_id uuid,
    labels          jsonb NOT NULL DEFAULT '{}',
    recorded_at     timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE agent_metrics_ids OWNED BY agent_metrics.id;
CREATE INDEX agent_metrics_recorded ON agent_metrics (recorded_at, metric_type, channel);
CREATE INDEX agent_metrics_conversation ON agent_metrics (conversation_id) WHERE conversation_id IS NOT NULL;

DO $$ BEGIN
    EXECUTE format('ALTER TABLE agent_metrics ATTACH PARTITION agent_metrics_before FOR VALUES FROM (MINVALUE) TO (%L)',
                   date_trunc('day', now(), 'UTC') + interval '7 days');
END $$;
-- squawk-ignore ban-drop-constraint
ALTER TABLE agent_metrics_before DROP CONSTRAINT agent_metrics_until;
-- For a row whose day was not made: it is never refused.
CREATE TABLE agent_metrics_default PARTITION OF agent_metrics DEFAULT;

-- Makes the partitions of the days (UTC) from today to `last_day` that are missing, but those of which rows stand in
-- agent_metrics_default already; returns how many. A table is made by itself and then attached, which no insertion waits
-- for; nothing is made while somebody else makes or drops days, or a long look at all metrics goes on.
CREATE FUNCTION make_metric_days(last_day date) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '500ms' AS $$
DECLARE
    first_day date := GREATEST((now() AT TIME ZONE 'UTC')::date, (
        SELECT (substring(pg_get_expr(relpartbound, oid) FROM 'TO \(''(.+)''\)')::timestamptz AT TIME ZONE 'UTC')::date
        FROM pg_class WHERE oid = to_regclass('agent_metrics_before')));
    day date;
    name text;
    made integer := 0;
BEGIN
    LOCK TABLE agent_metrics IN SHARE UPDATE EXCLUSIVE MODE;
    FOR day IN SELECT generate_series(first_day, last_day, interval '1 day')::date LOOP
        name := 'agent_metrics_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        CONTINUE WHEN EXISTS (SELECT FROM agent_metrics_default
                              WHERE recorded_at >= day::timestamp AT TIME ZONE 'UTC'
                                AND recorded_at < (day + 1)::timestamp AT TIME ZONE 'UTC');
        EXECUTE format('CREATE TABLE %I (LIKE agent_metrics INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        EXECUTE format('ALTER TABLE agent_metrics ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
                       day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        made := made + 1;
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;

-- Drops the oldest partition of a day that was over by `moment`, and returns its name; null: there is none. Detaching needs
-- the whole table for a moment: while that is busy nothing is dropped, so that nobody waits behind it.
CREATE FUNCTION drop_metric_day(moment timestamptz) RETURNS text LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
    name text;
BEGIN
    LOCK TABLE agent_metrics IN SHARE UPDATE EXCLUSIVE MODE;
    SELECT relname INTO name FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = 'agent_metrics'::regclass AND relname ~ '^agent_metrics_\d{8}$'
      AND to_date(right(relname, 8), 'YYYYMMDD') + 1 <= (moment AT TIME ZONE 'UTC')::date
    ORDER BY relname LIMIT 1;
    IF name IS NOT NULL THEN
        EXECUTE format('ALTER TABLE agent_metrics DETACH PARTITION %I', name);
        EXECUTE format('DROP TABLE %I', name);
    END IF;
    RETURN name;
EXCEPTION WHEN lock_not_available THEN
    RETURN NULL;
END $$;
