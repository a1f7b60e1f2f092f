"""Lets go of what kafka-python keeps of attempts to connect that failed.

A client that could not be made leaves a thread with its selector behind, and a connection
that was refused its socket (3.0.12). While a broker is away that is up to a descriptor a
second: after a quarter of an hour the process could open none any more, and commands would
find no database.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def tidy() -> dict[str, Any]:
    """Arguments of every client of kafka-python: its network side, by our hand."""
    inet: Any = import_module("kafka.net.inet")
    selector: Any = import_module("kafka.net.selector")
    manager: Any = import_module("kafka.net.manager")
    compat: Any = import_module("kafka.net.compat")

    class Socket(inet.KafkaNetSocket):  # type: ignore[misc]
        """What a connection is made through; kafka-python finds it as it finds proxies."""

        SCHEMES = ("huiyin",)

        async def sock_connect(self, net: Any, sock: Any, *where: Any, **how: Any) -> Any:
            try:
                return await super().sock_connect(net, sock, *where, **how)
            except BaseException:
                sock.close()
                raise

    class Manager(manager.KafkaConnectionManager):  # type: ignore[misc]
        def bootstrap(self, *how: Any, **more: Any) -> None:
            """The first connection: a client without it is not made."""
            try:
                super().bootstrap(*how, **more)
            except BaseException:
                self.close()
                self._net.close()
                raise

    def network(**configs: Any) -> Any:
        net = selector.NetworkSelector(**configs)
        return compat.KafkaNetClient(net, Manager(net, **configs), **configs)

    return {"kafka_client": network, "proxy_url": f"{Socket.SCHEMES[0]}://"}
