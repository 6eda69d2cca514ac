#!/usr/bin/env bash
# PostgreSQL as the official image starts it: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, PGDATA.
set -euo pipefail
data=${PGDATA:?}/cluster
[ "${1:-}" = postgres ] && shift
if [ ! -f "$data/PG_VERSION" ]; then
  rm -rf "$data"
  initdb -D "$data" -U "$POSTGRES_USER" --auth-local=trust --auth-host=scram-sha-256 --pwfile=<(printf '%s' "$POSTGRES_PASSWORD") \
    --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
  echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
  pg_ctl -D "$data" -w start -o "-c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp"
  PGPASSWORD=$POSTGRES_PASSWORD createdb -h 127.0.0.1 -U "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -D "$data" -w stop
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
