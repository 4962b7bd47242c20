"""`import secondhalf`: cheap, and the few names that a notebook needs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

import secondhalf
from secondhalf import moved
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import TABLES, tables
from secondhalf.experiments.run.study import run
from secondhalf.model.market import Market

HEAVY = ("hydra", "matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pydantic", "rich", "scipy")


@pytest.mark.parametrize(
    "program",
    [
        "import secondhalf; secondhalf.__version__; dir(secondhalf)",
        "from secondhalf.experiments.command.main import main; main(['--help'])",
        "from secondhalf.experiments.command.main import main; main(['--version'])",
    ],
)
def test_nothing_heavy_is_imported(program: str) -> None:
    program += f"; import sys; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_names_are_those_of_the_modules() -> None:
    assert secondhalf.Market is Market
    assert secondhalf.load_settings is load_settings
    assert secondhalf.run is run
    assert secondhalf.tables is tables
    assert secondhalf.__version__ == version("secondhalf")
    assert set(secondhalf.__all__) <= set(dir(secondhalf))
    for name in secondhalf.__all__:
        assert getattr(secondhalf, name) is not None


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="module 'secondhalf' has no attribute 'market'"):
        secondhalf.market  # noqa: B018
    done = subprocess.run([sys.executable, "-c", "from secondhalf import market"], capture_output=True, text=True)
    assert "ImportError: cannot import name 'market'" in done.stderr


def test_former_names_tell_the_new_ones() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^secondhalf\.model\.settings is now secondhalf\.conf\.schema$"):
        importlib.import_module("secondhalf.model.settings.supply")
    for former, new in moved.FORMER.items():
        importlib.import_module(f"secondhalf.{new}")
        with pytest.raises(ModuleNotFoundError, match=rf" is now secondhalf\.{new}$"):
            importlib.import_module(f"secondhalf.{former}")
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'secondhalf\.model\.nothing'$"):
        importlib.import_module("secondhalf.model.nothing")
    assert sum(isinstance(finder, moved.FormerNames) for finder in sys.meta_path) == 1


def test_subpackages_are_not_hidden_by_names() -> None:
    program = (
        "from secondhalf import model, run; import secondhalf.experiments.run.study as m; assert m.run is run, model"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_lines_of_a_notebook(capfd: pytest.CaptureFixture[str]) -> None:
    """Settings, a market without a bar, its tables; nothing is printed."""
    settings = secondhalf.load_settings(
        ["population.users=200", "population.merchants=20", "calendar.end=2019-02-28", "strategy=hold"]
    )
    market = secondhalf.Market(settings)
    market.run_model()
    results = secondhalf.tables(market)
    assert set(results) == set(TABLES)
    shares = results["daily"].pivot(index="date", columns="platform", values="platform_share")
    assert shares.shape == (59, 5)
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert capfd.readouterr() == ("", "")
