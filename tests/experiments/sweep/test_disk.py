"""Disks that are full or cannot be written; a small one is mounted, which needs the right to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.folder_lock import lock_folder
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.sweep import run_job
from secondhalf.experiments.sweep.jobs import Job
from tests.experiments.sweep.conftest import work_in

Mount = Callable[[str], None]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Mount]]:
    """A disk of 400 kB, and how to mount it again with other options."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"no disk can be mounted here: {error}")
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")

    mount("size=400k")
    yield place, mount
    subprocess.run(["umount", str(place)], check=True)


def test_a_small_disk(disk: tuple[Path, Mount], jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits is kept whole, one sentence says what happened, and with more room the sweep ends as any other."""
    monkeypatch.setattr(run_job, "_free_models", lambda: None)
    place, mount = disk
    (place / "other").write_bytes(b" " * 200_000)
    with pytest.raises(StudyError, match=r"No space left on device.*; [01] of 3 runs are finished and stay"):
        work_in(place / "sweep", run_job.run_job).do(jobs)
    mount("remount,ro")
    with (
        pytest.raises(SettingsError, match=r"nothing can be written there \(Read-only file system\)$"),
        lock_folder(place / "sweep"),
    ):
        pass
    mount("remount,rw,size=4m")
    work = work_in(place / "sweep", run_job.run_job)
    work.do(jobs)
    assert work.finish() == 0
    assert (place / "sweep" / "results.csv").read_text().count("\n") == 4
