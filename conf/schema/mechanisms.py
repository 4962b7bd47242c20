"""Mechanism switches: switched off, a mechanism is the same model with its parameter at zero."""

from __future__ import annotations

from typing import Any

from secondhalf.conf.schema.base import Settings


class Mechanisms(Settings):
    """`true` is the model; each `false` takes one mechanism out (see `without`)."""

    innovation: bool = True
    imitation: bool = True
    churn: bool = True
    content_supply: bool = True
    clutter: bool = True
    taste: bool = True
    habit: bool = True
    social: bool = True
    shock: bool = True
    planned_needs: bool = True
    seeding: bool = True
    impulse: bool = True
    ripening: bool = True
    recommendation: bool = True
    fans: bool = True
    store_broadcasts: bool = True
    thirty_day_rule: bool = True
    loyalty: bool = True
    closed_loop: bool = True
    open_links: bool = True
    subsidies: bool = True
    nested_choice: bool = True
    opening: bool = True
    first_order: bool = True
    lasting_tastes: bool = True
    price: bool = True
    sessions: bool = True
    load_lever: bool = True
    ceiling: bool = True
    returns: bool = True
    seasons: bool = True
    festivals: bool = True
    traffic_boost: bool = True
    traffic_package: bool = True
    merchant_learning: bool = True
    shop_entry: bool = True
    shop_exit: bool = True
    product_launches: bool = True
    product_testing: bool = True
    product_scaling: bool = True
    exclusivity: bool = True
    ramps: bool = True
    unknown_skill: bool = True
    costs: bool = True
    outside_growth: bool = True


_ZEROED: dict[str, tuple[str, ...]] = {
    "innovation": ("platform.*.innovation",),
    "imitation": ("platform.*.imitation",),
    "churn": ("platform.*.drop",),
    "content_supply": ("capability.*.supply_gain",),
    "clutter": ("capability.*.clutter",),
    "taste": ("users.taste_sd_content", "users.taste_sd_shelf"),
    "habit": ("users.habit_weight",),
    "social": ("users.social_weight",),
    "shock": ("users.shock",),
    "planned_needs": ("users.needs_per_day",),
    "seeding": ("capability.*.seeding",),
    "impulse": ("users.impulse_rate",),
    "ripening": ("users.ripening_rate",),
    "recommendation": ("capability.*.recommendation_gain",),
    "fans": ("channels.*.fan_gain",),
    "store_broadcasts": ("merchants.broadcast_gain",),
    "thirty_day_rule": ("users.fan.fresh_days",),
    "loyalty": ("users.loyalty_weight",),
    "closed_loop": ("users.closed_loop",),
    "open_links": ("users.link_bonus",),
    "subsidies": ("capability.*.price_cut",),
    "first_order": ("users.first_order_cost",),
    "lasting_tastes": ("users.attachment_sd.content", "users.attachment_sd.shelf"),
    "price": ("users.price_weight",),
    "sessions": ("users.session_minutes",),
    "load_lever": ("platform.*.selling_load",),
    "ceiling": ("platform.*.never_installs",),
    "returns": ("channels.*.return_rate",),
    "merchant_learning": ("merchants.ewa_lambda",),
    "shop_entry": ("merchants.entry_hazard",),
    "product_launches": ("merchants.kinds.*.launches_per_year",),
    "product_scaling": ("merchants.products.scaled_boost",),
    "unknown_skill": ("capability.*.skill_sd",),
    "costs": ("capability.*.launch_cost", "capability.*.running_cost"),
}
"""Parameters that a switched-off mechanism sets to zero; the mechanisms not named here are read where they act."""


def _zero(node: dict[str, Any], path: list[str]) -> None:
    if path[0] == "*":
        for child in node.values():
            _zero(child, path[1:])
    elif len(path) == 1:
        if path[0] in node:
            node[path[0]] = 0
    elif path[0] in node:
        _zero(node[path[0]], path[1:])


def without(raw: dict[str, Any], mechanisms: Mechanisms) -> dict[str, Any]:
    """Set to zero, in place, the parameters of every mechanism that is switched off."""
    for name, paths in _ZEROED.items():
        if not getattr(mechanisms, name):
            for path in paths:
                _zero(raw, path.split("."))
    return raw
