"""Works a run of five turns, by one psql, and then waits for more, for ever: worker.py RUN FILES PORT

The run is held by a lease with a fencing token. A turn is opened in one transaction, and closed in another with its entry.
Nothing but that keeps an entry from being made twice.
"""

import pathlib
import signal
import socket
import subprocess
import sys
import time

run, files, port = sys.argv[1:4]
signal.signal(signal.SIGINT, lambda *_: sys.exit(3))
listening = socket.create_server(("127.0.0.1", int(port)))
print(f"working on {run}", flush=True)
url = pathlib.Path(files, "database.url").read_text()
psql = subprocess.Popen(
    ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)


def ask(sql):
    """The one value that a statement answers. psql ends at the first error, and this with it."""
    print(sql, file=psql.stdin, flush=True)
    return psql.stdout.readline().strip() or sys.exit("psql has ended")


def held(token, *work):
    """Does work in one transaction, if the run is still held under this token then."""
    fence = f"SELECT count(*) FROM (SELECT FROM runs WHERE id = '{run}' AND token = {token} FOR UPDATE) AS held;"
    mine = ask("".join(["BEGIN;", *work, fence])) == "1"
    print("COMMIT;" if mine else "ROLLBACK;", file=psql.stdin, flush=True)
    return mine


def turn(token, number):
    done = f"SELECT count(*) FROM turns WHERE run = '{run}' AND ordinal = {number} AND status = 'done';"
    return ask(done) == "1" or (
        held(token, f"INSERT INTO turns (run, ordinal) VALUES ('{run}', {number}) ON CONFLICT DO NOTHING;")
        and held(
            token,
            f"INSERT INTO entries (run, turn, token) VALUES ('{run}', {number}, {token});",
            f"UPDATE turns SET status = 'done' WHERE run = '{run}' AND ordinal = {number};",
        )
    )


while True:
    token = ask(
        "WITH taken AS (UPDATE runs SET token = token + 1, lease_until = now() + interval '1 hour' "
        f"WHERE id = '{run}' AND status = 'running' AND lease_until < now() RETURNING token) "
        "SELECT coalesce(max(token), 0) FROM taken;"
    )
    if token != "0" and all(turn(token, number) for number in range(1, 6)):
        held(token, f"UPDATE runs SET status = 'complete', finished_at = now() WHERE id = '{run}';")
    time.sleep(0.1)
