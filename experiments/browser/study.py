"""Browser page (the study `browse`): from the composed configuration to the server."""

from __future__ import annotations

from secondhalf.experiments.browser.server.serve import require_free, serve
from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.command.compose import compose_config, overrides_of
from secondhalf.experiments.command.request import Request


def prepare(request: Request[Browse]) -> None:
    """Refuse an address that cannot be listened on."""
    require_free(request.options)


def start(request: Request[Browse]) -> None:
    """Serve the pages; no file is written."""
    given, folders = overrides_of(request.config)
    overrides = [override for override in given if not override.startswith(("browse.", "hydra."))]
    serve(Setup.of(compose_config([*overrides, *folders]), overrides, folders), request.options)
