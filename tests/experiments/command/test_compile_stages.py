"""Before the first run every stage of a market is compiled, once, side by side; later processes find all of them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from secondhalf.experiments.command import compile_stages as ahead
from secondhalf.experiments.command.compile_stages import Stage
from secondhalf.experiments.command.main import main
from secondhalf.experiments.execution.process_pool import Outcome

NOTED = """
import pickle
from secondhalf.experiments.command.compile_stages import noted_stages
from secondhalf.model.numba_kernels import STAGES
found = pickle.loads(pickle.dumps(noted_stages(STAGES)))
stages = sorted((stage.__module__, stage.__qualname__) for stage in STAGES)
print(stages == sorted((job.module, job.name) for job in found))
print(len(found), sum(len(stage.signatures) for stage in STAGES), any("_compile_for_args" in vars(s) for s in STAGES))
"""
COMPILED = """
from numba.core import event
from secondhalf.experiments.command.compile_stages import compile_stages
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import STAGES

class Watch(event.Listener):
    names = []
    def on_start(self, about): self.names.append(about.data["dispatcher"].__qualname__)
    def on_end(self, about): pass

ahead = compile_stages()
event.register("numba:compile", Watch())
market = Market(load_settings(["experiment=ci", "limits.days=32"]))
while market.running:
    market.step()
kept = all(not stage.signatures or stage.stats.cache_hits for stage in STAGES)
print(ahead, [stage.__qualname__ for stage in STAGES if stage.__qualname__ in Watch.names], kept)
"""


def fresh(program: str, cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own that finds machine code in `cache` alone."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)} | environment
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=900
    )


def test_every_stage_of_the_registry_is_noted_and_none_is_compiled(tmp_path: Path) -> None:
    lines = fresh(NOTED, tmp_path, NUMBA_OPT="0").stdout.splitlines()
    assert lines[0] == "True"
    count, compiled, left = lines[1].split()
    assert int(count) >= 6
    assert (compiled, left) == ("0", "False")


@pytest.mark.slow
def test_later_processes_find_all(tmp_path: Path) -> None:
    first, second = fresh(COMPILED, tmp_path), fresh(COMPILED, tmp_path)
    count = int(first.stdout.split()[0])
    assert f"compiling {count} of {count} stages, once" in first.stderr
    assert first.stdout == f"{count} [] True\n"
    assert second.stdout == "0 [] True\n"
    assert second.stderr == ""


class Pool:
    """Notes what it is given in the place of processes."""

    given: Sequence[Stage] = ()
    workers = 0

    def __init__(self, function: Callable[[Stage], None], workers: int, script: bool) -> None:
        assert function is ahead.compile_stage
        assert not script
        type(self).workers = workers

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def each(self, jobs: Sequence[Stage], begun: Callable[[Stage], None]) -> Iterator[Outcome[Stage, None]]:
        type(self).given = jobs
        for job in jobs:
            begun(job)
            yield Outcome(job, None, "out of luck" if job.name == "two" else "")


def test_what_is_missing_is_compiled_on_all_cores_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Stage("somewhere", name, ()) for name in ("one", "two", "three")]
    monkeypatch.setattr(ahead, "is_kept", lambda stage: False)
    monkeypatch.setattr(ahead, "noted_stages", lambda stages: jobs)
    monkeypatch.setattr(ahead, "ProcessPool", Pool)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    said = io.StringIO()
    assert ahead.compile_stages(Console(file=said)) == 3
    assert (Pool.given, Pool.workers) == (jobs, 2)
    assert said.getvalue() == "compiling 3 of 3 stages, once\nnot compiled ahead: two: out of luck\n"


def test_nothing_is_done_or_said_when_all_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "is_kept", lambda stage: True)
    monkeypatch.setattr(ahead, "noted_stages", lambda stages: pytest.fail("a market was made"))
    said = io.StringIO()
    assert ahead.compile_stages(Console(file=said)) == 0
    assert said.getvalue() == ""


@pytest.mark.parametrize(("words", "asked"), [(["run", "experiment=ci"], True), (["report", "."], False)])
def test_only_for_studies_that_run_markets(
    words: list[str], asked: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[str] = []

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ahead, "compile_stages", lambda: calls.append("compiled"))
    monkeypatch.setattr("secondhalf.experiments.command.checks.check_command_line", lambda *_: None)
    monkeypatch.setattr("hydra.main", stop)
    with pytest.raises(SystemExit):
        main(words)
    assert bool(calls) == asked
