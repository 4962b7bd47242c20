"""Results do not depend on the number of threads: all tables are the same to the bit."""

from __future__ import annotations

import os
import subprocess
import sys

import numba
import pandas as pd
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import CHUNK

USERS = 3 * CHUNK + 100
OVERRIDES = [f"population.users={USERS}", "population.merchants=60", "calendar.warm_up=56", "calendar.end=2019-02-02"]
PROGRAM = f"""
import numba
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market
market = Market(load_settings({OVERRIDES!r}))
while market.running:
    market.step()
assert numba.get_num_threads() == 1
print(tables(market)["daily"].to_csv(index=False), end="")
"""


def run(threads: int) -> dict[str, pd.DataFrame]:
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    market = Market(load_settings(OVERRIDES))
    while market.running:
        market.step()
    found = tables(market)
    market.close()
    numba.set_num_threads(before)
    return found


@pytest.fixture(scope="module")
def two_threads() -> dict[str, pd.DataFrame]:
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread is all there is")
    return run(2)


def test_one_thread_and_two(two_threads: dict[str, pd.DataFrame]) -> None:
    one = run(1)
    assert len(one["daily"]) == 33 * 5
    for name, frame in one.items():
        assert frame.equals(two_threads[name]), name
        assert frame.to_csv() == two_threads[name].to_csv(), name


def test_another_process_with_one_thread(two_threads: dict[str, pd.DataFrame]) -> None:
    environment = os.environ | {"NUMBA_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == two_threads["daily"].to_csv(index=False)
