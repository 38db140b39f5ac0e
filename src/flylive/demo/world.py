"""Filling an empty database: the whole demo world in one transaction, or nothing of it.

People register, open rooms, follow, buy coins at the sandbox provider, meet, talk and give
through the services that requests use; what no service makes yet is in `loading`. Everything
happens within the last week, the clock turned. The choices are those of a seeded generator, so
that every demo world is the same but for what must be secret or random: signatures, password,
the seeds of lucky draws and what these paid.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Literal

from sqlalchemy import text

from flylive.accounts import service as accounts
from flylive.accounts import staff
from flylive.accounts.service import NewUser
from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.demo import loading, rings
from flylive.demo.catalogue.people import PEOPLE, Person
from flylive.demo.roster import (
    AGENCIES,
    LIVELY_HOSTS,
    PURSES,
    RESELLER_COINS,
    RESELLER_CREDIT_DAYS,
    RESELLER_EMAIL,
    RESELLER_NAME,
    ROOMS,
    STAFF,
    USERS,
    user_email,
)
from flylive.demo.story import Member, Storyteller
from flylive.http.addresses import Origin
from flylive.reactions.gift_sent import GiftAggregator
from flylive.resellers import service as resellers
from flylive.rooms import service as rooms
from flylive.rooms.schemas import CreateRoom
from flylive.social import service as social
from flylive.wallet.recharge import service as wallet

SEED = 20_261_122
AGE = timedelta(days=7)
"""How long ago the first user registered."""
FOLLOWS = 160
FAILURES = 0.04
"""How often a payment does not go through."""
FRIENDS_OF_LIVELY, FRIENDS_OF_QUIET = (18, 26), (4, 9)

Say = Callable[[str], None]
"""Where the lines of progress go."""

_HAS_USERS = text("SELECT EXISTS (SELECT FROM users)")


async def make_world(database: Database, settings: Settings, password_hash: str, say: Say) -> bool:
    """Make the demo world in an empty database; False, with nothing done, if it has users.

    `password_hash` becomes that of every account and of the private room.
    """

    async def work(tx: Transaction) -> bool:
        await tx.lock("flylive.demo")
        if await tx.scalar(_HAS_USERS):
            return False
        await Maker(tx, settings, password_hash, say).make()
        return True

    made = await database.run(work)
    if made:
        aggregator = GiftAggregator(database, settings)
        while await aggregator.fold():
            pass
    return made


class Maker:
    """Makes the world in `tx`."""

    def __init__(self, tx: Transaction, settings: Settings, password_hash: str, say: Say) -> None:
        self.tx = tx
        self.settings = settings
        self.password_hash = password_hash
        self.say = say
        self.random = Random(SEED)
        self.today = now()
        self.members: list[Member] = []
        self.rooms: dict[int, int] = {}

    async def make(self) -> None:
        """Everything, in the order in which it could have happened."""
        began = self.today - AGE
        with turned_to(began):
            gifts = await loading.load_catalogue(self.tx, self.settings)
        self.say(f"catalogue: {len(gifts)} gifts, with levels, frames, themes, badges, packages")
        await self._register(began)
        with turned_to(began + timedelta(hours=20)):
            await self._open_rooms()
            await self._found_agencies()
        with turned_to(began + timedelta(hours=22)):
            await self._follow()
        await self._recharge(began + timedelta(hours=24))
        story = Storyteller(self.tx, self.settings, self.random, gifts)
        await story.tell(self.members, self.rooms, self.today)
        self.say(f"evenings: {story.gifts_sent} gifts, {story.messages_sent} messages")
        await self._plot(gifts)

    async def _plot(self, gifts: list[loading.Gift]) -> None:
        """Some whose gifts are made up, for the staff to find."""
        faces = cycle(PEOPLE[USERS // 2 :])
        ids = []
        for number in range(1, rings.PEOPLE + 1):
            is_new = rings.is_newcomer(number)
            ago = timedelta(hours=30) if is_new else AGE - timedelta(hours=30)
            with turned_to(self.today - ago + timedelta(minutes=number)):
                ids.append(await self._account(rings.email(number), next(faces)))
                await self._buy(ids[-1], rings.COINS)
        plotters = rings.Plotters(self.tx, self.settings, gifts)
        await plotters.give(ids, self.today)
        self.say(f"made-up gifts: {plotters.sent} of {len(ids)} people, to be found under Rings")

    async def _register(self, began: datetime) -> None:
        """The hundred, one after the other through the first hours; then staff and reseller."""
        for number, person in enumerate(PEOPLE[:USERS], 1):
            with turned_to(began + timedelta(minutes=10 * number)):
                user_id = await self._account(user_email(number), person)
            self.members.append(Member(number, user_id, person.name, person.country))
        others = cycle(PEOPLE[USERS:])
        with turned_to(began + timedelta(hours=18)):
            reseller = next(others)._replace(name=RESELLER_NAME)
            self.reseller_id = await self._account(RESELLER_EMAIL, reseller)
            await resellers.appoint(self.tx, self.reseller_id, RESELLER_CREDIT_DAYS)
            for employee in STAFF:
                person = next(others)._replace(name=employee.name)
                user_id = await self._account(employee.email, person)
                await staff.grant(self.tx, user_id, employee.role)
        self.say(f"people: {USERS} users, {len(STAFF)} of the staff, a reseller")

    async def _account(self, email: str, person: Person) -> int:
        user = NewUser(person.name, person.dob, person.gender, person.country, email=email)
        user_id = await accounts.register(self.tx, user, self.password_hash)
        await loading.settle_in(self.tx, user_id, person.avatar)
        return user_id

    async def _open_rooms(self) -> None:
        for plan in ROOMS:
            request = CreateRoom(
                name=plan.name,
                greetings=plan.greetings,
                logo=f"/assets/rooms/room-{plan.logo}.svg",
                type="private" if plan.is_private else "public",
                password="the demo accounts'" if plan.is_private else None,
                mic_seat_quantity=plan.seats,
                can_tourists_speak=plan.can_tourists_speak,
                can_tourists_send_text=plan.can_tourists_send_text,
                seat_mode=plan.seat_mode,
            )
            room = await rooms.create(
                self.tx,
                self._member(plan.owner).id,
                rooms.check_fields(request),
                self.password_hash if plan.is_private else None,
                self.settings.rooms_per_user,
            )
            self.rooms[plan.owner] = room.id
        self.say(f"rooms: {len(ROOMS)}")

    async def _found_agencies(self) -> None:
        for plan in AGENCIES:
            await loading.found_agency(
                self.tx,
                self._member(plan.owner).id,
                [self._member(number).id for number in plan.members],
                name=plan.name,
                description=plan.description,
                commission_percent=plan.commission_percent,
            )
        self.say(f"agencies: {len(AGENCIES)}")

    async def _follow(self) -> None:
        """Everybody follows somebody, most of them the hosts; rooms have their friends."""
        hosts = [self._member(plan.owner) for plan in ROOMS]
        for _ in range(FOLLOWS):
            member = self.random.choice(self.members)
            other = self.random.choice(hosts if self.random.random() < 0.5 else self.members)
            if other is not member:
                await social.follow(self.tx, member.id, other.id)
        for owner, room_id in self.rooms.items():
            least, most = FRIENDS_OF_LIVELY if owner in LIVELY_HOSTS else FRIENDS_OF_QUIET
            for member in self.random.sample(self.members, self.random.randint(least, most)):
                if member.number != owner:
                    await rooms.follow(self.tx, member.id, room_id)
                    member.follows.add(room_id)

    async def _recharge(self, moment: datetime) -> None:
        """Everybody buys what his purse allows, the reseller far more; VIP follows from it."""
        wanted = [
            self.random.randint(purse.least_coins, 2 * purse.least_coins)
            for purse in PURSES
            for _ in range(purse.users)
        ]
        self.random.shuffle(wanted)
        bought: dict[int, int] = {}
        for place, (member, coins) in enumerate(zip(self.members, wanted, strict=True)):
            with turned_to(moment + timedelta(minutes=2 * place)):
                paid, bonus = await self._buy(member.id, coins)
            member.purse = (paid + bonus) * 100
            bought[member.id] = paid
        with turned_to(moment + timedelta(hours=4)):
            bought[self.reseller_id], _ = await self._buy(self.reseller_id, RESELLER_COINS)
            levels = await loading.lift_vip(self.tx, bought)
        for member in self.members:
            member.vip_level = levels.get(member.id, 0)
        self.say(f"recharges: {sum(bought.values())} coins bought, {len(levels)} VIPs")

    async def _buy(self, user_id: int, coins: int) -> tuple[int, int]:
        """Packages for at least so many coins, paid at the sandbox; their coins and bonus."""
        if coins == 0:
            return 0, 0
        offered = sorted(
            await wallet.list_packages(self.tx, user_id), key=lambda package: package.coin_amount
        )
        fitting = [package for package in offered if package.coin_amount <= coins]
        package = fitting[-1] if fitting else offered[0]
        times = -(-coins // package.coin_amount)
        for _ in range(times):
            await self._order(user_id, package.id, "paid")
        if self.random.random() < FAILURES:
            await self._order(user_id, package.id, "failed")
        return package.coin_amount * times, package.bonus_coins * times

    async def _order(
        self, user_id: int, package_id: int, outcome: Literal["paid", "failed"]
    ) -> None:
        order = await wallet.create_order(
            self.tx, user_id, package_id, "sandbox", Origin(None, "flylive demo")
        )
        await wallet.settle_sandbox(self.tx, user_id, order.id, outcome)

    def _member(self, number: int) -> Member:
        return self.members[number - 1]
