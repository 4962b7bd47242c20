"""Schema of the settings: one typed model a topic, all checked before any work starts."""

from secondhalf.conf.schema.base import SettingsError
from secondhalf.conf.schema.market import MarketSettings

__all__ = ["MarketSettings", "SettingsError"]
