"""Web server of the page: on this machine alone unless another address is set, and without requests to other servers.

Whoever opens it needs the token of the address that it prints (`guard`).
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
import warnings
from contextlib import closing

import uvicorn

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.browser.server.guard import Guard
from secondhalf.experiments.browser.server.serving import SERVED
from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup

APP = "secondhalf.experiments.browser.server.app"
PORTS_TRIED = 50
LARGEST_MESSAGE = 2**20
"""Bytes of the largest message of a page; its own are a few hundred."""
ABANDONED = "10m"
"""After this time a tab that is gone without a word is thought closed, and its market let go."""


def require_free(options: Browse) -> None:
    """Raise when the address cannot be listened on.

    Raises
    ------
    SettingsError
        names the port, and the next that is free
    """
    problem = _problem(options.host, options.port)
    if problem is None:
        return
    if not isinstance(problem, socket.gaierror):
        following = range(options.port + 1, min(options.port + PORTS_TRIED, 65535) + 1)
        free = next((port for port in following if _problem(options.host, port) is None), None)
        if free is not None:
            reason = "another program uses it" if problem.errno == errno.EADDRINUSE else problem.strerror
            raise SettingsError(f"browse.port={options.port}: {reason}; the next free one is {free} (--port {free})")
    raise SettingsError(f"browse.host={options.host}: this address cannot be listened on ({problem.strerror})")


def _problem(host: str, port: int) -> OSError | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind)) as tried:
            if sys.platform != "win32":
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself does
            tried.bind(address)
    except OSError as error:
        return error
    return None


def loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _everywhere(host: str) -> bool:
    """Whether an address stands for all of this machine's."""
    return host in ("0.0.0.0", "::")


def own_names(host: str) -> set[str]:
    """Names under which the server is reached; a numeric address is its own when a request arrives at it."""
    if loopback(host):
        return {"localhost", host}
    return {"localhost", socket.gethostname()} if _everywhere(host) else {host}


def shown_host(host: str) -> str:
    """The address that is printed: one that can be opened on this machine."""
    opened = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{opened}]" if ":" in opened else opened


def warn_of_others(host: str) -> None:
    """Say that an address which is not this machine's own lets others in."""
    if not loopback(host):
        print(
            f"secondhalf: warning: browse.host={host} lets everybody who reaches this machine and has the address with "
            "its token use the page; the token is sent without encryption",
            file=sys.stderr,
        )


def serve(setup: Setup, options: Browse) -> None:
    """Serve both pages until the keyboard stops it."""
    # Read when Solara is imported: no usage statistics.
    os.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "false"
    import solara.settings
    from solara.server import app, cdn_helper, settings, starlette

    solara.settings.main.check_hooks = "off"  # Mesa's viewer would be warned of, not us
    warnings.filterwarnings("ignore", message="Cookies with samesite")  # speaks of pages inside other pages
    settings.telemetry.mixpanel_enable = False
    settings.kernel.cull_timeout = ABANDONED
    settings.theme.title, settings.theme.loader = "Second Half", "plain"
    cdn_helper.fetch_from_cdn = _not_from_outside
    SERVED.begin(setup, options)
    app.apps["__default__"] = app.AppScript(APP)
    warn_of_others(options.host)
    guard = Guard(starlette.app, options.port, own_names(options.host), options.allowed_hosts)
    config = uvicorn.Config(
        guard,
        host=options.host,
        port=options.port,
        log_level="warning",
        timeout_graceful_shutdown=2,
        ws_max_size=LARGEST_MESSAGE,
    )
    Server(config, f"http://{shown_host(options.host)}:{options.port}/?token={guard.token}").run()


class Server(uvicorn.Server):
    """Says where the page is as soon as it can be opened."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self.address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        print(f"Second Half: {self.address} (Ctrl-C ends it)", file=sys.stderr, flush=True)


def _not_from_outside(url: str) -> bytes:
    """Stands for Solara's download of files that are not installed: a page works without the internet or not at all."""
    raise FileNotFoundError(f"{url} is not installed")
