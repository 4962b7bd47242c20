"""Pictures of tiny runs, each drawn once."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache

import pytest
from matplotlib.figure import Figure

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.run_results import Results, read_results
from tests.experiments.conftest import Finished

Draw = Callable[[str], Figure]


def draw(results: Results, name: str) -> Figure:
    """A laid-out picture, in the look it is written in."""
    with style.page(None):
        drawn: Figure = importlib.import_module(f"secondhalf.experiments.pictures.{name}").draw(results)
        drawn.draw_without_rendering()
    return drawn


@pytest.fixture(scope="session")
def results(full: Finished) -> Results:
    """The shared run over the whole calendar, read from its folder."""
    return read_results(full.folder)


@pytest.fixture(scope="session")
def drawn(results: Results) -> Draw:
    """Pictures of that run by name."""
    return cache(lambda name: draw(results, name))
