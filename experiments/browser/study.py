"""The study `browse`: from the composed configuration to the server."""

from __future__ import annotations

from omegaconf import DictConfig

from secondhalf.experiments.browser.serve import serve
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.command.compose import compose_config, overrides_of
from secondhalf.experiments.command.options import Browse


def browse(config: DictConfig, options: Browse) -> None:
    """Serve the pages; no file is written."""
    asked, folders = overrides_of(config)
    overrides = [override for override in asked if not override.startswith(("browse.", "hydra."))]
    serve(Setup.of(compose_config([*overrides, *folders]), overrides, folders), options)
