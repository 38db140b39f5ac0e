"""What happens in one room: somebody comes, talks, sits down, gives, goes; a bit at a time."""

import time
from collections.abc import Collection, Sequence
from random import Random
from typing import Any

from flylive.demo.guests.api import Api, Stopped
from flylive.demo.guests.guest import Guest

FEW, MANY = 5, 12
"""With fewer guests than that somebody comes; with more, nobody does."""
QUANTITIES = (1, 1, 1, 1, 2, 5, 10)
SHARED = 0.15
"""How often a gift goes to several people."""
MOST_RECIPIENTS = 5
MOVES = 0.2
"""How often whoever comes in comes from another room."""
HELLO = 0.6
"""How often he says so."""
BEFORE_ANSWER_SECONDS = (0.8, 2.5)


class Company:
    """The guests of one room, around its host. `pace_seconds` lie between two events."""

    def __init__(
        self,
        api: Api,
        room_id: int,
        host: Guest,
        everybody: Sequence[Guest],
        hosts: Collection[int],
        random: Random,
        pace_seconds: float,
    ) -> None:
        self.api = api
        self.room_id = room_id
        self.host = host
        self.everybody = everybody
        self.hosts = hosts
        self.random = random
        self.pace_seconds = pace_seconds
        self.seats = 1
        self._deeds = {
            self._chat: 45,
            self._give: 25,
            self._move_on_seats: 12,
            self._come: 9,
            self._go: 9,
            self._play: 9,
        }

    @property
    def here(self) -> list[Guest]:
        """The guests in the room who have nothing else to do."""
        return [
            guest
            for guest in self.everybody
            if guest.room_id == self.room_id and guest.is_welcome and not guest.doing.locked()
        ]

    async def live(self) -> None:
        """For ever, until the guests are to go home or nobody of them is welcome any more."""
        try:
            while any(guest.is_welcome for guest in self.everybody):
                await self._happen()
                pause = self.random.uniform(0.5, 1.5) * self.pace_seconds
                # Whoever comes into a quiet room need not wait for the others.
                await self.api.rest(pause if len(self.here) >= FEW else pause / 4)
        except Stopped:
            return

    async def _happen(self) -> None:
        if self.host.room_id != self.room_id and self.host.is_welcome:
            await self._bring(self.host)
        elif len(self.here) < FEW:
            await self._come()
        else:
            [deed] = self.random.choices(list(self._deeds), list(self._deeds.values()))
            await deed()

    async def _bring(self, guest: Guest) -> None:
        async with guest.doing:
            screen = await guest.join(self.room_id)
            if screen is None:
                return
            self.seats = screen["room"]["mic_seat_quantity"]
            if guest is self.host:
                await guest.sit(self.seats)
            elif self.random.random() < HELLO:
                await guest.say(guest.tongue.hello, self.host.name)

    async def _come(self) -> None:
        """Somebody comes in, from nowhere or out of another room."""
        if len(self.here) >= MANY:
            return
        free = [
            guest
            for guest in self.everybody
            if guest.is_welcome and not guest.doing.locked() and guest.id not in self.hosts
        ]
        elsewhere = [guest for guest in free if guest.room_id not in (None, self.room_id)]
        idle = [guest for guest in free if guest.room_id is None]
        if elsewhere and (not idle or self.random.random() < MOVES):
            await self._bring(self.random.choice(elsewhere))
        elif idle:
            await self._bring(self.random.choice(idle))

    async def _go(self) -> None:
        """Somebody goes home."""
        leaving = [guest for guest in self.here if guest is not self.host]
        if leaving:
            guest = self.random.choice(leaving)
            async with guest.doing:
                await guest.leave()

    async def _chat(self) -> None:
        speaker, other = self.random.sample(self.here, 2)
        async with speaker.doing:
            await speaker.say(speaker.tongue.chat, other.name)

    async def _play(self) -> None:
        """Somebody plays a game on the side."""
        guest = self.random.choice([guest for guest in self.here if guest is not self.host])
        async with guest.doing:
            await guest.play()

    async def _move_on_seats(self) -> None:
        guest = self.random.choice([guest for guest in self.here if guest is not self.host])
        async with guest.doing:
            if guest.seat is None:
                await guest.sit(self.seats)
            else:
                await guest.stand()

    async def _give(self) -> None:
        """A gift, mostly to the host; whoever gets it says thank you a little later."""
        giver, *others = self.random.sample(self.here, len(self.here))
        others.sort(key=lambda guest: (guest is not self.host, guest.seat is None))
        count = 1
        if self.random.random() < SHARED:
            count = self.random.randint(2, min(len(others), MOST_RECIPIENTS))
        recipients = others[:count]
        quantity = self.random.choice(QUANTITIES)
        async with giver.doing:
            answer = await giver.give([guest.id for guest in recipients], quantity)
        self._notice_absent(answer.document)
        if answer.is_ok:
            await self.api.rest(self.random.uniform(*BEFORE_ANSWER_SECONDS) * self.pace_seconds / 2)
            thankful = recipients[0]
            if thankful.room_id == self.room_id:
                async with thankful.doing:
                    await thankful.say(thankful.tongue.thanks, giver.name)

    def _notice_absent(self, document: dict[str, Any]) -> None:
        """A recipient whom the platform does not find in the room is not there."""
        for guest in self.everybody:
            is_meant = guest.id == document.get("recipient_id")
            if is_meant and guest.room_id == self.room_id and not guest.doing.locked():
                guest.room_id = guest.seat = None


async def keep_present(api: Api, guests: Sequence[Guest], every_seconds: float) -> None:
    """Let every guest in a room be heard of at least so often."""
    try:
        while True:
            await api.rest(every_seconds / 10)
            for guest in guests:
                silent_seconds = time.monotonic() - guest.heard_at
                if guest.room_id is None or silent_seconds < every_seconds:
                    continue
                async with guest.doing:
                    if guest.room_id is not None:
                        await guest.beat()
    except Stopped:
        return
