"""A wire to the database that can be cut at the worst moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Wire:
    """Forwards connections on 127.0.0.1 to a server, until it is told to cut one.

    ``cut_requests`` of the next requests are lost on the way to the server;
    ``cut_answers`` of the next requests arrive, and their answers are lost.
    """

    def __init__(self, dsn: str) -> None:
        to = conninfo_to_dict(dsn)
        self._server = (str(to["host"]), int(str(to["port"])))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.dsn = make_conninfo(
            dsn, host="127.0.0.1", port=self._listener.getsockname()[1], sslmode="disable"
        )
        self.cut_requests = 0
        self.cut_answers = 0
        self._open: list[socket.socket] = []
        self._threads = [self._start(self._accept)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone does not wake a thread that waits in accept() or recv().
        for each in [self._listener, *self._open]:
            _hang_up(each)
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """Cut every connection as seen by the clients; the server does not notice yet."""
        for client in self._open[::2]:
            _hang_up(client)

    def _start(self, work: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                self._threads.append(self._start(self._requests, client, server))
                self._threads.append(self._start(self._answers, client, server))

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := client.recv(1 << 20):
                if self.cut_requests:
                    self.cut_requests -= 1
                    _hang_up(client)
                    _hang_up(server)
                    return
                server.sendall(said)

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(1 << 20):
                if self.cut_answers:
                    self.cut_answers -= 1
                    break
                client.sendall(said)
        _hang_up(client)


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
