"""Environment variables of the libraries, looked at before these read them, so that a slip is one sentence."""

from __future__ import annotations

import os
import sys

from secondhalf.conf.schema.base import SettingsError

THREADS, LAYER, PICTURES = "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "MPLBACKEND"


def prepare_environment() -> None:
    """Refuse what Numba would refuse while it is imported; to be called before it is.

    Raises
    ------
    SettingsError
        naming the variable, its value and what is allowed
    """
    given = os.environ.get(THREADS)
    if given is not None and not (given.strip().isdecimal() and int(given) > 0):
        raise SettingsError(f"{THREADS}={given}: a whole number of threads from 1 on is needed")
    # Pictures are drawn into files, which needs no window; a notebook or desktop may have named a way to show them that
    # this process does not have.
    os.environ[PICTURES] = "agg"


def check_threads(sweep: bool = False) -> None:
    """Start the threads of the compiled stages, and refuse a kind of them that is not installed.

    Parameters
    ----------
    sweep
        start them in a fork alone where that can be, as the processes of a sweep are forks of one without such threads

    Raises
    ------
    SettingsError
        naming the variable, its value and what is allowed
    """
    import numba

    import secondhalf.model.numba_kernels  # noqa: F401  # says how threads wait, before they start

    if sweep and sys.platform == "linux" and _starts_in_fork():
        return
    try:
        numba.get_num_threads()
    except (ValueError, ImportError) as error:
        raise SettingsError(
            f"{LAYER}={os.environ.get(LAYER, '')}: Numba cannot use these threads here; allowed are default, "
            "workqueue, omp, and with the package tbb installed tbb"
        ) from error


def _starts_in_fork() -> bool:
    import numba

    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1] == 0
    try:
        numba.get_num_threads()
        os._exit(0)
    except BaseException:
        os._exit(1)
