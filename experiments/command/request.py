"""Request to a study: its checked settings and options, and the folder that its files go into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import market_settings, options
from secondhalf.experiments.command.studies import Study
from secondhalf.experiments.execution.memory import check_memory
from secondhalf.experiments.execution.settings import Launcher, Output
from secondhalf.model.day.stages import in_order
from secondhalf.model.initial_state import strategies
from secondhalf.model.network.edge_list import read_ties
from secondhalf.model.ranges import check_ranges

Own = TypeVar("Own")


@dataclass(frozen=True)
class Request(Generic[Own]):
    """Request to a study: the one argument of every study's `prepare` and `start`.

    Attributes
    ----------
    settings
        of the market
    options
        the study's own group of conf/; None for a study that has none
    output
        what is shown and drawn
    folder
        where the files go
    config
        the composed configuration that all this was read from
    single
        it is not one of the jobs of a sweep
    """

    settings: MarketSettings
    options: Own
    output: Output
    folder: Path
    config: DictConfig
    single: bool = True

    @property
    def launcher(self) -> Launcher:
        """Where many runs are made."""
        return options(Launcher, self.config)


def check_market(settings: MarketSettings, goes_on: bool = False) -> None:
    """Refuse ranges, a size, strategies, an order of stages, or a file of friendships with which no market can begin.

    Parameters
    ----------
    goes_on
        the market is that of a checkpoint, which holds its friendships: no file is read

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    check_ranges(settings)
    if not goes_on:
        check_memory(settings)
    strategies(settings.among(settings.competing))
    in_order(settings.stage_order)
    if settings.network.kind == "file" and not goes_on:
        read_ties(str(settings.network.file), settings.population.users)


def make_request(
    study: Study, config: DictConfig, folder: Path, single: bool, values: Mapping[str, Any] | None = None
) -> Request[Any]:
    """A request from a composed configuration; `values` as for `market_settings`.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    kind, output = study.options(), options(Output, config)
    if output.pictures == "auto" and not single:
        output = output.model_copy(update={"pictures": "never"})
    own = None if kind is None else options(kind, config)
    return Request(market_settings(config, values), own, output, folder, config, single)
