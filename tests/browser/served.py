"""The command `secondhalf browse` in a process of its own, and a real browser that opens its page."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
COMMAND = "from secondhalf.experiments.command.main import main; main()"
PATIENCE = 120_000
"""Milliseconds that anything may take on a machine that is busy with other tests."""


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def without_token(address: str) -> str:
    """An address without its token, as a browser has it once the token is exchanged for a cookie."""
    return address.partition("/?token=")[0]


@contextmanager
def serving(folder: Path, words: Sequence[str], path: Path | None = None) -> Iterator[str]:
    """The address, with its token, of a server that lives as long as the context; `path` holds modules of one's own."""
    port = free_port()
    known = [str(path or ""), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in known if entry)}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "browse", "--port", str(port), *words],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith("Second Half: http://"):
                    break
            else:
                raise AssertionError("".join(said))
            yield line.split()[2]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE / 1000)


@dataclass
class Visit:
    """A tab, with what its console said and where it asked for something."""

    page: Page
    errors: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def ready(self, state: str = "paused") -> None:
        """Wait until the market is there and the page has drawn it."""
        self.page.wait_for_selector(f".sh-root[data-state={state}]", timeout=PATIENCE)

    def day(self, number: int) -> None:
        """Wait until so many days are drawn."""
        self.page.wait_for_selector(f".sh-root[data-day='{number}']", timeout=PATIENCE)


@dataclass
class Guests:
    """The browser's window, the server's address without its token, and the first tab."""

    tab: Visit
    address: str

    def csv(self, view: str) -> pd.DataFrame:
        """What the button of a view gives."""
        with self.tab.page.expect_download() as waiting:
            self.tab.page.click(f"[data-csv={view}]")
        assert waiting.value.suggested_filename == f"{view}.csv"
        return pd.read_csv(waiting.value.path(), keep_default_na=False)

    def command(self) -> list[str]:
        """Overrides of the command line that the page gives."""
        self.tab.page.click("#sh-command")
        self.tab.page.wait_for_function("document.querySelector('#sh-line').value")
        words = shlex.split(self.tab.page.input_value("#sh-line"))
        self.tab.page.evaluate("document.querySelector('#sh-line').value = ''")
        assert words[:2] == ["secondhalf", "run"]
        return words[2:]


def check_addresses(tab: Visit, address: str) -> None:
    """Everything came from the server itself."""
    host = address.removeprefix("http://")
    for asked in tab.addresses:
        assert re.match(rf"(http|ws)://{re.escape(host)}/|data:|blob:", asked), asked


@contextmanager
def browsing(width: int, height: int) -> Iterator[BrowserContext]:
    """A browser with an empty window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        context.set_default_timeout(PATIENCE)
        yield context
        browser.close()


def _where(message: ConsoleMessage) -> str:
    """What the console says and of which address: "404" alone names nothing."""
    return f"{message.text} {message.location.get('url', '')}"


def visit(context: BrowserContext, address: str) -> Visit:
    """A new tab at an address."""
    made = Visit(context.new_page())
    made.page.on("console", lambda message: made.errors.append(_where(message)) if message.type == "error" else None)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    made.page.on("request", lambda request: made.addresses.append(request.url))
    made.page.on("websocket", lambda opened: made.addresses.append(opened.url))
    made.page.goto(address)
    return made
