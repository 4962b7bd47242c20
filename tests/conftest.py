"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import pytest

from tests import fast_composing

fast_composing.begin(pytest.MonkeyPatch())  # not in a fixture: modules compose while they are imported


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Small markets on one thread, those of shared fixtures too: pytest-xdist already keeps every core busy."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)
