"""Served settings: set before the server starts, read by every tab."""

from __future__ import annotations

from dataclasses import dataclass

from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup


@dataclass
class Served:
    """Settings of the market with which a new tab begins."""

    _setup: Setup | None = None
    _options: Browse | None = None

    def begin(self, setup: Setup, options: Browse) -> None:
        """Set what new tabs show."""
        self._setup, self._options = setup, options

    @property
    def setup(self) -> Setup:
        """The market requested on the command line."""
        if self._setup is None:
            raise RuntimeError("nothing is served yet")
        return self._setup

    @property
    def options(self) -> Browse:
        """How much is drawn."""
        if self._options is None:
            raise RuntimeError("nothing is served yet")
        return self._options


SERVED = Served()
"""Of this process."""
