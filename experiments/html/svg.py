"""SVG pictures of a page: drawn once, stored as PNG and SVG beside it, and embedded as SVG."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from secondhalf.experiments.html.blocks import Picture
from secondhalf.experiments.html.svg_allow_list import inline_file
from secondhalf.experiments.pictures import style

FOLDER = "pictures"
ENDINGS = ("svg", "png")


class Drawer:
    """Keeps the pictures of one page in a folder beside it.

    Parameters
    ----------
    folder
        where the page will lie
    note
        words below every picture; empty for none
    """

    def __init__(self, folder: Path, note: str = "") -> None:
        self.note = note
        self.folder = folder / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)

    def keep(
        self,
        name: str,
        drawn: Figure,
        alt: str,
        caption: str = "",
        data: tuple[str, ...] = (),
        wide: bool = False,
    ) -> Picture:
        """Write the files of a picture and return what the page shows; call within `style.page`."""
        style.put_note(drawn, self.note)
        for ending in ENDINGS:
            style.save(drawn, self.folder / f"{name}.{ending}")
        return Picture(name, inline_file(self.folder / f"{name}.svg", name, alt), alt, caption, data, wide)
