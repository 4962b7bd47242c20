"""Jobs of a sweep as Ray tasks: each runs in a folder of its machine and sends what it left, so no disk is shared."""

from __future__ import annotations

import io
import logging
import os
import shutil
import socket
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from secondhalf.experiments.identity import state
from secondhalf.experiments.options import Launcher
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.one import Task, attempt, settle
from secondhalf.experiments.sweep.record import Record, one_line
from secondhalf.model.settings import SettingsError

ANSWER = 5.0
"""Seconds in which a cluster has to take a connection."""
RETRIES = 2
"""Times that a job is begun again elsewhere when its machine or process is lost."""
ENVIRONMENT = {"RAY_NUM_REDIS_GET_RETRIES": "5", "RAY_worker_niceness": "0", "RAY_USAGE_STATS_ENABLED": "0"}
"""Ray gives up after 5 attempts, a second each, to reach a cluster behind something that takes every connection. When
it is started here, its workers are as urgent as processes of the machine's own pool, and it reports to nobody."""
PORTS = {"ray": 10001, "": 6379}
"""Where a head listens: for clients, and for its own machines."""


def connect(options: Launcher) -> Cluster:
    """A running Ray, or one of this machine alone when no address is given.

    Raises
    ------
    SettingsError
        when Ray is not installed, or the cluster does not answer within seconds
    """
    for name, value in ENVIRONMENT.items():  # read when Ray is imported
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise SettingsError(
            "launcher.engine=ray: Ray is not installed; pip install 'secondhalf[ray]' does it"
        ) from error
    address = options.address
    where = f"launcher.address={address}"
    if address is not None and address != "auto":
        _check_answer(address, where)
    given: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if address is None:
        given |= {"num_cpus": options.workers, "include_dashboard": False}
    try:
        ray.init(address=address or "local", **given)
    except Exception as error:  # ConnectionError, RuntimeError, gRPC's own: whatever the client meets
        raise SettingsError(f"{where}: no Ray cluster answers there ({one_line(error)[:200]})") from error
    return Cluster(options)


def _check_answer(address: str, where: str) -> None:
    """Ray itself waits for half a minute and longer."""
    scheme, _, rest = address.rpartition("://")
    host, _, port = rest.partition("/")[0].rpartition(":")
    if not port.isdecimal():
        host, port = rest.partition("/")[0], str(PORTS.get(scheme, 0))
    if scheme not in PORTS or not host:
        raise SettingsError(f"{where}: allowed are auto, host:port and ray://host:port")
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"{where}: no Ray cluster answers there ({reason}, within {ANSWER:.0f} s)") from error


class Cluster:
    """The Ray cluster that this process is connected to.

    Parameters
    ----------
    options
        of the launcher; `workers` bounds jobs at a time, `threads` is what one asks of a machine
    """

    def __init__(self, options: Launcher) -> None:
        import ray

        self._ray: Any = ray
        self._threads = options.threads
        self.workers = options.workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // options.threads)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[Record]:
        """See `Engine.each`; a few more jobs than workers are under way, so that no machine waits for the next."""
        far = self._ray.remote(num_cpus=self._threads, max_retries=RETRIES, max_calls=0)(far_away)
        waiting = list(reversed(tasks))
        running: dict[Any, Task] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.workers + max(1, self.workers // 4):
                    task = waiting.pop()
                    running[far.remote(task.job, state(), self._threads)] = task
                    begun(task)
                (done, *_), _ = self._ray.wait(list(running), num_returns=1)
                yield self._settled(running.pop(done), done)
        finally:
            for reference in running:
                with suppress(Exception):
                    self._ray.cancel(reference, force=True)

    def _settled(self, task: Task, reference: Any) -> Record:
        shutil.rmtree(task.aside, ignore_errors=True)
        record: Record
        packed: bytes
        try:
            record, packed = self._ray.get(reference)
        except Exception as error:  # the machine was lost too often, or the job could not be sent
            record, packed = Record(task.job.run, "failed", one_line(error)), b""
        if record.stops:
            return record
        try:
            task.aside.mkdir(parents=True)
            if packed:
                with tarfile.open(fileobj=io.BytesIO(packed)) as files:
                    files.extractall(task.aside, filter="data")
            settle(record, task)
        except OSError as error:
            return Record(task.job.run, "failed", one_line(error), stops=True)
        return record


def far_away(job: Job, known: str, threads: int) -> tuple[Record, bytes]:
    """Run a job on a machine of the cluster; returns its record and its files, packed."""
    import numba

    numba.set_num_threads(min(threads, numba.get_num_threads()))
    if state() != known:
        error = f"secondhalf on {socket.gethostname()} is not the same as where the sweep was started"
        return Record(job.run, "failed", error, host=socket.gethostname()), b""
    with tempfile.TemporaryDirectory(prefix="secondhalf-") as place:
        record = attempt(job, Path(place))
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as files:
            files.add(place, arcname=".")
        return record, packed.getvalue()
