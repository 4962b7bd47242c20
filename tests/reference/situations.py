"""Settings and states in which the compiled users are held against the oracle's."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SMALL = ["population.users=200", "population.merchants=40", "population.agent_objects=0"]
"""Small markets; the oracle brings its own agent objects."""
ALL_SIX = "platforms=[kuaishou,douyin,taobao,jd,pinduoduo,xiaohongshu]"
NETWORKS = ("small_world", "scale_free", "clustered_scale_free", "communities", "random_mixing")


class Situation(NamedTuple):
    """Overrides of the settings, the days run before, the days compared, whether to spread out what was last done."""

    overrides: list[str]
    after: int = 3
    days: int = 4
    aged: bool = False


def random_situation(seed: int) -> Situation:
    """Users' parameters a factor of up to three from the usual, a random network, number of fan slots and start."""
    rng = np.random.default_rng(seed)
    usual = {
        "adoption_taste": 0.8,
        "habit_weight": 2.0,
        "habit_days": 45,
        "social_weight": 0.3,
        "shock": 0.8,
        "outside": 1.0,
        "needs_per_day": 1.0,
        "impulse_rate": 1.0,
        "ripening_rate": 0.05,
        "loyalty_weight": 1.5,
        "walk_away": 1.5,
        "price_weight": 2.0,
        "opening_cost": 1.5,
        "first_order_cost": 0.7,
        "session_minutes": 6.0,
        "content_liking": 0.5,
        "attachment_sd.shelf": 0.8,
        "closed_loop": 1.0,
        "repeat_bonus": 2.0,
        "fan.rate_mean": 0.2,
    }
    factors = np.exp(rng.uniform(-np.log(3), np.log(3), len(usual)))
    chosen = [
        f"users.{name}={value * factor:.4f}" for (name, value), factor in zip(usual.items(), factors, strict=True)
    ]
    chosen += [
        f"users.channel_nest={rng.uniform(0.2, 0.6):.3f}",
        f"users.platform_nest={rng.uniform(0.6, 1):.3f}",
        *(f"platform.{name}.never_installs={rng.uniform(0, 0.5):.2f}" for name in ("douyin", "jd")),
        f"users.fan.slots={rng.integers(1, 6)}",
        f"network={rng.choice(NETWORKS)}",
        f"calendar.start={rng.integers(2019, 2024)}-{rng.integers(1, 13):02}-01",
        f"seed={seed}",
    ]
    return Situation(chosen, after=10)


SITUATIONS = {
    "settled in": Situation([], after=0, days=6),
    "200 days later": Situation([], after=200, days=6),
    "Double Eleven": Situation(["calendar.start=2020-10-25"], after=12, days=7),
    "malls of 2022": Situation(["calendar.start=2022-10-20", "strategy=history"], after=8, days=8),
    "one platform": Situation(["platforms=[taobao]"]),
    "long ago": Situation([], aged=True),
    "six platforms": Situation([ALL_SIX], after=20),
    "random mixing": Situation(["network=random_mixing"], after=20),
    "nobody moves": Situation(["strategy=hold", "mechanisms.seasons=false"]),
    "many come and go": Situation(
        ["users.idle_days=2", "strategy=hold"]
        + [f"platform.{p}.{what}" for p in ("kuaishou", "jd") for what in ("drop=0.3", "innovation=0.1", "leisure=-4")],
        days=8,
    ),
    "many fans": Situation(
        ["users.fan.slots=1", "users.fan.rate_mean=0.5", "users.needs_per_day=3"]
        + [f"channels.{name}.fan_gain=0.5" for name in ("live_store", "store", "search", "mall")],
        after=20,
        days=6,
    ),
    "interest and impulses": Situation(
        ["users.ripening_rate=0.1", "users.impulse_rate=0.5", "capability.live.seeding=0.1", "users.walk_away=-1"]
    ),
    **{
        f"without {names}": Situation([f"mechanisms.{name}=false" for name in names.split(" and ")])
        for names in (
            "habit and social and taste",
            "loyalty and closed_loop and fans",
            "impulse and shock and thirty_day_rule",
            "ripening and opening and imitation",
            "seeding and open_links and innovation",
            "nested_choice and lasting_tastes",
            "price and sessions and ceiling",
        )
    },
    **{f"random {seed}": random_situation(seed) for seed in range(4)},
}
