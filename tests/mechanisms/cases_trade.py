"""Mechanisms of shopping: where needs are met, fans, prices, returns, seasons and festivals."""

from __future__ import annotations

from tests.mechanisms import measures as m
from tests.mechanisms.case import Case
from tests.mechanisms.runs import CONTENT, move, until

SPRING = until("2019-03-31")
PAID = (*SPRING, ("channels.*.paid_share", 1.0))
AUTUMN = until("2019-11-20", "2019-10-01")
SUBSIDY = (*until("2019-09-30", "2019-06-01"), ("capability.subsidy.price_cut", 0.1))
FIRST = (*SPRING, ("users.first_order_cost", 1.5))
RIPE = tuple((f"platform.{name}.open_at_start.storefront", {"maturity": 0.9, "exposure": 1.0}) for name in CONTENT)
READY = (*SPRING, *RIPE)
LIVELY = (*READY, ("merchants.broadcast_gain", 4.0))
ONE_PRODUCT = (*SPRING, ("merchants.products.at_start", 1), ("mechanisms.product_launches", False))
MALL = (
    *SPRING,
    *RIPE,
    ("mechanisms.ramps", False),
    ("capability.mall.skill.content", 1.0),
    ("scenario.moves", [move("2019-02-01", "kuaishou", "open", "mall")]),
)
BOOST = (*AUTUMN, ("calendar.festivals.one_one_six.traffic_boost", {2019: 1.0}))
PACKAGE = (
    *until("2022-11-11", "2022-10-15"),
    ("calendar.festivals.one_one_six.traffic_package", {2022: 4.0}),
    ("merchants.kinds.*.fit", {"live_expert": 4.0}),
    ("merchants.supply_elasticity", 1.0),
)

CASES = [
    Case("fans", "channels.repeat_share", m.repeat_share, 1, 0.9, SPRING, 0.0),
    Case("fans", "daily.orders", m.total_orders, 1, 0.05, SPRING),
    Case("store_broadcasts", "channels.gmv of repeat orders", m.repeat_gmv, 1, 0.04, LIVELY),
    Case("thirty_day_rule", "channels.gmv of repeat orders", m.repeat_gmv, -1, 0.2, ONE_PRODUCT),
    Case("loyalty", "switching between orders", m.switching, -1, 0.05, SPRING),
    Case("closed_loop", "market.leak_rate", m.leak_rate, -1, 0.05, READY),
    Case("open_links", "market.leak_rate", m.leak_rate, 1, 0.05, SPRING),
    Case("subsidies", "daily.gmv of pinduoduo", m.subsidised_gmv, 1, 0.05, SUBSIDY, strategy="history"),
    Case("subsidies", "daily.cost of pinduoduo", m.subsidised_cost, 1, 0.2, SUBSIDY, strategy="history"),
    Case("price", "daily.gmv of pinduoduo", m.subsidised_gmv, 1, 0.05, SUBSIDY, strategy="history"),
    Case("nested_choice", "planned orders of kuaishou, after its mall opens", m.gain_from_mall, -1, 0.1, MALL),
    Case("opening", "planned orders", m.planned_orders, 1, 0.05, SPRING),
    Case("opening", "daily.active_users on Double Eleven", m.shelf_rush, 1, 0.03, AUTUMN),
    Case("first_order", "monthly_buyers of content platforms", m.content_buyers, -1, 0.1, FIRST),
    Case("lasting_tastes", "switching between orders", m.switching, -1, 0.05, SPRING),
    Case("lasting_tastes", "monthly_buyers over orders", m.buyers_per_order, -1, 0.05, SPRING),
    Case("returns", "daily.net_gmv over gmv", m.kept_gmv, -1, 0.05, PAID, 1.0),
    Case("seasons", "daily.orders, January over February", m.january, 1, 0.03, SPRING),
    Case("festivals", "daily.orders on Double Eleven", m.double_eleven, 1, 0.3, AUTUMN),
    Case("traffic_boost", "planted orders of kuaishou", m.planted_at_festival, 1, 0.1, BOOST),
    Case("traffic_package", "channels.gmv, share of live_expert", m.experts_at_festival, 1, 0.1, PACKAGE),
]
