-- list_all --
-- The settings of all channels; operators may change them at run time.
SELECT channel, enabled, tone, max_response_length, length_unit, response_template, facts
FROM channel_configs;

-- set_facts --
-- What templates may name of the company, for every channel; the same again writes nothing.
UPDATE channel_configs SET facts = $1 WHERE facts IS DISTINCT FROM $1;
