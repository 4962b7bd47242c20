"""Typed settings: one model a topic, all checked before any work starts."""

from secondhalf.model.settings.base import SettingsError
from secondhalf.model.settings.market import MarketSettings

__all__ = ["MarketSettings", "SettingsError"]
