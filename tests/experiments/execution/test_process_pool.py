"""Jobs on processes of their own: the functions are built in, so that a new process finds them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from secondhalf.experiments.execution.process_pool import Outcome, ProcessPool, run_jobs

EXIT = "__import__('os')._exit(3)"
"""Ends the process that evaluates it at once, as running out of memory would."""


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_and_a_failure_costs_no_other(workers: int) -> None:
    done = {job: (result, error) for job, result, error in run_jobs(math.sqrt, [4.0, -1.0, 9.0], workers)}
    assert done[4.0] == (2.0, "")
    assert done[9.0] == (3.0, "")
    result, error = done[-1.0]
    assert result is None
    assert error.startswith("ValueError: ")


def test_a_process_that_dies_is_a_failed_job() -> None:
    """Other jobs are done by the other process and by one that takes its place."""
    jobs = [EXIT, "1+1", EXIT, "2+2", "__import__('numba').get_num_threads()"]
    begun: list[str] = []
    with ProcessPool[str, object](eval, 2, threads=1) as pool:
        done = list(pool.each(jobs, begun.append))
    assert begun == jobs
    assert sorted(one.result for one in done if not one.error) == [1, 2, 4]
    assert [one.error for one in done if one.error] == ["its process ended with exit code 3"] * 2


def test_processes_end_when_nobody_waits_for_them() -> None:
    jobs: Iterator[Outcome[str, object]] = run_jobs(eval, ["1", "__import__('time').sleep(600)", "2"], 2)
    assert next(jobs).result == 1
    jobs.close()  # type: ignore[attr-defined]  # joins the sleeping process, which would take ten minutes by itself


@pytest.mark.parametrize("forks", [0, 2])
def test_processes_end_with_the_first_one(forks: int) -> None:
    """Killed, it cannot dismiss them."""
    program = (
        "from secondhalf.experiments.execution.process_pool import ProcessPool\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPool(eval, 2, apart=True) as pool:\n"
        f"        pool.fork({forks})\n"
        "        jobs = [\"print(__import__('os').getpid(), flush=True)\", \"__import__('time').sleep(600)\"]\n"
        "        jobs.append(jobs[1])\n"
        "        list(pool.each(jobs))\n"
    )
    first = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    worker = int(first.stdout.readline())
    first.kill()
    first.wait()
    assert first.stdout.read() == ""  # comes to its end when the worker, which has it too, is gone
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there")


def test_a_script_that_guards_nothing_is_not_read_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from secondhalf.experiments.execution.process_pool import ProcessPool\n"
        "print('read')\n"
        "with ProcessPool(eval, 2, script=False) as pool:\n"
        "    print(sorted(done.result for done in pool.each(['1+1', '2+2'])))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == "read\n[2, 4]\n"
    assert done.stderr == ""


FORKED = """
import numba
from secondhalf.experiments.execution import process_pool
from secondhalf.experiments.execution.process_pool import ProcessPool

secret = 7
with ProcessPool(eval, 2, threads=1, apart=True) as pool:
    pool.fork(3)
    own, end, threads = (f"__import__({name!r})" for name in ("__main__", "os", "numba"))
    jobs = [f"{own}.secret", f"{end}._exit(3)", f"{threads}.get_num_threads()"]
    print(sorted(str(done.result) for done in pool.each(jobs)))
numba.get_num_threads()
print(process_pool.may_fork())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no process is forked")
def test_forks_have_what_is_here_and_end_by_themselves() -> None:
    """One that dies costs its job; all end with the pool; and there are none once threads of compiled stages run."""
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.splitlines() == ["['1', '7', 'None']", "False"], done.stderr
