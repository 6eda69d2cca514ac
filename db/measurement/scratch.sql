-- create --
SELECT format('CREATE DATABASE %I', $1::text);

-- drop --
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', $1::text);
