"""One command at a time in a folder: who has it is said, who is gone is no hindrance."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution import folder_lock
from secondhalf.experiments.execution.folder_lock import LOCK, PLAIN, FolderInUseError, lock_folder
from secondhalf.temporaries import temporary_beside

HOLD = """
import sys
from pathlib import Path
from secondhalf.experiments.execution.folder_lock import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process has the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


def dead_process() -> int:
    """A number that no process has any more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_who_is_at_work_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with held(folder) as process:
        who = (
            rf"\(process {process.pid} on {re.escape(socket.gethostname())}, since \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)"
        )
        said = (
            rf"^hydra\.run\.dir={folder}: another process is at work there {who}; wait for it, or name another folder$"
        )
        with pytest.raises(FolderInUseError, match=said), lock_folder(folder):
            pass
        assert [path.name for path in folder.iterdir()] == [LOCK]
    assert not folder.exists()  # nothing was written, so that it was made for nothing


def test_one_thread_can_ask_again(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        with lock_folder(tmp_path / "." / ""):
            pass
        assert (tmp_path / LOCK).is_file()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_owner_is_no_hindrance(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / LOCK).is_file()
        with lock_folder(tmp_path):
            assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands for the lock; of an owner that is gone it is taken over, of another machine it is named."""

    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with lock_folder(tmp_path):
        owner = json.loads((tmp_path / PLAIN).read_text())
        assert owner["process"] == os.getpid()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / PLAIN).write_text(json.dumps(owner | {"process": dead_process()}))
    with lock_folder(tmp_path):
        assert json.loads((tmp_path / PLAIN).read_text())["process"] == os.getpid()
    for left, who in (
        (json.dumps(owner), rf" \(process {os.getpid()} on "),
        (json.dumps(owner | {"host": "elsewhere"}), rf" \(process {os.getpid()} on elsewhere, since "),
        ("", ""),
    ):
        (tmp_path / PLAIN).write_text(left)
        with (
            pytest.raises(FolderInUseError, match=f"is at work there{who}.*remove {tmp_path / PLAIN}$"),
            lock_folder(tmp_path),
        ):
            pass


@pytest.mark.parametrize("name", [LOCK, PLAIN])
def test_a_lock_that_leads_elsewhere_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    folder = tmp_path / "strange"
    folder.mkdir()
    (folder / name).symlink_to(precious)
    if name == PLAIN:

        def unsupported(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(SettingsError, match="nothing can be written there"), lock_folder(folder):
        pass
    assert precious.read_text() == "kept"
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(SettingsError, match="nothing can be written there"), lock_folder(folder):
        pass


def test_temporary_files_of_dead_processes_are_taken_away(tmp_path: Path) -> None:
    target = tmp_path / "daily.csv"
    assert temporary_beside(target) != temporary_beside(target)
    inside = tmp_path / "checkpoints"
    inside.mkdir()
    mine = temporary_beside(target)
    dead = [
        temporary_beside(place / "a").name.replace(f".{os.getpid()}-", f".{dead_process()}-") for place in (tmp_path,)
    ]
    for path in (mine, tmp_path / dead[0], inside / dead[0], tmp_path / ".somebody.tmp"):
        path.touch()
    with lock_folder(tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {mine.name, ".somebody.tmp", "checkpoints"}
    assert list(inside.iterdir()) == []


def test_a_folder_that_another_process_takes_back_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both made it; the other, which had asked first, removes it while it is empty, between two calls here."""
    folder, take, taken = tmp_path / "out", folder_lock._take, []

    def late(place: Path, where: str) -> tuple[int, Path]:
        taken.append(place)
        if len(taken) < 3:
            place.rmdir()
        return take(place, where)

    monkeypatch.setattr(folder_lock, "_take", late)
    with folder_lock.lock_folder(folder):
        assert folder.is_dir()
    assert len(taken) == 3
