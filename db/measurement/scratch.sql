-- create --
-- The command that creates a database; a name can be no parameter of it, so that PostgreSQL quotes it.
SELECT format('CREATE DATABASE %I', $1::text);

-- drop --
-- The command that drops a database and ends its connections.
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', $1::text);
