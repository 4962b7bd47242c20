"""Progress bars of long work: days of a run, runs of a study, stages of an analysis.

`output.progress` decides: `always`, `never`, or `auto`, which shows them on a terminal only. Where they are not shown,
nothing takes their place, so that a log holds messages alone.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as Remaining

from secondhalf.experiments.execution.settings import When


class ProgressBars:
    """A group of progress bars on a terminal; a context manager that can be entered several times, one after another.

    Parameters
    ----------
    when
        `output.progress`
    console
        where they are drawn; by default the standard error
    """

    def __init__(self, when: When, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        shown = when == "always" or (when == "auto" and console.is_terminal)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            Remaining(),
            console=console,
            disable=not shown,
        )

    def __enter__(self) -> ProgressBars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def add(self, name: str, total: float | None = None, done: int = 0) -> ProgressBar:
        """One more bar.

        Parameters
        ----------
        total
            of the work; None when it is not known
        done
            what an earlier call has done of it
        """
        return ProgressBar(self._progress, self._progress.add_task(name, total=total, completed=done, detail=""), name)


class ProgressBar:
    """One progress bar; see `ProgressBars.add`."""

    def __init__(self, progress: Progress, task: TaskID, name: str) -> None:
        self._progress, self._task, self._name = progress, task, name

    def advance(self, by: int = 1) -> None:
        """So much more is done."""
        self._progress.advance(self._task, by)

    def move(self, done: int) -> None:
        """So much is done in all."""
        self._progress.update(self._task, completed=done)

    def resize(self, total: float) -> None:
        """So much is to be done in all."""
        self._progress.update(self._task, total=total)

    def say(self, what: str) -> None:
        """A word on what is being done, beside the name."""
        self._progress.update(self._task, description=f"{self._name}, {what}" if self._name else what)

    def detail(self, what: str) -> None:
        """A word on how it goes, behind the numbers."""
        self._progress.update(self._task, detail=what)

    @property
    def speed(self) -> float:
        """Steps a second, lately; 0 when that is not known."""
        return self._progress.tasks[self._progress.task_ids.index(self._task)].speed or 0.0
