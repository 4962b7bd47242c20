"""The benchmark of commands: which are called, and how their times are split."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from secondhalf.experiments.bench import parts
from secondhalf.experiments.bench.parts import measure_parts
from secondhalf.experiments.execution.process_pool import StudyError


def test_a_run_is_split_into_parts_and_a_sweep_into_fixed_and_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that take no time but what a clock is told: the n-th takes n seconds."""
    called: list[str] = []
    clock = iter(second for number in range(1, 20) for second in (0, number))

    def call(words: Sequence[str], **environment: str) -> str:
        called.append(" ".join(word for word in words if "dir=" not in word))
        folder = next((word.partition("=")[2] for word in words if word.startswith("hydra.run.dir=")), None)
        if folder is not None:
            Path(folder).mkdir(parents=True)
            spent = {"start": 9.0, "simulation": 1.0, "tables": 0.5, "total": 10.5}
            (Path(folder) / "summary.json").write_text(json.dumps({"wall_seconds": spent}))
        return "16 files of pictures in 1.5 s\n"

    monkeypatch.setattr(parts, "_call", call)
    monkeypatch.setattr(parts.time, "perf_counter", lambda: next(clock))
    found = {part.name: part.seconds for part in measure_parts(tiny=False)}
    tiny = "run experiment=ci output.pictures=never"
    sweeps = [f"run -m experiment=ci limits.days=20 seed=range(0,{runs})" for runs in (4, 44)]
    assert called == ["--version", "run --cfg job", tiny, tiny, "run", *sweeps]
    assert list(found.values()) == pytest.approx([1, 2, 3, 4, 5, 2, 1, 1.5, 0.5, 6 - 4 / 40, 1 / 40])
    assert [name for name in found if name.startswith("default run: ")] == [
        f"default run: {part}" for part in ("start and imports", "simulation", "pictures", "writing")
    ]


def test_a_command_that_fails_is_one_sentence() -> None:
    with pytest.raises(
        StudyError, match=r"^bench: secondhalf run nonsense=1 failed; secondhalf: nonsense=1: there is no"
    ):
        parts._call(["run", "nonsense=1"])
