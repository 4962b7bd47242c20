"""Ray pool with the interface of the process pool; a job whose machine is lost begins again on another."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.extras import require
from secondhalf.experiments.execution.fingerprint import state
from secondhalf.experiments.execution.process_pool import Job, Outcome, Result, one_line
from secondhalf.experiments.execution.settings import Launcher

ANSWER = 5.0
"""Seconds in which a cluster has to take a connection."""
RETRIES = 2
"""Times that a job is begun again elsewhere when its machine or process is lost."""
ENVIRONMENT = {"RAY_NUM_REDIS_GET_RETRIES": "5", "RAY_worker_niceness": "0", "RAY_USAGE_STATS_ENABLED": "0"}
"""Ray gives up after 5 attempts, a second each, to reach a cluster behind something that takes every connection. When
it is started here, its workers are as urgent as processes of the machine's own pool, and it reports to nobody."""
PORTS = {"ray": 10001, "": 6379}
"""Where a head listens: for clients, and for its own machines."""


class RayPool(Generic[Job, Result]):
    """A running Ray, or one of this machine alone when no address is given.

    Parameters
    ----------
    function
        of a module's top level
    options
        `workers` bounds jobs at a time, `threads` is what one asks of a machine

    Raises
    ------
    SettingsError
        when Ray is not installed, or the cluster does not answer within seconds
    """

    def __init__(self, function: Callable[[Job], Result], options: Launcher) -> None:
        self._ray: Any = _connected(options)
        self._function, self._threads = function, options.threads
        self.workers = options.workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)) // options.threads)

    def __enter__(self) -> RayPool[Job, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def each(self, jobs: Sequence[Job], begun: Callable[[Job], None] | None = None) -> Iterator[Outcome[Job, Result]]:
        """See `ProcessPool.each`; a few more jobs than workers are under way, so that no machine waits for the next."""
        far = self._ray.remote(num_cpus=self._threads, max_retries=RETRIES, max_calls=0)(_far_away)
        waiting, running = list(reversed(jobs)), dict[Any, Job]()
        try:
            while waiting or running:
                while waiting and len(running) < self.workers + max(1, self.workers // 4):
                    job = waiting.pop()
                    running[far.remote(self._function, job, state(), self._threads)] = job
                    if begun:
                        begun(job)
                (reference, *_), _ = self._ray.wait(list(running), num_returns=1)
                yield self._done(running.pop(reference), reference)
        finally:
            for reference in running:
                with suppress(Exception):
                    self._ray.cancel(reference, force=True)

    def _done(self, job: Job, reference: Any) -> Outcome[Job, Result]:
        try:
            return Outcome(job, self._ray.get(reference), "")
        except Exception as error:  # the job's own, or the machine was lost too often, or the job could not be sent
            cause = getattr(error, "cause", None) or error
            return Outcome(job, None, one_line(cause))


class AnotherVersionError(RuntimeError):
    """A machine of the cluster has other code."""


def _far_away(function: Callable[[Job], Result], job: Job, known: str, threads: int) -> Result:
    """Run a job on a machine of the cluster."""
    import numba

    numba.set_num_threads(min(threads, numba.get_num_threads()))
    if state() != known:
        raise AnotherVersionError(f"secondhalf on {socket.gethostname()} is not the same as where this was started")
    return function(job)


def _connected(options: Launcher) -> Any:
    for name, value in ENVIRONMENT.items():  # read when Ray is imported
        os.environ.setdefault(name, value)
    require("ray", "launcher.engine=ray")
    import ray

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
    return ray


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
