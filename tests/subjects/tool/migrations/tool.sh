#!/bin/sh
# A migration tool of nothing but a shell: two steps, its own table.
PSQL="psql -v ON_ERROR_STOP=1 -qAt"
up() { case $1 in a1) echo "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);";; b2) echo "ALTER TABLE notes ADD COLUMN author text;";; esac; }
down() { case $1 in a1) echo "DROP TABLE notes;";; b2) echo "ALTER TABLE notes DROP COLUMN author;";; esac; }
case $1 in
list) echo "b2 second"; echo "a1 first"; echo "(head)";;
up_sql) up $2;;
down_sql) down $2;;
up) (echo "CREATE TABLE IF NOT EXISTS tool_version (v text); INSERT INTO tool_version VALUES ('$2');"; up $2) | $PSQL -1 "$DB";;
down) (echo "DELETE FROM tool_version WHERE v = '$2';"; down $2) | $PSQL -1 "$DB";;
esac
