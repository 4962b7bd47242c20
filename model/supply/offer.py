"""Offer of each platform to users today, from its capabilities, its levers and its shops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.platform import Platform
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CHANNELS, KINDS_OF_NEED
from secondhalf.model.shapes import FEED, SHELF, Offer
from secondhalf.model.supply.sales import Trade

Array = NDArray[np.float64]
"""Kinds of need, as rows of `Offer.channel_value`."""
SUPPLY_HALF = 0.1
"""Posting users per person online, or effort in the feed, that doubles the argument of content supply's logarithm."""
LARGEST_CUT = 0.9
"""Most that all subsidies together take off a price."""
LEAST_SUPPLY = 1e-6
"""Effort that a channel in which nobody makes any counts with, so that its logarithm exists."""


class OfferDesk:
    """Turns platforms' state into the `Offer` of a day; holds the catalogue's numbers as arrays."""

    def __init__(self, settings: MarketSettings, platforms: Sequence[Platform]) -> None:
        self.platforms = platforms
        self.table = platforms[0].capabilities
        self.users = settings.users
        catalogue = list(settings.capability.values())
        self.leisure_gain = np.array([c.leisure_gain for c in catalogue])
        self.seeding = np.array([c.seeding for c in catalogue])
        self.clutter = np.array([c.clutter for c in catalogue])
        self.clutter_limit = np.array([c.clutter_limit for c in catalogue])
        self.recommendation = np.array([c.recommendation_gain for c in catalogue])
        self.price_cut = np.array([c.price_cut for c in catalogue])
        self.link_gain = np.array([c.link_gain for c in catalogue])
        self.supply_gain = np.array([c.supply_gain for c in catalogue])
        opens = np.array([[channel in c.opens for c in catalogue] for channel in CHANNELS])
        # Without what opens all channels a platform cannot take orders; it is the last row, [C + 1, capability].
        needed = np.vstack([opens, [c.opens_all for c in catalogue]])
        self.not_needed = np.where(needed, 0.0, np.inf)
        self.opened = needed.any(axis=1)
        own = [platform.settings for platform in platforms]
        self.content = np.array([p.kind == "content" for p in own])
        self.leisure = np.array([p.leisure for p in own])
        self.gamma = np.array([p.gamma for p in own])
        self.creators = np.array([p.creator_share for p in own])
        tiers = np.log(settings.users.spending.amounts)
        fit = np.array([p.tier_fit for p in own])
        self.tier_fit = fit * (tiers - settings.users.spending.mean_log_amount())[:, None]  # [G, P]
        self.attachment_sd = np.array([settings.users.attachment_sd[p.kind] for p in own], np.float32)
        self.never = np.array([p.never_installs for p in own], np.float32)
        self.hazards = np.array([[p.innovation, p.imitation] for p in own]).T
        self.drop = np.array([p.drop for p in own], np.float32)
        self.taste_weight = np.array([[p.taste_content, p.taste_shelf] for p in own], np.float32).T.copy()
        self.affinity = np.array(
            [[getattr(c.affinity, kind) for c in settings.channels.values()] for kind in KINDS_OF_NEED]
        )
        self.feed = np.array([settings.channels[name].feed for name in CHANNELS], float)
        self.shelf = 1.0 - self.feed
        fan_gain = np.array([c.fan_gain for c in settings.channels.values()])
        self.feed_fans, self.shelf_fans = self.feed * fan_gain, self.shelf * fan_gain
        self.elasticity = settings.merchants.supply_elasticity

    def availability(self) -> Array:
        """How open each channel is on each platform, [P, C]: the least presence among what opens it."""
        return self._least(self.table.presence)[:, :-1]

    def _least(self, presence: Array) -> Array:
        """Least presence among what each channel, and in the last column taking orders, needs, [P, C + 1]."""
        least = (presence[:, None, :] + self.not_needed).min(axis=2)
        return np.where(self.opened, least, 0.0)

    def live_presence(self) -> Array:
        """How open the shops' own broadcasts are, [P]."""
        return np.asarray(self.availability()[:, CHANNELS.index("live_store")])

    def channel_values(self, availability: Array, supply: Array) -> Array:
        """Value of each channel, [4, P, C]: affinity to the kind of need x availability x supply ** elasticity.

        Its logarithm is the utility of the channel within its platform's nest (`choice`).
        """
        return np.asarray(self.affinity[:, None, :] * (availability * (supply + LEAST_SUPPLY) ** self.elasticity)[None])

    def prices(self, presence: Array) -> Array:
        """Price of goods on each platform relative to one without subsidies, [P]."""
        return np.asarray(1 - np.minimum(presence @ self.price_cut, LARGEST_CUT))

    def content_supply(self, active_share: Array, trade: Trade) -> Array:
        """Videos offered on each platform, [P]: by posting users and, everywhere, by merchants."""
        return np.asarray(self.creators * active_share + trade.in_feed)

    def selling_load(self, trade: Trade) -> Array:
        """Share of each platform's feed that sells today, [P]."""
        return trade.selling_load(np.array([platform.load for platform in self.platforms]))

    def offer(self, trade: Trade, active_share: Array, festival_pull: Array, boost: Array) -> tuple[Offer, Array]:
        """Today's offer, and the share of each channel in its group by kind of need and platform, [4, P, C].

        Parameters
        ----------
        active_share
            yesterday's active users over people online, [P]
        festival_pull
            utility of buying that today's festivals add, [P]
        boost
            traffic that they add, as a share: for what content plants, and for channels outside the feed, [P]
        """
        presence = self.table.presence
        least = self._least(presence)
        availability, storefront = least[:, :-1], least[:, -1]
        sells = (storefront > 0) & trade.has_shop & (availability.max(axis=1) > 0)
        levers = np.array([(own.load, own.appeal, own.recruit, own.pool_depth) for own in self.platforms])
        most, appeal, recruit, depth = levers.T
        load = trade.selling_load(most)
        excess = np.maximum(load[:, None] / self.clutter_limit - 1, 0.0)
        supply = np.log1p(self.content_supply(active_share, trade) / SUPPLY_HALF)
        leisure = (
            self.leisure
            + presence @ self.leisure_gain
            + (presence @ self.supply_gain) * supply
            - (presence * self.clutter * excess).sum(axis=1)
        )
        seeding = (
            trade.planting_load(load) * (presence @ self.seeding) * (1 + presence @ self.recommendation) * (1 + boost)
        )
        price = self.users.price_weight * np.log(self.prices(presence))
        value = appeal - price + festival_pull - self.users.walk_away + self.tier_fit
        values = self.channel_values(availability * (1 + boost[:, None] * self.shelf), trade.supply)
        groups = _by_group(values @ self.feed, values @ self.shelf)
        within = np.where(trade.feed, groups[:, FEED, :, None], groups[:, SHELF, :, None])
        shares = np.divide(values, within, out=np.zeros_like(values), where=within > 0)
        fans = _by_group(shares @ self.feed_fans, shares @ self.shelf_fans)
        innovation, imitation = (self.hazards * recruit).astype(np.float32)
        f = np.float32
        offer = Offer(
            leisure=leisure.astype(f),
            taste_weight=self.taste_weight,
            gamma=(self.gamma * depth).astype(f),
            seeding=seeding.astype(f),
            channel_value=groups.astype(f),
            tier_value=value.astype(f),
            attachment_sd=self.attachment_sd,
            never=self.never,
            sells=sells.astype(np.uint8),
            bonus=self._bonus(presence @ self.link_gain, storefront, sells),
            innovation=innovation,
            imitation=imitation,
            drop=self.drop,
            fan_gain=fans.astype(f),
        )
        return offer, shares

    def _bonus(self, links: Array, storefront: Array, sells: NDArray[np.bool_]) -> NDArray[np.float32]:
        """By origin of a need, [P + 1, P]: closed loop where it was planted, open links to the other kind."""
        bonus = np.zeros((links.size + 1, links.size), np.float32)
        bonus[:-1] = (self.users.link_bonus * links * self.content)[:, None] * (sells & ~self.content)
        bonus.ravel()[: -links.size : links.size + 1] = self.users.closed_loop * storefront  # the diagonal
        return bonus


def _by_group(feed: Array, shelf: Array) -> Array:
    """Values of both groups of channels, each [4, P], as one array [4, 2, P]."""
    found = np.empty((len(feed), 2, feed.shape[1]))
    found[:, FEED], found[:, SHELF] = feed, shelf
    return found
