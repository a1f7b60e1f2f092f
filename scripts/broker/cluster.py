"""The shape of a cluster in its data folder: how many brokers, which ports, how guarded."""
# ruff: noqa: S603 - it runs the programs that it names itself

from __future__ import annotations

import base64
import json
import random
import shutil
import socket
import subprocess
import uuid
from collections.abc import Container
from dataclasses import asdict, dataclass
from pathlib import Path

from . import safekeeping, software
from .wanting import LOCALHOST, Wanting

# One broker, as one process that is also a controller. Between brokers and controllers a
# certificate of our own authority opens the door, towards clients a password does.
# A dead broker is noticed after 6 s (9 is Kafka's own default); nobody waits for members
# of a group that may yet come; buffers and threads are for a small machine.
PROPERTIES = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=CLIENT://{host}:{client},BETWEEN://{host}:{between},CONTROLLER://{host}:{controller}
advertised.listeners=CLIENT://{host}:{client},BETWEEN://{host}:{between}
inter.broker.listener.name=BETWEEN
controller.listener.names=CONTROLLER
listener.security.protocol.map={protocols}
log.dirs={logs}
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={acknowledging}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={acknowledging}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={acknowledging}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
"""
GUARD = """\
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.between.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
"""
# Below the ports that systems give to outgoing connections (32768 and more on Linux): the
# port of a broker that is down for a while must not be taken by one of its callers.
PORTS = range(15_000, 32_000)


@dataclass(frozen=True)
class Node:
    """One broker: its number and its ports for clients, other brokers, and controllers."""

    number: int
    client: int
    between: int
    controller: int


@dataclass(frozen=True)
class Cluster:
    """What ``data`` holds."""

    data: Path
    nodes: tuple[Node, ...]
    guarded: bool

    @property
    def address(self) -> str:
        """The bootstrap address."""
        return ",".join(f"{LOCALHOST}:{node.client}" for node in self.nodes)

    def node(self, number: int) -> Node:
        for node in self.nodes:
            if node.number == number:
                return node
        raise Wanting(f"there is no broker {number}, only 1 to {len(self.nodes)}")

    def folder(self, node: Node) -> Path:
        return self.data / f"broker-{node.number}"

    def exports(self) -> list[str]:
        """What a shell must be told for `huiyin` to use it; the password is not shown."""
        told = [f"export HUIYIN_KAFKA={self.address}"]
        if self.guarded:
            told += [
                f"export HUIYIN_KAFKA_USER={safekeeping.USER}",
                f"export HUIYIN_KAFKA_PASSWORD=\"$(cat '{self.data / 'password'}')\"",
                f"export HUIYIN_KAFKA_CA='{self.data / 'ca.pem'}'",
            ]
        return told


def held(data: Path) -> Cluster | None:
    """The cluster in ``data``, or None where none was made (or not to its end)."""
    try:
        told = json.loads((data / "cluster.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Cluster(data, tuple(Node(**node) for node in told["nodes"]), told["guarded"])


def make(data: Path, brokers: int, port: int | None, *, guarded: bool) -> Cluster:
    """Choose ports, write the settings of each broker and format its folder."""
    asked = range(port, port + brokers) if port else range(0)
    ports = iter([*asked, *free_ports(3 * brokers - len(asked), besides=asked)])
    clients = [next(ports) for _ in range(brokers)]
    nodes = tuple(
        Node(number, client, next(ports), next(ports))
        for number, client in enumerate(clients, start=1)
    )
    made = Cluster(data, nodes, guarded)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for node in nodes:
        shutil.rmtree(made.folder(node), ignore_errors=True)  # begun, and not finished
        made.folder(node).mkdir(mode=0o700)
    if guarded:
        safekeeping.secure(data, {node.number: made.folder(node) for node in nodes})
    for node in nodes:
        (made.folder(node) / "server.properties").write_text(
            properties(made, node), encoding="utf-8"
        )
    format_all(made)
    shape = {"guarded": guarded, "nodes": [asdict(node) for node in nodes]}
    unfinished = data / "cluster.json.new"
    unfinished.write_text(json.dumps(shape, indent=1), encoding="utf-8")
    unfinished.rename(data / "cluster.json")
    return made


def properties(cluster: Cluster, node: Node) -> str:
    inner, outer = ("SSL", "SASL_SSL") if cluster.guarded else ("PLAINTEXT", "PLAINTEXT")
    replicas = len(cluster.nodes)
    text = PROPERTIES.format(
        **asdict(node),
        host=LOCALHOST,
        voters=",".join(f"{n.number}@{LOCALHOST}:{n.controller}" for n in cluster.nodes),
        protocols=f"CLIENT:{outer},BETWEEN:{inner},CONTROLLER:{inner}",
        logs=cluster.folder(node) / "logs",
        replicas=replicas,
        acknowledging=min(2, replicas),
    )
    if cluster.guarded:
        keystore = cluster.folder(node) / safekeeping.KEYSTORE
        text += GUARD.format(keystore=keystore, ca=cluster.data / "ca.pem")
    return text


def format_all(cluster: Cluster) -> None:
    """Format the folders of all brokers at the same time. Raises Wanting."""
    name = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    begun = []
    for node in cluster.nodes:
        folder = cluster.folder(node)
        words = [*tool(), "kafka.tools.StorageTool", "format", f"--cluster-id={name}"]
        words += ["-c", str(folder / "server.properties")]
        if cluster.guarded:
            password = (cluster.data / "password").read_text(encoding="utf-8")
            user = f"name={safekeeping.USER},password={password}"
            words += ["--add-scram", f"SCRAM-SHA-512=[{user}]"]
        # In a file that only we may read: everybody may read the words of a command.
        safekeeping.private(folder / "format.args", "\n".join(map(quoted, words)))
        command = [software.java(), f"@{folder / 'format.args'}"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        begun.append((folder, process))
    for folder, process in begun:
        said, _ = process.communicate()
        (folder / "format.args").unlink()
        if process.returncode:
            raise Wanting(f"{folder} could not be formatted:\n{said[-2000:]}")


def tool() -> list[str]:
    return ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *classes()]


def classes() -> list[str]:
    return ["-cp", f"{software.fetch()}/*"]


def quoted(word: str) -> str:
    """A word as Java reads it from a file of words."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def free_ports(count: int, *, besides: Container[int]) -> list[int]:
    """Ports that nobody listens on at this moment, all different."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        if port in besides:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOCALHOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise Wanting(f"no {count} free ports between {PORTS[0]} and {PORTS[-1]}")
