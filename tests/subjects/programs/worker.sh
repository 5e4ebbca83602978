#!/bin/sh
# Five turns of a run, one statement each, and then it goes on for ever: worker.sh RUN FILES PORT
python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $3)); time.sleep(600)" &
echo "working on $1"
for turn in 1 2 3 4 5; do
    echo "INSERT INTO entries (run, turn) VALUES ('$1', $turn) ON CONFLICT DO NOTHING;"
done | psql -qX -v ON_ERROR_STOP=1 "$(cat "$2/database.url")" || exit 1
while :; do sleep 0.05; done
