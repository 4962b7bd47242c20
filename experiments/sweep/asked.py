"""What a command says beside the settings of its runs."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig

from secondhalf.model.settings import SettingsError


def hydra_overrides(hydra: Any) -> list[str]:
    """Overrides of Hydra's own settings that a job needs too: folders of configuration and what was set by hand."""
    given = [str(word) for word in hydra.overrides.hydra]
    known = {str(source.path) for source in hydra.runtime.config_sources if source.schema == "file"}
    if known and not any(word.startswith("hydra.searchpath=") for word in given):
        given.append(f"hydra.searchpath=[{','.join(sorted(repr('file://' + path) for path in known))}]")
    return given


def resume_of(config: DictConfig) -> bool:
    """The word `resume`.

    Raises
    ------
    SettingsError
        when it is neither true nor false
    """
    if not isinstance(config.resume, bool):
        raise SettingsError(f"resume={config.resume}: allowed are true, false")
    return config.resume
