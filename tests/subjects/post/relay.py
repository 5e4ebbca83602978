"""Sends what is due, in the order in which it was queued, and ends: relay.py PORT [--for-ever]"""

import os
import socket
import subprocess
import sys
import time

ATTEMPTS = 3


class Database:
    """One session, by psql."""

    def __init__(self):
        words = ["psql", "-qAtX", "-F", "\t", os.environ["DATABASE"]]
        self.psql = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, sql):
        """The rows of a statement, as lists of texts."""
        self.psql.stdin.write(f"{sql};\n\\echo end :ERROR\n")
        self.psql.stdin.flush()
        rows = []
        while not (line := self.psql.stdout.readline()).startswith("end "):
            if not line:
                sys.exit("the database is gone")
            rows.append(line.rstrip("\n").split("\t"))
        if line == "end true\n":
            sys.exit(f"refused: {sql}")
        return rows


def send(key, body):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=0.5) as mail_room:
        mail_room.sendall(f"{key} {body}\n".encode())
        if mail_room.recv(16) != b"ok\n":
            raise OSError("no answer")


database = Database()
# One relay at a time; the next waits for its end.
database.run("SELECT pg_advisory_lock(5)")
while True:
    first = database.run(
        "SELECT id, key, body, due <= now() FROM outbox WHERE state = 'pending' ORDER BY id LIMIT 1"
    )
    if not first or first[0][3] != "t":
        if "--for-ever" not in sys.argv:
            break
        time.sleep(0.1)
        continue
    [[number, key, body, _]] = first
    try:
        send(key, body)
        database.run(f"UPDATE outbox SET state = 'dispatched', attempts = attempts + 1 WHERE id = {number}")
    except OSError as error:
        database.run(
            f"""UPDATE outbox SET attempts = attempts + 1, error = $e${error}$e$,
                state = CASE WHEN attempts + 1 < {ATTEMPTS} THEN 'pending' ELSE 'dead' END,
                due = now() + interval '1 minute' * 2 ^ attempts WHERE id = {number}"""
        )
