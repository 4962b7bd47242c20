"""Pictures of a page: drawn once, kept as PNG and SVG beside it, and put into it as SVG."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from secondhalf.experiments.html.blocks import Picture
from secondhalf.experiments.pictures import style

FOLDER = "pictures"
ENDINGS = ("svg", "png")
DECIMALS = 2
"""Hundredths of a point are finer than any screen; more digits only make the page heavy."""


class Drawer:
    """Keeps the pictures of one page in a folder beside it.

    Parameters
    ----------
    folder
        where the page will lie
    """

    def __init__(self, folder: Path) -> None:
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
        for ending in ENDINGS:
            style.save(drawn, self.folder / f"{name}.{ending}")
        svg = (self.folder / f"{name}.svg").read_text(encoding="utf-8")
        return Picture(name, inline(svg, name, alt), alt, caption, data, wide)


def inline(svg: str, name: str, alt: str) -> str:
    """An SVG file as a part of a page: names of its own, no size of its own, a text alternative.

    Parameters
    ----------
    svg
        the file's text, as Matplotlib writes it
    name
        put before all names inside, so that two pictures never share one
    alt
        text alternative
    """
    body = svg[svg.index("<svg") :]
    for part in (r"<metadata>.*?</metadata>", r"<!--.*?-->", r"<style\b.*?</style>"):
        body = re.sub(part, "", body, flags=re.DOTALL)
    head, _, rest = body.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    if box is None:
        raise ValueError(f"picture {name}: the SVG has no viewBox")
    width = re.search(r'width="([\d.]+)pt"', head)
    natural = f' style="--natural:{float(width[1]):.0f}pt"' if width else ""
    rest = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', rest)
    rest = rest.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    rest = re.sub(r'\bd="[^"]*"', lambda path: re.sub(r"\d+\.\d{3,}", _short, path[0]), rest)
    rest = re.sub(r"\n\s*", "\n", rest)
    return f'<svg {box[0]} role="img" aria-label="{escape(alt)}"{natural}>{rest}'


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.{DECIMALS}f}".rstrip("0").rstrip(".")
