"""Guard of the server: an ASGI layer that decides which requests reach the pages and their websocket.

A browser lets any website send requests to a server on this machine. What such a request cannot do is lie about where
it comes from (`Origin`), about the name it was sent to (`Host`), or know the token in the address that the command
prints. The token is exchanged for a cookie that scripts cannot read and other sites' requests do not carry; all later
requests and the websocket are let in by that cookie alone.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

ALWAYS = {
    b"content-security-policy": b"frame-ancestors 'none'",
    b"x-frame-options": b"DENY",
    b"x-content-type-options": b"nosniff",
    # Not `no-referrer`: under that, browsers send `Origin: null` with the message that a tab closes.
    b"referrer-policy": b"same-origin",
}
"""Headers of every answer."""
OWN_PAGE = (
    b'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=?"><link rel="icon" href="data:,">'
    b"<title>Second Half</title>"
)
"""Goes on to the same address without the token; a redirect of a click on another site would not carry the cookie.

Without an icon of its own a browser that is slow to go on asks for /favicon.ico, which there is not.
"""
READING = ("GET", "HEAD")
AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:(?P<port>\d+))?")
HTTP = 80
"""The port that browsers leave out."""


class Guard:
    """Lets in what comes from the pages themselves.

    Parameters
    ----------
    app
        what is behind
    port
        where the server listens
    names
        host names under which it is reached at this port; addresses at which a request arrives need not be named
    allowed
        what browsers send as Host when something stands between, a proxy or a forwarded port: NAME or NAME:PORT
    """

    def __init__(self, app: App, port: int, names: Iterable[str], allowed: Iterable[str] = ()) -> None:
        self.token = secrets.token_urlsafe(32)
        self._app, self._port = app, port
        self._names, self._allowed = {name.lower() for name in names}, {host.lower() for host in allowed}
        self._secret, self._cookie = secrets.token_urlsafe(32), f"secondhalf_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI asks for."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        answer = _with_headers(send)
        wrong = self._wrong(scope)
        if wrong is not None:
            await _refuse(scope, answer, wrong)
        elif self._tokens(scope):
            await self._exchange(scope, answer)
        else:
            await self._app(scope, receive, answer)

    def _wrong(self, scope: Scope) -> str | None:
        """Why a request is not let in."""
        hosts = [host.lower() for host in _values(scope, b"host")]
        origins = [origin.lower() for origin in _values(scope, b"origin")]
        if len(hosts) != 1 or not self._own(hosts[0], scope):
            return "This server is not known by that Host; --allowed-host NAME lets another one in."
        host = hosts[0]
        schemes = ("http", "https") if host in self._allowed else ("http",)
        needed = scope["type"] == "websocket" or scope["method"] not in READING
        if len(origins) != 1 if needed else len(origins) > 1:
            return "Requests without their own origin are not answered."
        if any(origin not in [f"{scheme}://{host}" for scheme in schemes] for origin in origins):
            return "Requests of other sites are not answered."
        tokens = self._tokens(scope)
        if tokens:
            return None if len(tokens) == 1 and _same(tokens[0], self.token) else "The token is wrong."
        if not any(_same(value, self._secret) for value in _cookies(scope, self._cookie)):
            return "Open the address that secondhalf browse has printed, with its token."
        return None

    def _own(self, host: str, scope: Scope) -> bool:
        """Whether a Host is this server's."""
        if host in self._allowed:
            return True
        found = AUTHORITY.fullmatch(host)
        if found is None or found["port"] != (None if self._port == HTTP else str(self._port)):
            return False
        arrived = _ip((scope.get("server") or ("",))[0])
        return found["name"] in self._names or (arrived is not None and _ip(found["name"]) == arrived)

    def _tokens(self, scope: Scope) -> list[str]:
        if scope["type"] != "http" or scope["method"] != "GET":
            return []
        asked = scope.get("query_string", b"").decode("latin-1")
        return parse_qs(asked, keep_blank_values=True).get("token", [])

    async def _exchange(self, scope: Scope, send: Send) -> None:
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{self._cookie}={self._secret}; HttpOnly; SameSite=Strict; Path=/{secure}"
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"set-cookie", cookie.encode()),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
        ]
        await _answer(send, "http", 200, headers, OWN_PAGE)


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _cookies(scope: Scope, name: str) -> list[str]:
    """Values of one cookie; a malformed one beside it, of another server on this machine, does no harm."""
    pairs = [part.strip().partition("=") for line in _values(scope, b"cookie") for part in line.split(";")]
    return [value for key, _, value in pairs if key == name]


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sent(event: Event) -> None:
        if event["type"] in ("http.response.start", "websocket.http.response.start"):
            given: Headers = list(event.get("headers", ()))
            names = {key.lower() for key, _ in given}
            kept = [(key, value) for key, value in given if key.lower() not in ALWAYS or key == b"referrer-policy"]
            added = [(key, value) for key, value in ALWAYS.items() if key != b"referrer-policy" or key not in names]
            event = {**event, "headers": [*kept, *added]}
        await send(event)

    return sent


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    kind = scope["type"]
    if kind == "websocket" and "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008, "reason": ""})  # the server makes it a status 403
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await _answer(send, "http" if kind == "http" else "websocket.http", 403, headers, f"{why}\n".encode())


async def _answer(send: Send, kind: str, status: int, headers: Headers, body: bytes) -> None:
    whole = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.response.start", "status": status, "headers": whole})
    await send({"type": f"{kind}.response.body", "body": body})
