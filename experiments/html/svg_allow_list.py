"""Allow-list for SVG in a page: a drawing is written anew from listed elements and nothing else.

The file may come from somebody else's folder. It is read by an XML parser that resolves nothing, and every element and
attribute has to be one of those listed here; any other refuses the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from xml.parsers import expat

from markupsafe import Markup

LARGEST = 32_000_000
"""Most bytes of a file; the largest picture that ships has about a million."""
DEEPEST = 100
"""Elements within one another; a browser rearranges what lies much deeper."""
DECIMALS = 2
"""Hundredths of a point are finer than any screen; more digits only make the page heavy."""
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
DOCTYPE = ("svg", "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd", "-//W3C//DTD SVG 1.1//EN", 0)
"""The only document type allowed, which Matplotlib writes: it declares nothing, and nothing is read from there."""
SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
ELEMENTS = SHAPES | {"g", "defs", "clipPath", "pattern", "use", "image", "text", "tspan"}
LEFT_OUT = {"metadata", "style", "title"}
"""Left out with everything inside; the page has a style of its own."""
REFERRED = {"defs", "clipPath", "pattern"}
"""Holds what others refer to; nothing in there may refer to anything, or a few lines could stand for billions."""
PROPERTIES = {
    *("fill", "fill-opacity", "fill-rule", "clip-path", "clip-rule", "opacity", "image-rendering", "shape-rendering"),
    *("stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
    *("stroke-opacity", "stroke-width", "font", "font-family", "font-size", "font-stretch", "font-style"),
    *("font-variant", "font-weight", "text-anchor"),
}
ATTRIBUTES = {
    *("id", "style", "transform", "d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry"),
    *("width", "height", "viewBox", "version", "preserveAspectRatio", "clipPathUnits", "patternUnits"),
    *("patternTransform", f"{XLINK} href"),
}
HARMLESS = re.compile(r"[\w\s.,#%'\"+-]*")
"""What the value of a property may hold: no function but a reference within the file, and no escape."""
INSIDE = re.compile(r"url\(#([^\s\"'()<>\\]+)\)")
PIXELS = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=\s]*")


def inline_file(path: Path, name: str, alt: str) -> Markup:
    """A file as a part of a page; see `inline`."""
    size = path.stat().st_size
    if size > LARGEST:
        raise ValueError(f"picture {name}: the SVG has {size:,} bytes; at most {LARGEST:,} are read")
    return inline(path.read_text(encoding="utf-8"), name, alt)


def inline(svg: str, name: str, alt: str) -> Markup:
    """An SVG file as a part of a page: names of its own, no size of its own, a text alternative.

    Parameters
    ----------
    svg
        the file's text, as Matplotlib writes it
    name
        put before all names inside, so that two pictures never share one
    alt
        text alternative

    Raises
    ------
    ValueError
        one sentence: the file is no drawing, or holds more than a drawing needs
    """
    try:
        return Markup("".join(_Writer(name, alt).written(svg)))
    except expat.ExpatError as error:
        raise ValueError(f"picture {name}: the SVG is no XML ({error})") from error


class _Writer:
    """Takes what the parser finds, and writes what is allowed."""

    def __init__(self, name: str, alt: str) -> None:
        self.name, self.alt = name, alt
        self.parts: list[str] = []
        self.open: list[str] = []
        self.left_out = 0
        self.unclosed = False
        """the last tag may yet turn out to have nothing inside"""
        self.defined: dict[str, str] = {}
        """by name, the elements that others may refer to"""
        self.referred: list[tuple[str, set[str]]] = []
        """names referred to, and which elements they may stand for"""

    def written(self, svg: str) -> list[str]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.ordered_attributes = parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.begin, self.end
        parser.CharacterDataHandler = self.words
        parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = self.doctype, self.entity
        parser.Parse(svg, True)
        for target, kinds in self.referred:
            if self.defined.get(target) not in kinds:
                raise self.refused(f"the SVG refers to {target!r}, which is nothing in it that can be drawn there")
        return self.parts

    def refused(self, reason: str) -> ValueError:
        return ValueError(f"picture {self.name}: {reason}; allowed is what a drawing of Matplotlib holds")

    def doctype(self, *declared: str | int | None) -> None:
        if declared != DOCTYPE:
            raise self.refused("the SVG has a document type of its own")

    def entity(self, *declared: object) -> None:
        raise self.refused("the SVG declares an entity")

    def begin(self, tag: str, listed: list[str]) -> None:
        space, _, element = tag.rpartition(" ")
        if self.left_out or (self.open and element in LEFT_OUT):
            self.left_out += 1
            return
        if space not in ("", SVG) or element not in (ELEMENTS if self.open else {"svg"}):
            raise self.refused(f"the SVG holds <{element}>")
        if len(self.open) == DEEPEST:
            raise self.refused(f"the SVG has elements in one another, more than {DEEPEST} deep")
        self.close_tag()
        given = dict(zip(listed[::2], listed[1::2], strict=True))
        kept = list(self.kept(element, given))
        if self.open:
            self.parts.append(f"<{element}" + "".join(f' {key}="{escape(value)}"' for key, value in kept))
        else:
            self.parts.append(self.head(given))
        if "id" in given and REFERRED & {*self.open, element}:
            self.defined[given["id"]] = element
        self.unclosed = True
        self.open.append(element)

    def end(self, tag: str) -> None:
        if self.left_out:
            self.left_out -= 1
            return
        element = self.open.pop()
        self.parts.append("/>" if self.unclosed and self.open else f"{'>' * self.unclosed}</{element}>")
        self.unclosed = False

    def words(self, text: str) -> None:
        if not self.left_out and self.open[-1] in ("text", "tspan"):
            self.close_tag()
            self.parts.append(escape(text))

    def close_tag(self) -> None:
        self.parts.append(">" * self.unclosed)
        self.unclosed = False

    def head(self, given: dict[str, str]) -> str:
        if "viewBox" not in given:
            raise ValueError(f"picture {self.name}: the SVG has no viewBox")
        width = re.fullmatch(r"(\d+(?:\.\d+)?)pt", given.get("width", ""))
        natural = f' style="--natural:{float(width[1]):.0f}pt"' if width else ""
        return f'<svg viewBox="{escape(given["viewBox"])}" role="img" aria-label="{escape(self.alt)}"{natural}'

    def kept(self, element: str, given: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Attributes as they are written, each looked at."""
        for key, value in given.items():
            if key not in ATTRIBUTES | PROPERTIES:
                raise self.refused(f"<{element}> has the attribute {key.rpartition(' ')[2]}")
            if key == "id":
                yield key, f"{self.name}-{value}"
            elif key == f"{XLINK} href":
                yield "xlink:href", self.address(element, value)
            elif key == "style":
                yield key, "; ".join(self.declared(element, value))
            elif key in PROPERTIES:
                yield key, self.value(element, key, value)
            else:
                yield key, re.sub(r"\d+\.\d{3,}", _short, value) if key == "d" else value

    def address(self, element: str, value: str) -> str:
        if element == "image" and PIXELS.fullmatch(value):
            return value
        if element == "use" and value.startswith("#"):
            self.refer(element, value[1:], SHAPES)
            return f"#{self.name}-{value[1:]}"
        raise self.refused(f"<{element}> refers to {value[:60]!r}")

    def declared(self, element: str, style: str) -> Iterator[str]:
        for declaration in filter(None, map(str.strip, style.split(";"))):
            key, _, value = declaration.partition(":")
            yield f"{key.strip()}: {self.value(element, key.strip(), value.strip())}"

    def value(self, element: str, key: str, value: str) -> str:
        inside = INSIDE.fullmatch(value)
        if inside:
            self.refer(element, inside[1], {"clipPath", "pattern"})
            return f"url(#{self.name}-{inside[1]})"
        if key not in PROPERTIES or not HARMLESS.fullmatch(value):
            raise self.refused(f"<{element}> has the style {key}: {value[:60]!r}")
        return value

    def refer(self, element: str, target: str, kinds: set[str]) -> None:
        if REFERRED & {*self.open, element}:
            raise self.refused(f"<{element}> refers to {target!r} from within what others refer to")
        self.referred.append((target, kinds))


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.{DECIMALS}f}".rstrip("0").rstrip(".")
