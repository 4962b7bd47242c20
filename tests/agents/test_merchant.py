"""Merchants as they start: kinds, categories, quality and shops by their shares; the Mesa agent as a view."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.agents.merchant import MerchantTable, merchant_table
from secondhalf.conf.schema.population import MerchantSettings
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.random_streams import Decision, key, uniforms

COUNT = 4000
SHARES = [0.3, 0.05, 0.8]


@pytest.fixture(scope="module")
def rules() -> MerchantSettings:
    kinds = {"brand": 0.25, "shop": 0.6, "factory": 0.15}
    return load_settings(
        [f"merchants.kinds.{kind}.share={share}" for kind, share in kinds.items()] + ["merchants.categories=5"]
    ).merchants


def make(rules: MerchantSettings) -> MerchantTable:
    draws = np.stack([uniforms(key(5, Decision.MERCHANT, who=w), COUNT) for w in range(3)], axis=1)
    shops = np.stack([uniforms(key(5, Decision.SHOP, who=w), COUNT) for w in range(3)], axis=1)
    return merchant_table(rules, COUNT, SHARES, draws, shops)


def error(share: float) -> float:
    """Four binomial standard errors."""
    return float(4 * np.sqrt(share * (1 - share) / COUNT))


def test_kinds_come_in_their_shares(rules: MerchantSettings) -> None:
    table = make(rules)
    for number, kind in enumerate(rules.kinds.values()):
        assert np.mean(table.kind == number) == pytest.approx(kind.share, abs=error(kind.share))
    assert np.bincount(table.category) / COUNT == pytest.approx(np.full(5, 0.2), abs=error(0.2))


def test_shops_come_in_their_shares_and_nobody_has_none(rules: MerchantSettings) -> None:
    table = make(rules)
    homeless = np.prod(1 - np.array(SHARES))
    expected = [0.3, 0.05, 0.8 + homeless]
    for p, share in enumerate(expected):
        assert table.shop[:, p].mean() == pytest.approx(share, abs=error(share))
    assert table.shop.any(axis=1).all()


def test_equal_platforms_share_those_who_would_have_no_shop(rules: MerchantSettings) -> None:
    """Whoever is listed first gains nothing by it: swapped draws swap the shops."""
    draws = np.stack([uniforms(key(5, Decision.MERCHANT, who=w), COUNT) for w in range(3)], axis=1)
    shops = np.stack([uniforms(key(5, Decision.SHOP, who=w), COUNT) for w in range(2)], axis=1)
    both, swapped = (merchant_table(rules, COUNT, [0.3, 0.3], draws, s).shop for s in (shops, shops[:, ::-1]))
    assert (both == swapped[:, ::-1]).all()
    expected = 0.3 + 0.7**2 / 2
    assert both.mean(axis=0) == pytest.approx(np.full(2, expected), abs=error(expected))


def test_effort_adds_up_to_one_over_shops(rules: MerchantSettings) -> None:
    table = make(rules)
    assert table.effort.sum(axis=(1, 2)) == pytest.approx(np.ones(COUNT), rel=1e-6)
    assert (table.effort[~table.shop] == 0).all()
    by_platform = table.effort.sum(axis=2, dtype=float)
    assert by_platform == pytest.approx(table.shop / table.shop.sum(axis=1, keepdims=True), rel=1e-6)


def test_quality_and_fit_are_those_of_the_kind(rules: MerchantSettings) -> None:
    """Quality is uniform within half of the kind's either way."""
    table = make(rules)
    for number, kind in enumerate(rules.kinds.values()):
        own = table.kind == number
        quality = table.quality[own]
        assert quality.min() >= 0.5 * kind.quality
        assert quality.max() <= 1.5 * kind.quality
        assert quality.mean() == pytest.approx(kind.quality, rel=4 / np.sqrt(12 * own.sum()))
        assert table.fit[own][0] == pytest.approx([kind.fit.get(channel, 1.0) for channel in CHANNELS], rel=1e-6)
    assert table.strength == pytest.approx(table.weight * table.size * table.quality)
