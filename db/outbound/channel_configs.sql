-- list_all --
-- How each channel speaks, as a person last set it.
SELECT channel, enabled, tone, max_response_length, length_unit, response_template
FROM channel_configs;
