"""Takes messages, a line each (`KEY BODY`), and answers each: mail_room.py PORT FILE"""

import socket
import sys
import threading


def serve(connection):
    with connection, connection.makefile("r") as lines:
        for line in lines:
            if line.endswith("\n"):
                with open(sys.argv[2], "a") as book:
                    book.write(f"taken {line}")
                connection.sendall(b"ok\n")


with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    while True:
        threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()
