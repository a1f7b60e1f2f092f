"""Brokers as processes: started side by side, stopped or killed by their own process id."""
# ruff: noqa: S603 - it runs the programs that it names itself

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from . import software
from .cluster import Cluster, Node, classes
from .wanting import LOCALHOST, Wanting, until

READY_SECONDS_MAX = 120
STOP_SECONDS_MAX = 20
# The quick compiler only: on two cores, three brokers start in 6 s instead of 10 and take
# 30,000 to 50,000 messages a second instead of 13,000 while they are young.
JVM = ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


def pid_of(folder: Path) -> int | None:
    """The process id of the broker that serves ``folder``, or None.

    A process id alone may since belong to somebody else: where the system tells command
    lines, it must be the one that runs on our settings file.
    """
    try:
        pid = int((folder / "broker.pid").read_text(encoding="utf-8"))
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError, PermissionError):
        return None
    with contextlib.suppress(FileNotFoundError):
        asked = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if str(folder / "server.properties").encode() not in asked:
            return None
    return pid


def answers(node: Node) -> bool:
    """Whether its clients are let in; a broker opens that door last."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOCALHOST, node.client)) == 0


def start(cluster: Cluster, nodes: Iterable[Node], file_size_max: int | None) -> None:
    """Start those that do not run, and wait until they answer.

    ``file_size_max`` (bytes): the first write past it fails, as on a disk that is full.
    Raises Wanting with the end of the log of one that did not come up.
    """
    begun = {
        node: begin(cluster.folder(node), file_size_max)
        for node in nodes
        if pid_of(cluster.folder(node)) is None
    }
    waiting = dict(begun)
    for _ in until(READY_SECONDS_MAX):
        dead = [node for node, process in waiting.items() if process.poll() is not None]
        waiting = {node: process for node, process in waiting.items() if not answers(node)}
        if dead or not waiting:
            break
    if not waiting:
        return
    stop(cluster, begun)
    culprit = next(iter(dead or waiting))
    written = (cluster.folder(culprit) / "broker.log").read_bytes()[-2000:]
    raise Wanting(
        f"broker {culprit.number} did not come up; the end of its log:\n"
        + written.decode(errors="replace")
    )


def begin(folder: Path, file_size_max: int | None) -> subprocess.Popen[bytes]:
    def limit() -> None:
        if file_size_max is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_max, file_size_max))

    settings = str(folder / "server.properties")
    with (folder / "broker.log").open("ab") as log:
        process = subprocess.Popen(
            [software.java(), *JVM, *classes(), "kafka.Kafka", settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=limit,  # noqa: PLW1509 - there is one thread here
        )
    (folder / "broker.pid").write_text(str(process.pid), encoding="utf-8")
    return process


def stop(cluster: Cluster, nodes: Iterable[Node]) -> bool:
    """Ask brokers to go, then make them go. False when none ran."""
    left = [folder for node in nodes if pid_of(folder := cluster.folder(node))]
    found = bool(left)
    send(left, signal.SIGTERM)
    for _ in until(STOP_SECONDS_MAX):
        left = [folder for folder in left if pid_of(folder)]
        if not left:
            break
    send(left, signal.SIGKILL)
    return found


def kill(cluster: Cluster, nodes: Iterable[Node]) -> dict[Node, int]:
    """SIGKILL them; those that ran, and the process id that each had."""
    found = {node: pid for node in nodes if (pid := pid_of(cluster.folder(node)))}
    folders = [cluster.folder(node) for node in found]
    send(folders, signal.SIGKILL)
    for _ in until(STOP_SECONDS_MAX):
        if not any(map(pid_of, folders)):
            break
    return found


def send(folders: Iterable[Path], what: signal.Signals) -> None:
    for folder in folders:
        with contextlib.suppress(ProcessLookupError):
            if pid := pid_of(folder):
                os.kill(pid, what)
