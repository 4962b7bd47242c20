"""Mechanisms of users' apps, time, interest and needs."""

from __future__ import annotations

from tests.mechanisms import measures as m
from tests.mechanisms.case import Case
from tests.mechanisms.runs import until

SPRING = until("2019-03-31")
AUTUMN = until("2019-11-20", "2019-10-01")
EPIDEMIC = until("2020-03-31", "2020-01-01")
RESTLESS = (*SPRING, ("users.idle_days", 7), ("platform.*.drop", 0.05))
LOADED = (*SPRING, ("capability.*.clutter_limit", 0.08), ("capability.*.clutter", 0.3))
FULL = (*SPRING, ("platform.*.never_installs", 0.3), ("platform.*.innovation", 0.02))
NO_FANS = (*SPRING, ("mechanisms.fans", False))

CASES = [
    Case("innovation", "daily.installed_users", m.installed, 1, 0.01, SPRING),
    Case("imitation", "daily.installed_users", m.installed, 1, 0.01, SPRING),
    Case("churn", "daily.installed_users", m.installed, -1, 0.1, RESTLESS),
    Case("content_supply", "daily.minutes", m.content_minutes, 1, 0.02, SPRING),
    Case("clutter", "daily.minutes", m.content_minutes, -1, 0.2, LOADED),
    Case("clutter", "monthly.retention", m.content_retention, -1, 0.05, LOADED),
    Case("taste", "overlap.users over independent use", m.lift_of_overlap, 1, 0.1, SPRING),
    Case("habit", "daily.minutes", m.content_minutes, 1, 0.3, SPRING),
    Case("habit", "daily.active_users over monthly_active_users", m.stickiness, 1, 0.1, SPRING),
    Case("social", "daily.minutes", m.content_minutes, 1, 0.02, SPRING),
    Case("shock", "days' deviation of users' minutes", m.own_variation, 1, 0.3, SPRING),
    Case("ceiling", "daily.installed_users", m.installed, -1, 0.1, FULL),
    Case("sessions", "daily.minutes of shelf platforms", m.shelf_minutes, 1, 0.05, SPRING),
    Case("sessions", "daily.minutes on Double Eleven", m.shelf_rush_of_minutes, 1, 0.1, AUTUMN),
    Case("load_lever", "planted orders", m.planted_orders, 1, 0.9, SPRING, 0.0),
    Case("load_lever", "daily.minutes", m.content_minutes, -1, 0.2, LOADED),
    Case("planned_needs", "daily.orders", m.total_orders, 1, 0.5, SPRING),
    Case("planned_needs", "planned orders", m.planned_orders, 1, 0.9, NO_FANS, 0.0),
    Case("seeding", "planted orders", m.planted_orders, 1, 0.9, SPRING, 0.0),
    Case("seeding", "market.leak_rate", m.leak_rate, 1, 0.9, SPRING, 0.0),
    Case("impulse", "impulse orders", m.impulse_orders, 1, 0.9, SPRING, 0.0),
    Case("impulse", "daily.orders", m.total_orders, 1, 0.01, SPRING),
    Case("ripening", "ripened orders", m.ripened_orders, 1, 0.9, SPRING, 0.0),
    Case("ripening", "daily.orders", m.total_orders, 1, 0.01, SPRING),
    Case("recommendation", "planted orders", m.planted_orders, 1, 0.1, SPRING),
    Case("outside_growth", "daily.minutes over attention_share", m.phone_time_growth, 1, 0.05, EPIDEMIC, 1.0),
]
