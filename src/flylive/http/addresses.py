"""Where requests come from: the client behind proxies, and what counts as one address.

What stands in a header is anybody's word, so it is heard only from the proxies that
``FLYLIVE_TRUSTED_PROXIES`` names; from then on ``scope["client"]`` is the client himself, and
nothing else looks at such headers.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import NamedTuple

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from flylive.config import Settings
from flylive.http.middleware import header

log = structlog.get_logger(__name__)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_HOPS = 32
MAX_USER_AGENT = 512
"""Characters of a User-Agent that are kept."""
NOWHERE = "nowhere"
"""The one network of all who have no address, such as peers on a Unix socket."""

_FORWARDING = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip"})

asking: ContextVar[str] = ContextVar("asking", default=NOWHERE)
"""The network (see :func:`network`) of whoever's request is being answered."""


class Origin(NamedTuple):
    """Where something was asked from, as it is kept for its owner."""

    ip_address: str | None
    user_agent: str | None


UNKNOWN = Origin(None, None)


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """The networks that these words name, an address being one of its own. Raises ValueError."""
    return tuple(ipaddress.ip_network(word, strict=False) for word in words)


def read(text: str) -> Address | None:
    """An address in any of its usual forms: with a port, in brackets, IPv4 inside IPv6."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=10_000)
def network(host: str | None) -> str:
    """What counts as one address: IPv4 whole, IPv6 by /64, which one household has."""
    address = read(host or "")
    if address is None:
        return NOWHERE
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_loopback(host: str | None) -> bool:
    """Whether an address is this machine's own."""
    address = read(host or "")
    return address is not None and address.is_loopback


def was_forwarded(scope: Scope) -> bool:
    """Whether anybody on the way, trusted or not, says that he passes the request on."""
    return any(name in _FORWARDING for name, _ in scope["headers"])


def user_agent(scope: Scope) -> str | None:
    """What the client says it is, in printable characters, cut to :data:`MAX_USER_AGENT`."""
    value = header(scope, b"user-agent")
    if value is None:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    printable = "".join(character for character in text if character.isprintable())
    return printable.strip()[:MAX_USER_AGENT] or None


def client(peer: str, forwarded: Sequence[bytes], trusted: Sequence[Network]) -> str:
    """Who asks: `peer`, or whom trusted proxies say they ask for.

    `forwarded` are the ``X-Forwarded-For`` headers in their order. The proxies' own addresses
    are passed over from the right; where something on the way is no address, it is the peer.
    """

    def is_trusted(address: Address) -> bool:
        return any(address in network for network in trusted)

    found = read(peer)
    if found is None or not is_trusted(found):
        return peer
    entries = b",".join(forwarded).decode("latin-1").rsplit(",", MAX_HOPS) if forwarded else []
    # What our proxies added stands last: however much a client puts before, he is found.
    for entry in reversed(entries[-MAX_HOPS:]):
        address = read(entry)
        if address is None:
            return peer
        found = address
        if not is_trusted(address):
            break
    return str(found)


class ClientMiddleware:
    """Puts the client into ``scope["client"]`` in place of the proxy, and names :data:`asking`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.trusted = networks(settings.trusted_proxies)
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        peer = scope.get("client")
        host = None
        if peer is not None:
            forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            host = client(peer[0], forwarded, self.trusted) if self.trusted else peer[0]
            if ":" in host:
                host = str(read(host) or host)
            if forwarded and not self.trusted and not self._has_warned:
                self._has_warned = True
                log.warning("proxy.not_trusted", peer=host, setting="FLYLIVE_TRUSTED_PROXIES")
            scope["client"] = (host, peer[1])
        token = asking.set(network(host))
        try:
            await self.app(scope, receive, send)
        finally:
            asking.reset(token)
