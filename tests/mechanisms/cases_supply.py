"""Mechanisms of merchants and of what platforms can do."""

from __future__ import annotations

from tests.mechanisms import measures as m
from tests.mechanisms import measures_supply as s
from tests.mechanisms.case import Case
from tests.mechanisms.runs import move, until

SPRING = until("2019-03-31")
KEEN = (*SPRING, ("merchants.entry_hazard", 0.05), ("mechanisms.shop_exit", False))
HARD = (*SPRING, ("merchants.shop_cost", 3e5), ("merchants.patience_weeks", 2))
BUSY = (*SPRING, ("merchants.kinds.*.launches_per_year", 20.0))
OPENING = (*SPRING, ("scenario.moves", [move("2019-01-15", "kuaishou", "open", "mall")]))
DECIDES = "reservoir"
"""Who decides does not know its skill; who holds has the fitted one."""
LUCKY = (*OPENING, ("capability.mall.skill_sd", 0.8), ("mechanisms.ramps", False))
BOUND = (
    *SPRING,
    ("scenario.exclusivity", {"platform": "taobao", "share": 0.8, "until": "2021-04-10"}),
    ("mechanisms.shop_entry", False),
    ("platform.jd.shops_at_start", 0.6),
    ("platform.pinduoduo.shops_at_start", 0.6),
)

CASES = [
    Case("merchant_learning", "effort's overlap with channels.gmv", s.alignment, 1, 0.1, SPRING),
    Case("shop_entry", "merchants' columns of platforms", s.shops_with_sales, 1, 0.1, KEEN),
    Case("shop_exit", "merchants' rows", s.merchants_ever, 1, 0.1, HARD),
    Case("shop_exit", "shops open", s.shops_open, -1, 0.05, HARD),
    Case("product_launches", "products' rows", s.products_ever, 1, 0.2, BUSY),
    Case("product_testing", "products.tested", s.products_tested, 1, 0.9, BUSY, 0.0),
    Case("product_testing", "products.scaled", s.products_scaled, 1, 0.9, BUSY, 0.0),
    Case("product_scaling", "products.scaled", s.products_scaled, 1, 0.9, BUSY, 0.0),
    Case("product_scaling", "products.gmv, share of the best", s.best_product_share, 1, 0.05, BUSY),
    Case("exclusivity", "merchants' columns of jd and pinduoduo", s.rivals_shops, -1, 0.2, BOUND),
    Case("ramps", "channels.gmv of kuaishou's mall", m.mall_gmv, -1, 0.3, OPENING),
    Case(
        "unknown_skill",
        "channels.gmv of kuaishou's mall",
        m.mall_by_luck,
        1,
        0.02,
        LUCKY,
        strategy=DECIDES,
        seeds=(1, 3),
    ),
    Case("costs", "daily.cost", m.total_cost, 1, 0.9, OPENING, 0.0),
]
