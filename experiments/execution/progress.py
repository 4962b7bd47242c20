"""Long work shows itself: how many runs are done, and how long it will take."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Teller:
    """Shows runs and the loss so far."""

    def __init__(self, progress: Progress | None, name: str, runs: int) -> None:
        self._progress, self._name = progress, name
        self._task = progress.add_task(name, total=runs) if progress else None

    def run(self, made: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=made)

    def say(self, what: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=f"{self._name}, {what}")

    def round(self, number: int, loss: float) -> None:
        self.say(f"round {number}: loss {loss:.1f}")


def bar(console: Console) -> Progress:
    """A progress bar of runs, silent where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
