"""The words that platforms, merchants and users share."""

from __future__ import annotations

CHANNELS = ("short_video", "live_store", "live_expert", "mall", "search", "store")
"""The six channels, everywhere the same."""

PAN_SHELF = ("mall", "search", "store")
"""Channels that need no feed."""

ENTRANCES = ("top_tab", "bottom_tab", "second_level", "in_feed")
"""Where in the app a capability is found."""

CAPABILITY_CHANGES = ("test", "open", "strengthen", "restrict", "close", "restore")
"""Changes that name a capability."""

PLATFORM_CHANGES = ("recruit", "deepen", "hold")
"""Changes of the platform as a whole."""
