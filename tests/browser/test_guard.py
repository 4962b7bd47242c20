"""Who is let in by a server that runs: requests as other websites send them, and as the page does."""

from __future__ import annotations

import asyncio
import http.client
import re
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from secondhalf.experiments.browser.server.guard import ALWAYS, Guard
from secondhalf.experiments.browser.server.serve import own_names, shown_host
from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.command.compose import compose_config, options
from secondhalf.experiments.command.main import as_settings
from secondhalf.experiments.command.studies import STUDIES
from tests.browser.served import serving
from tests.experiments.conftest import refused

SIZE = ["experiment=ci", "limits.users=200", "limits.merchants=30", "limits.days=40"]
SOCKET = "/jupyter/api/kernels/5f0c1d1e-0000-4000-8000-000000000000/solara?session_id=s"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Answer(NamedTuple):
    """Status, headers and the first of the body."""

    status: int
    headers: dict[str, str]
    body: str


class Door:
    """A server, and the cookie that its token was exchanged for."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.address, self.host, self.token = address, parts.netloc, parts.query.removeprefix("token=")
        found = re.match(r"[^=]+=[^;]+", self.ask(f"/?{parts.query}", cookie=False).headers.get("set-cookie", ""))
        self.cookie = found[0] if found else ""

    def ask(
        self, path: str = "/", headers: dict[str, str] | None = None, method: str = "GET", cookie: bool = True
    ) -> Answer:
        """What is answered to a request with the right Host and cookie, unless headers say otherwise."""
        sent = {"Host": self.host, **({"Cookie": self.cookie} if cookie and self.cookie else {}), **(headers or {})}
        asked = http.client.HTTPConnection(self.host, timeout=60)
        try:
            asked.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                asked.putheader(name, value)
            asked.endheaders()
            answer = asked.getresponse()
            body = "" if answer.status == 101 else answer.read(100_000).decode("utf-8", "replace")
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)
        finally:
            asked.close()

    def socket(self, headers: dict[str, str], cookie: bool = True) -> Answer:
        """The same for the websocket."""
        return self.ask(SOCKET, {**UPGRADE, **headers}, cookie=cookie)

    @property
    def origin(self) -> str:
        """Its own."""
        return f"http://{self.host}"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with serving(tmp_path_factory.mktemp("door"), SIZE) as address:
        yield Door(address)


def check_refused(answer: Answer) -> None:
    assert answer.status == 403
    assert len(answer.body) < 200
    assert "<" not in answer.body
    check_headers(answer)


def check_headers(answer: Answer) -> None:
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")


FOREIGN_ORIGINS = (
    "http://attacker.example",
    "null",
    "https://{host}",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://{host}.attacker.example",
    "http://{host}@attacker.example",
    "http://{host}/",
    "",
    "file://",
    "ws://{host}",
)
FOREIGN_HOSTS = ("attacker.example", "attacker.example:{port}", "127.0.0.1:1", "127.0.0.1", "127.0.0.2:{port}", "")


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_other_origins_are_refused(door: Door, origin: str) -> None:
    given = {"Origin": origin.format(host=door.host)}
    check_refused(door.socket(given))
    check_refused(door.ask("/", given))
    check_refused(door.ask("/_solara/api/close/x?session_id=s", given, method="POST"))


def test_the_websocket_needs_an_origin(door: Door) -> None:
    check_refused(door.socket({}))
    check_refused(door.ask("/_solara/api/close/x?session_id=s", method="POST"))


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_other_hosts_are_refused(door: Door, host: str) -> None:
    """As a name that an attacker lets point to this machine would have it, with the Origin that goes with it."""
    foreign = host.format(port=door.host.rpartition(":")[2])
    for given in ({"Host": foreign}, {"Host": foreign, "Origin": f"http://{foreign}"}):
        if foreign:  # without any Host the server of HTTP itself answers, with status 400
            check_refused(door.ask("/", given))
        assert door.socket({"Origin": door.origin, **given}).status in (400, 403)


@pytest.mark.parametrize("path", ["/", "/mesa", "/resourcez", "/readyz", "/static/main-vuetify.js", "/nothing"])
def test_every_path_needs_the_cookie(door: Door, path: str) -> None:
    check_refused(door.ask(path, cookie=False))
    check_refused(door.ask(path, {"Cookie": f"{door.cookie[:-1]}~"}))
    check_refused(door.ask(path, {"Cookie": f"other={door.token}"}))
    answer = door.ask(path)
    assert answer.status != 403
    check_headers(answer)


def test_the_websocket_needs_the_cookie(door: Door) -> None:
    own = {"Origin": door.origin}
    check_refused(door.socket(own, cookie=False))
    check_refused(door.socket({**own, "Cookie": f"{door.cookie[:-1]}~"}))
    assert door.socket(own).status == 101


@pytest.mark.parametrize("token", ["", "x", "é", "%00", "{token}x", "{token}&token={token}"])
def test_a_wrong_token_is_refused(door: Door, token: str) -> None:
    from urllib.parse import quote

    asked = quote(token.format(token=door.token), safe="=&%")
    for cookie in (True, False):
        check_refused(door.ask(f"/?token={asked}", cookie=cookie))


def test_the_token_is_exchanged_for_a_cookie(door: Door) -> None:
    answer = door.ask(f"/?token={door.token}", cookie=False)
    assert answer.status == 200
    check_headers(answer)
    given = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(given)
    assert door.token not in answer.headers["set-cookie"]
    assert door.token not in answer.body
    assert '<link rel="icon" href="data:,">' in answer.body
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert len(door.token) >= 40
    assert door.ask("/", {"Cookie": f'broken; x="; {given[0]}'}).status == 200


def test_localhost_is_this_machine_too(door: Door) -> None:
    host = f"localhost:{door.host.rpartition(':')[2]}"
    assert door.ask("/", {"Host": host, "Origin": f"http://{host}"}).status == 200
    check_refused(door.ask("/", {"Host": host, "Origin": door.origin}))


def let_in(guard: Guard, host: str, origin: str | None = None, server: str = "192.0.2.7", **more: Any) -> bool:
    """Whether a request with the right token is answered with the cookie."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(event: MutableMapping[str, Any]) -> None:
        sent.append(event)

    async def receive() -> MutableMapping[str, Any]:
        return {}

    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": headers,
        "server": (server, 8765),
        "query_string": f"token={guard.token}".encode(),
        **more,
    }
    asyncio.run(guard(scope, receive, send))
    assert {name for name, _ in sent[0]["headers"]} >= set(ALWAYS)
    return bool(sent[0]["status"] == 200)


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """Stands for the pages."""


def test_hosts_of_a_server_for_others() -> None:
    everywhere = Guard(nothing, 8765, own_names("0.0.0.0"), ["market.example", "localhost:9000"])
    assert let_in(everywhere, "192.0.2.7:8765", "http://192.0.2.7:8765")
    assert let_in(everywhere, "[2001:DB8::1]:8765", server="2001:db8:0::1")
    assert let_in(everywhere, "localhost:8765", server="127.0.0.1")
    assert let_in(everywhere, "market.example", "https://market.example")
    assert let_in(everywhere, "Market.example", "http://market.example")
    assert let_in(everywhere, "localhost:9000", "http://localhost:9000")
    assert not let_in(everywhere, "market.example", "https://market.example:8443")
    assert not let_in(everywhere, "market.example:8443", "https://market.example:8443")
    assert not let_in(everywhere, "192.0.2.8:8765")
    assert not let_in(everywhere, "192.0.2.7:8765", "https://192.0.2.7:8765")
    assert not let_in(everywhere, "0.0.0.0:8765")
    assert not let_in(everywhere, "attacker.example:8765", "http://attacker.example:8765")
    named = Guard(nothing, 8765, own_names("lab.example"))
    assert let_in(named, "lab.example:8765", "http://lab.example:8765")
    assert not let_in(named, "lab.example")
    plain = Guard(nothing, 80, own_names("lab.example"))
    assert let_in(plain, "lab.example", "http://lab.example")


def test_the_printed_address_can_be_opened_here() -> None:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]", "lab.example": "lab.example"}
    assert {host: shown_host(host) for host in shown} == shown


def test_other_hosts_are_allowed_by_a_flag() -> None:
    given = as_settings(
        STUDIES["browse"], ["--allowed-host", "market.example", "seed=1", "--allowed-host=localhost:9000"]
    )
    assert options(Browse, compose_config(given)).allowed_hosts == ("market.example", "localhost:9000")


@pytest.mark.parametrize("host", ["https://market.example", "a b", "", "a,b", "x/y", "${oc.env:HOME}", "*"])
def test_what_is_no_host_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "browse.allowed_hosts" in refused(capsys, "browse", "--allowed-host", host)
