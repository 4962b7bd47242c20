"""The markets that a study over seeds compares: the one asked for and, with other overrides, a second one."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import NOT_OF_THE_MARKET, compose_config, market_settings
from secondhalf.experiments.command.options import Phases

GIVEN, AGAINST = "given", "against"
TINY_SEEDS = 2
TINY_DAYS = 1461
"""Four years, the least in which both the second half and the malls of 2022 can be seen."""


def arms(config: DictConfig, overrides: Sequence[str], options: Phases) -> dict[str, MarketSettings]:
    """Checked settings by arm, for the first seed.

    Parameters
    ----------
    config
        composed from `overrides`
    overrides
        to which `phases.against` is added for the second arm

    Raises
    ------
    SettingsError
        also for what may not differ between arms
    """
    found = {GIVEN: _sized(config, options)}
    for override in options.against:
        name = override.lstrip("+~").partition("=")[0]
        if name in ("seed", "population.users") or name.split(".")[0] in NOT_OF_THE_MARKET:
            raise SettingsError(f"phases.against={override}: only the market may differ, not seeds, users or options")
    if options.against:
        found[AGAINST] = _sized(compose_config([*overrides, *options.against]), options)
    return found


def job_overrides() -> list[str]:
    """The overrides of the job that Hydra is running, its folders of configuration among them."""
    hydra = HydraConfig.get()
    folders = [f"'file://{source.path}'" for source in hydra.runtime.config_sources if source.schema == "file"]
    return [*hydra.overrides.task, *([f"hydra.searchpath=[{','.join(folders)}]"] if folders else [])]


def seeds(settings: MarketSettings, options: Phases) -> range:
    """Seeds in a row from `seed` on; two of them in a tiny variant."""
    count = options.seeds if settings.limits.users is None else min(options.seeds, TINY_SEEDS)
    return range(settings.seed, settings.seed + count)


def _sized(config: DictConfig, options: Phases) -> MarketSettings:
    """As many users as the study asks for. A tiny variant keeps enough days for the question to make sense."""
    config = copy.deepcopy(config)
    config.population.users = options.users
    if config.limits.days is not None:
        config.limits.days = max(int(config.limits.days), TINY_DAYS)
    return market_settings(config)
