"""Typed settings: one model a topic, all checked before any work starts."""

from secondhalf.model.settings.market import MarketSettings, SettingsError

__all__ = ["MarketSettings", "SettingsError"]
