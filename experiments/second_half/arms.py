"""Arms of the study `phases`: the market of the command and, with other overrides, a second one."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.fitted_members import FittedMembers, find_members
from secondhalf.experiments.command.compose import NOT_OF_THE_MARKET, compose_config, market_settings, overrides_of
from secondhalf.experiments.second_half.settings import Phases

GIVEN, AGAINST = "given", "against"
TINY_SEEDS = 2
TINY_DAYS = 1461
"""Four years, the least in which both the second half and the malls of 2022 can be seen."""


def find_arms(config: DictConfig, options: Phases) -> dict[str, MarketSettings]:
    """Checked settings by arm, for the first seed; the second arm adds `phases.against` to the overrides of the first.

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
        given, search = overrides_of(config)
        found[AGAINST] = _sized(compose_config([*given, *search, *options.against]), options)
    return found


def find_fitted(arms: Mapping[str, MarketSettings], options: Phases) -> FittedMembers | None:
    """The members that all arms run over; two in a tiny variant, None without an ensemble.

    Raises
    ------
    SettingsError
        for an ensemble that does not fit, or one seed only: luck could not be told from parameters
    """
    if not options.ensemble:
        return None
    settings = list(arms.values())
    if options.seeds < 2:
        raise SettingsError(f"phases.seeds={options.seeds}: with phases.ensemble two are needed at least")
    count = options.members if settings[0].limits.users is None else min(options.members, TINY_SEEDS)
    return find_members(settings, options.calibration, count, "phases")


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
