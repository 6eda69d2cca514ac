-- connection_limit --
-- How many connections the server has in all, and how many of them ordinary roles don't get.
SELECT current_setting('max_connections')::integer AS all_in_all,
       current_setting('superuser_reserved_connections')::integer
       + COALESCE(current_setting('reserved_connections', true)::integer, 0) AS reserved;
