"""Pictures of a run or a study: one file each, drawn from what was written and nothing else."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from secondhalf.conf.schema.import_path import import_object
from secondhalf.experiments.execution.forks import in_forks

if TYPE_CHECKING:  # only those who draw wait for Matplotlib
    from matplotlib.figure import Figure

PICTURES = ("overview", "shares", "channel_mix", "flows", "moves", "facts", "merchants", "friends")
"""What is drawn of a run: `<name>.png` and `<name>.svg` each, by `draw` in the module of that name."""
LONGEST = ("facts", "flows", "friends")
"""Pictures that take longest, which are begun first, so that all processes end at about the same time."""


def by_path(own_pictures: Mapping[str, str]) -> dict[str, str]:
    """Import paths of all pictures by name; one of one's own takes the place of its namesake."""
    return {name: f"{__name__}.{name}:draw" for name in PICTURES} | dict(own_pictures)


def draw_pictures(
    results: Any,
    folder: Path,
    formats: Sequence[str],
    font: str | None,
    say: Callable[[str], None],
    pictures: Mapping[str, str] | None = None,
) -> list[Path]:
    """Draw every picture that the run gives something for; returns the files written, as `draw_pages` does."""

    def page(path_of_draw: str) -> Figure:
        drawn: Figure = import_object(path_of_draw)(results)
        return drawn

    chosen = by_path({}) if pictures is None else pictures
    pages = {name: partial(page, path) for name, path in chosen.items()}
    return draw_pages(pages, folder, formats, font, say, getattr(results, "note", ""))


def draw_pages(
    pages: Mapping[str, Callable[[], Figure]],
    folder: Path,
    formats: Sequence[str],
    font: str | None,
    say: Callable[[str], None],
    note: str = "",
) -> list[Path]:
    """Write pictures by name; returns the files written.

    What cannot be drawn is said in one sentence, and the rest is drawn: a run is never lost to a picture.

    Parameters
    ----------
    results
        what the pictures are drawn of: `Results` of a run for those that ship
    formats
        endings: png, svg, pdf
    font
        family to write with; None for the one that Matplotlib ships
    say
        receives the sentences
    pictures
        import paths by name, as from `by_path`; by default those that ship
    note
        words below every picture, e.g. that values are illustrative; empty for none
    """
    order = sorted(pages, key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
    with _set_aside():
        from secondhalf.experiments.pictures import style  # only those who draw wait for Matplotlib

        if font is not None and not style.known_font(font):
            say(f"output.font={font}: no font of this name is installed; the one of Matplotlib is used")
            font = None
        made = in_forks(lambda name: _draw_page(name, pages[name], folder, formats, font, note), order)
        became = dict(zip(order, made, strict=True))
    written: list[Path] = []
    lacking = False
    for drawn in (became[name] for name in pages):
        written += drawn.written
        lacking = lacking or drawn.lacking
        if drawn.said:
            say(drawn.said)
        if drawn.full:
            return written
    if lacking:
        say("pictures: the font lacks letters of some names; output.font=NAME chooses one that has them")
    return written


@contextmanager
def _set_aside() -> Iterator[None]:
    """Let no collection of garbage look at what is there already; a run leaves much, and imports make many of them."""
    if gc.get_freeze_count():  # whoever has done so decides for how long
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class _Page(NamedTuple):
    """What became of one picture."""

    written: list[Path]
    said: str = ""
    lacking: bool = False
    """the font lacks letters"""
    full: bool = False
    """the folder cannot be written"""


def _draw_page(
    name: str, page: Callable[[], Figure], folder: Path, formats: Sequence[str], font: str | None, note: str
) -> _Page:
    """Write one picture in all formats, whatever comes of it."""
    from secondhalf.experiments.pictures import style

    paths = [folder / f"{name}.{ending}" for ending in formats]
    written: list[Path] = []
    try:
        for path in paths:  # nothing of an earlier run stands beside what this one gives
            path.unlink(missing_ok=True)
        with warnings.catch_warnings(record=True) as caught, style.page(font):
            warnings.simplefilter("always")
            drawn = page()
            style.put_note(drawn, note)
            for path in paths:
                style.save(drawn, path)
                written.append(path)
        return _Page(written, lacking=style.missing_letters(caught))
    except style.NothingToDrawError as reason:
        return _Page(written, f"picture {name}: not drawn, {reason}")
    except OSError as error:
        return _Page(written, f"pictures: {folder} cannot be written ({error.strerror or error})", full=True)
    except Exception as error:  # whatever went wrong, the tables are written and the next picture may be well
        return _Page(written, f"picture {name}: not drawn, {type(error).__name__}: {error}")
