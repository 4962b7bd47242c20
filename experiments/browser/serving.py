"""What the server shows: set before it starts, read by every tab."""

from __future__ import annotations

from dataclasses import dataclass

from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup


@dataclass
class Served:
    """The market that a new tab begins with."""

    _setup: Setup | None = None
    _options: Browse | None = None

    def begin(self, setup: Setup, options: Browse) -> None:
        """Show this from now on."""
        self._setup, self._options = setup, options

    @property
    def setup(self) -> Setup:
        """The market asked for on the command line."""
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
