"""From a suspicion to a finding: what is known of these people, whether it is enough, its evidence.

Everything is read for a few people at a time, in the run's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.clock import now
from flylive.database import Transaction
from flylive.money import to_decimal
from flylive.rings import queries, rules
from flylive.rings.rules import Kind, Signs

GIFTS_SHOWN = 10
LINKS_SHOWN = 30
EXCHANGES_SHOWN = 20


@dataclass
class Suspicion:
    """People by what they are in it, the links between them, and what it would be called."""

    kind: Kind
    about: str
    roles: dict[int, str]
    links: Sequence[Row[Any]]
    sales: Sequence[Row[Any]] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def coins(self) -> int:
        """Hundredths that moved."""
        return sum(link.coins for link in (*self.links, *self.sales))


class Inspector:
    """Looks into suspicions of one run, and keeps what the staff should see."""

    def __init__(self, tx: Transaction, run: Row[Any]) -> None:
        self.tx = tx
        self.run = run
        self.span = {"since": run.since, "until": run.until}

    async def links(self, pairs: Iterable[tuple[int, int]]) -> Sequence[Row[Any]]:
        """The edges of these givers and recipients."""
        senders, recipients = zip(*pairs, strict=True)
        values = {"senders": list(senders), "recipients": list(recipients)}
        return await self.tx.rows(queries.LINKS, values | {"run_id": self.run.id})

    async def common(self, ids: Iterable[int]) -> Sequence[Row[Any]]:
        """Devices that several of them share."""
        return await self.tx.rows(queries.COMMON, {"run_id": self.run.id, "ids": list(ids)})

    async def circle(self, path: Sequence[int]) -> bool:
        """Gifts from each to the next and back to the first; whether it became a finding."""
        pairs = list(zip(path, [*path[1:], path[0]], strict=True))
        links = await self.links(pairs)
        kind: Kind = "pair" if len(path) == 2 else "circle"
        shared = await self._small(await self.common(path))
        signs = Signs(
            kind,
            len(path),
            least_share=min(min(_of_giver(link), _of_recipient(link)) for link in links),
            balance=min(link.coins for link in links) / max(link.coins for link in links),
            recycled=await self._recycled(path),
            is_sharing=bool(shared),
            is_couple=kind == "pair" and await self._is_couple(*path),
            are_new=all(link.is_new for link in links),
        )
        about = ",".join(str(one) for one in sorted(path))
        if kind == "circle":
            about = ",".join(str(one) for one in path)
        suspicion = Suspicion(kind, about, dict.fromkeys(path, "member"), links)
        return await self._keep(suspicion, signs, shared)

    async def burst(self, recipient_id: int) -> bool:
        """New accounts that give to this one person and nobody else, close to each other."""
        values = {"run_id": self.run.id, "recipient_id": recipient_id}
        givers = _densest(await self.tx.rows(queries.NEW_GIVERS, values))
        if len(givers) < rules.BURST_GIVERS:
            return False
        ids = [link.sender_id for link in givers]
        common = await self.common([*ids, recipient_id])
        # Many accounts on one device are an office, unless most of them are these.
        shared = [
            row
            for row in common
            if len(row.user_ids) * 2 >= row.accounts or row.accounts <= rules.ON_A_DEVICE
        ]
        got = sum(link.coins for link in givers)
        signs = Signs(
            "burst",
            len(ids),
            least_share=min(_of_giver(link) for link in givers),
            source_share=got / (givers[0].received or got),
            is_sharing=bool(shared),
            are_new=True,
            others=max(0, (givers[0].senders or 0) - len(ids)),
        )
        roles = dict.fromkeys(ids, "giver") | {recipient_id: "recipient"}
        suspicion = Suspicion("burst", str(recipient_id), roles, givers)
        return await self._keep(suspicion, signs, shared)

    async def sharing(self, recipient_id: int, senders: Sequence[int]) -> bool:
        """People who give mostly to somebody on the same device."""
        links = await self.links((sender, recipient_id) for sender in senders)
        ids = [*senders, recipient_id]
        shared = await self._small(await self.common(ids))
        got = sum(link.coins for link in links)
        signs = Signs(
            "shared",
            len(ids),
            least_share=min(_of_giver(link) for link in links),
            source_share=got / (links[0].received or got),
            recycled=await self._recycled(ids),
            is_sharing=True,
            is_couple=len(ids) == 2 and await self._is_couple(*ids),
        )
        roles = dict.fromkeys(senders, "giver") | {recipient_id: "recipient"}
        suspicion = Suspicion("shared", str(recipient_id), roles, links)
        return await self._keep(suspicion, signs, shared)

    async def reseller(self, reseller_id: int) -> int:
        """Sales whose buyer is the seller's own, or gives the coins back; how many findings."""
        values = self.span | {"reseller_id": reseller_id}
        sales = await self.tx.rows(queries.SALES, values)
        if not sales:
            return 0
        ids = [reseller_id, *(sale.buyer_id for sale in sales)]
        await self.tx.execute(
            queries.DEVICES_OF,
            {"run_id": self.run.id, "ids": ids, "tokenable_type": TOKENABLE_TYPE},
        )
        common = await self._small(await self.common(ids))
        found = 0
        for sale in sales:
            pair = {reseller_id, sale.buyer_id}
            shared = [row for row in common if pair <= set(row.user_ids)]
            signs = Signs(
                "reseller",
                2,
                returned=sale.returned / sale.coins,
                is_sharing=bool(shared),
                recycled=await self._recycled([reseller_id]) if sale.returned else 0.0,
            )
            roles = {reseller_id: "reseller", sale.buyer_id: "buyer"}
            about = f"{reseller_id},{sale.buyer_id}"
            suspicion = Suspicion("reseller", about, roles, (), [sale])
            found += await self._keep(suspicion, signs, shared)
        return found

    async def _small(self, common: Sequence[Row[Any]]) -> list[Row[Any]]:
        return [row for row in common if row.accounts <= rules.ON_A_DEVICE]

    async def _is_couple(self, one: int, other: int) -> bool:
        return bool(await self.tx.scalar(queries.IS_COUPLE, {"one": one, "other": other}))

    async def _recycled(self, ids: Sequence[int]) -> float:
        """Coins that they exchanged from diamonds, over coins that they gave."""
        values = self.span | {"ids": list(ids)}
        given = await self.tx.scalar(queries.GIVEN, values)
        return (await self.tx.scalar(queries.RECYCLED, values)) / given if given else 0.0

    async def _keep(self, suspicion: Suspicion, signs: Signs, shared: Sequence[Row[Any]]) -> bool:
        if not rules.is_finding(signs):
            return False
        facts = signs._asdict() | {"points": rules.points(signs)}
        facts |= {"gifts": sum(link.gifts for link in suspicion.links)}
        moved = [*suspicion.links, *suspicion.sales]
        finding_id = await self.tx.scalar(
            queries.SAVE,
            {
                "kind": suspicion.kind,
                "about": suspicion.about,
                "run_id": self.run.id,
                "strength": rules.strength(signs),
                "coins": to_decimal(suspicion.coins),
                "facts": msgspec.json.encode(facts).decode(),
                "first_at": min(one.first_at for one in moved),
                "last_at": max(one.last_at for one in moved),
                "at": now(),
            },
        )
        await self.tx.execute(queries.CLEAR_MEMBERS, {"finding_id": finding_id})
        await self.tx.execute(queries.CLEAR_EVIDENCE, {"finding_id": finding_id})
        await self.tx.execute(
            queries.ADD_MEMBER,
            [
                {"finding_id": finding_id, "user_id": user_id, "role": role}
                for user_id, role in suspicion.roles.items()
            ],
        )
        evidence = [*await self._evidence(suspicion), *_devices(shared)]
        blank = dict.fromkeys(("other_id", "source_id", "amount", "at")) | {"count": 1}
        await self.tx.execute(
            queries.ADD_EVIDENCE, [blank | {"finding_id": finding_id} | one for one in evidence]
        )
        return True

    async def _evidence(self, suspicion: Suspicion) -> list[dict[str, Any]]:
        """What went from whom to whom, with the largest gifts of each; sales and exchanges."""
        rows: list[dict[str, Any]] = []
        for link in suspicion.links:
            sides = {"user_id": link.sender_id, "other_id": link.recipient_id}
            total = {"amount": to_decimal(link.coins), "count": link.gifts, "at": link.last_at}
            rows.append({"kind": "gifts", **sides, **total})
        between = [(link.sender_id, link.recipient_id) for link in suspicion.links[:LINKS_SHOWN]]
        for sale in suspicion.sales:
            [reseller_id] = [one for one, role in suspicion.roles.items() if role == "reseller"]
            values = {"seller_id": reseller_id, "buyer_id": sale.buyer_id, "limit": GIFTS_SHOWN}
            rows += [
                {
                    "kind": "sale", "user_id": reseller_id, "other_id": sale.buyer_id,
                    "source_id": row.id, "amount": row.amount, "at": row.created_at,
                }
                for row in await self.tx.rows(queries.SALES_BETWEEN, self.span | values)
            ]  # fmt: skip
            between.append((sale.buyer_id, reseller_id))
        for sender_id, recipient_id in between:
            sides = {"sender_id": sender_id, "recipient_id": recipient_id, "limit": GIFTS_SHOWN}
            rows += [
                {
                    "kind": "gift", "user_id": sender_id, "other_id": recipient_id,
                    "source_id": row.id, "amount": row.total_cost, "at": row.sent_at,
                }
                for row in await self.tx.rows(queries.GIFTS_BETWEEN, self.span | sides)
            ]  # fmt: skip
        values = {"ids": list(suspicion.roles), "limit": EXCHANGES_SHOWN}
        return rows + [
            {
                "kind": "exchange", "user_id": row.user_id, "source_id": row.id,
                "amount": row.amount, "at": row.created_at,
            }
            for row in await self.tx.rows(queries.EXCHANGES, self.span | values)
        ]  # fmt: skip


def _devices(shared: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Who is on the same device, or behind the same address with the same User-Agent.

    Neither device nor address is kept: the staff look at the people's tokens while they are.
    """
    return [
        {
            "kind": "device" if row.device.startswith("d:") else "origin",
            "user_id": user_id,
            "other_id": row.user_ids[0] if user_id != row.user_ids[0] else None,
            "count": row.accounts,
        }
        for row in shared
        for user_id in row.user_ids
    ]


def _of_giver(link: Row[Any]) -> float:
    return float(link.coins / link.given)


def _of_recipient(link: Row[Any]) -> float:
    return float(link.coins / (link.received or link.coins))


def _densest(links: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Of gifts in the order of their first moments, the most that begin within one burst."""
    best: Sequence[Row[Any]] = []
    first = 0
    for last, link in enumerate(links):
        while _began(links[first]) < _began(link) - rules.BURST:
            first += 1
        if last + 1 - first > len(best):
            best = links[first : last + 1]
    return best


def _began(link: Row[Any]) -> datetime:
    began: datetime = link.first_at
    return began
