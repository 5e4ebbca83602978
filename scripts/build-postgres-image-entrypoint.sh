#!/bin/sh
# Entry point of the image that build-postgres-image.sh makes. Same contract as the official
# image's: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS,
# POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD, their _FILE forms, PGDATA, and
# /docker-entrypoint-initdb.d. The server used while initialising logs to standard output and the
# real one to standard error, as there: who waits for "ready to accept connections" relies on it.
set -eu

say() { echo "$*" >&2; }

# Reads VARIABLE from VARIABLE_FILE where that is set.
from_file() {
    eval "file=\${$1_FILE:-}"
    [ -z "$file" ] || eval "$1=\$(cat \"\$file\")"
}

initialise() {
    waldir=${POSTGRES_INITDB_WALDIR:+--waldir=$POSTGRES_INITDB_WALDIR}
    password_file=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:-}" >"$password_file"
    [ -n "${POSTGRES_PASSWORD:-}" ] && set -- --pwfile="$password_file" || set --
    # The arguments are a shell line, as in the official image.
    eval "initdb --username=\"\$POSTGRES_USER\" \$waldir \"\$@\" ${POSTGRES_INITDB_ARGS:-}"
    rm -f "$password_file"
    method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

query() {
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password \
        --username "$POSTGRES_USER" "$@"
}

run_initialisers() {
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
        *.sql) query --dbname "$POSTGRES_DB" -f "$file" ;;
        *.sql.gz) gunzip -c "$file" | query --dbname "$POSTGRES_DB" ;;
        esac
    done
}

case ${1:-} in -*) set -- postgres "$@" ;; esac
[ "${1:-}" = postgres ] || exec "$@"
for argument in "$@"; do
    case $argument in -'?' | --help | --describe-config | -V | --version) exec "$@" ;; esac
done

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA"
    find_owner=$(stat -c %u "$PGDATA")
    [ "$find_owner" = 999 ] || chown -R 999:999 "$PGDATA"
    chown 999:999 /var/run/postgresql
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
        mkdir -p "$POSTGRES_INITDB_WALDIR"
        chown -R 999:999 "$POSTGRES_INITDB_WALDIR"
    fi
    exec setpriv --reuid 999 --regid 999 --clear-groups "$0" "$@"
fi

for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file $name; done
POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
mkdir -p "$PGDATA"

if [ -s "$PGDATA/PG_VERSION" ]; then
    echo
    echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
    echo
else
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        say 'Error: Database is uninitialized and superuser password is not specified.'
        say '       Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust where anybody may connect.'
        exit 1
    fi
    initialise
    export PGPASSWORD="${POSTGRES_PASSWORD:-}"
    shift
    # Logs to standard output, listens on the socket only.
    quoted=
    for argument in "$@"; do
        quoted="$quoted '$(printf %s "$argument" | sed "s/'/'\\\\''/g")'"
    done
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432 $quoted" -w start
    if [ "$POSTGRES_DB" != postgres ]; then
        echo 'CREATE DATABASE :"db" ;' | query --dbname postgres -v db="$POSTGRES_DB"
    fi
    run_initialisers
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    echo
    echo 'PostgreSQL init process complete; ready for start up.'
    echo
    set -- postgres "$@"
fi

exec "$@"
