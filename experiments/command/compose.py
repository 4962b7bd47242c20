"""Options and choices in a composed configuration; composing itself is `secondhalf.conf.schema.compose`."""

from __future__ import annotations

from typing import TypeVar

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from pydantic import ValidationError

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.base import sentence
from secondhalf.conf.schema.compose import CONFIG_MODULE as CONFIG_MODULE
from secondhalf.conf.schema.compose import NOT_OF_THE_MARKET as NOT_OF_THE_MARKET
from secondhalf.conf.schema.compose import compose_config as compose_config
from secondhalf.conf.schema.compose import config_folders as config_folders
from secondhalf.conf.schema.compose import config_values as config_values
from secondhalf.conf.schema.compose import load_settings as load_settings
from secondhalf.conf.schema.compose import market_settings as market_settings
from secondhalf.conf.schema.compose import settings_of as settings_of
from secondhalf.experiments.execution.settings import Options

Group = TypeVar("Group", bound=Options)


def options(kind: type[Group], config: DictConfig) -> Group:
    """The checked group of a composed configuration that `kind` describes.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    try:
        return kind.model_validate(OmegaConf.to_container(config[kind.group], resolve=True))
    except ValidationError as error:
        raise SettingsError(sentence(error, kind.group)) from error


def overrides_of(config: DictConfig) -> tuple[list[str], list[str]]:
    """The overrides of a composed configuration, and the override that finds its files again."""
    hydra = config.hydra if "hydra" in config else HydraConfig.get()
    own = [f"file://{source.path}" for source in hydra.runtime.config_sources if source.schema == "file"]
    return list(hydra.overrides.task), ([f"hydra.searchpath=[{','.join(own)}]"] if own else [])


def choices_of(config: DictConfig, group: str) -> list[str]:
    """Names that can be chosen in a group, in conf/ and in folders of one's own."""
    found = {path.stem for folder in config_folders(config) for path in (folder / group).glob("*.yaml")}
    return sorted(found - {"base"})
