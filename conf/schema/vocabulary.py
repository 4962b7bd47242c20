"""Vocabulary shared by platforms, merchants and users: channels, capabilities, changes."""

from __future__ import annotations

CHANNELS = ("short_video", "live_store", "live_expert", "mall", "search", "store")
"""The six channels, everywhere the same."""

PAN_SHELF = ("mall", "search", "store")
"""Channels that need no feed."""

KINDS_OF_NEED = ("planned", "impulse", "ripened", "repeat")
"""What makes somebody want to buy."""

ENTRANCES = ("top_tab", "bottom_tab", "second_level", "in_feed")
"""Where in the app a capability is found."""

CAPABILITY_CHANGES = ("test", "open", "strengthen", "restrict", "close", "restore")
"""Changes that name a capability."""

PLATFORM_CHANGES = ("recruit", "deepen", "hold")
"""Changes of the platform as a whole."""

CHOOSABLE = ("mall", "search", "short_video", "live", "expert_distribution", "subsidy")
"""Capabilities that a platform may choose, where its file does not say otherwise and they are not native to it."""

NATIVE = {"content": ("short_video", "live", "expert_distribution"), "shelf": ("mall", "search")}
"""Capabilities that each line of business always has."""

MAX_PLATFORMS = 32
"""Most platforms of a market: a user's installed apps are bits of one 32-bit number."""

MAX_FAN_SLOTS = 5
"""Most shops a user is a fan of: a user's needs are bits of one byte."""
