-- list_all --
-- The settings of all channels; operators may change them at run time.
SELECT channel, enabled, tone, max_response_length, length_unit, response_template
FROM channel_configs;
