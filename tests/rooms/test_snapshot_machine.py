"""What a client builds from a join and what follows is a fresh join, whatever people do.

Hypothesis makes up sequences of what several people try in a room; refusals are as welcome as
successes. Everybody who is in the room is a client of his own, from his own join on.
`fly.py test --long` runs a thousand sequences.
"""

import asyncio
import logging
import os
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from flylive import clock
from flylive.database import Database
from flylive.realtime import presence, room_stream
from flylive.realtime.service import events_after
from flylive.rooms import queries, staff
from flylive.rooms.requests.tasks import end_overdue
from flylive.rooms.tasks import remove_absent
from tests.rooms.crowd import crowd
from tests.rooms.fold import fold, seen_at, state_of
from tests.rooms.picture import assert_exact
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
SEQUENCES = int(os.environ.get("FLYLIVE_TEST_SEQUENCES", "1000" if LONG else "12"))
STEPS = 40
PEOPLE = 6
TIMEOUT_SECONDS = 60
EXACT_EVERY = 25

T = TypeVar("T")
PERSON = st.integers(0, PEOPLE - 1)
GUEST = st.integers(1, PEOPLE - 1)
RUNNING = st.sampled_from([0, 0, 1, 0, 1, 0, 2])
"""Mostly somebody who runs the room: the owner, and who is a moderator from the beginning."""
SEAT = st.sampled_from([1, 2, 3, 1, 2, 4, 6])
PLACE = st.sampled_from([0, 0, 0, 1, 2])
SETTINGS = st.one_of(
    st.fixed_dictionaries({"mic_seat_quantity": st.sampled_from([4, 3, 2, 5, 6, 1])}),
    st.fixed_dictionaries({"max_participants": st.integers(2, PEOPLE + 1)}),
    st.fixed_dictionaries({"seat_mode": st.sampled_from(["free", "apply"])}),
    st.fixed_dictionaries({"can_tourists_speak": st.booleans()}),
    st.fixed_dictionaries({"can_tourists_send_text": st.booleans()}),
    st.sampled_from([{"greetings": "Hello"}, {"greetings": None}]),
    st.sampled_from([{"type": "public"}, {"type": "private", "password": "open sesame"}]),
)


class Stage:
    """What all sequences share: the app, its loop in the main thread, people nobody knows yet."""

    def __init__(self, world: World, database: Database) -> None:
        self.world = world
        self.database = database
        self.loop = asyncio.get_running_loop()
        self.time = ExitStack()
        self.fresh: list[Person] = []
        self.sequences = 0

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the app's loop do it, from the machine's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def people(self) -> list[Person]:
        """People who have done nothing yet, so that no sequence slows the next one down."""
        if len(self.fresh) < PEOPLE:
            self.fresh += self.wait(crowd(self.world, 40 * PEOPLE))
        taken, self.fresh = self.fresh[:PEOPLE], self.fresh[PEOPLE:]
        return taken

    def pass_time(self, seconds: float) -> None:
        """Turn the clock on; it is never turned back while the machine runs."""
        self.time.enter_context(clock.turned_to(clock.now() + timedelta(seconds=seconds)))


class Room(RuleBasedStateMachine):
    """One room, its owner (person 0) and those who come and go."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Person] = []
        self.room_id = 0
        self.clients: dict[int, tuple[dict[str, Any], int]] = {}
        self.requests: list[tuple[int, int, int]] = []
        """Each with who may decide about it, and who made it."""
        self.messages: list[int] = []
        self.number = 0
        self.present: set[int] = set()

    def inside(self, person: int, *, but: int = -1) -> int:
        """Somebody in the room: most of what those outside try is refused all the same."""
        present = sorted(self.present - {but})
        return present[person % len(present)] if present else person

    def acting(self, actor: int) -> int:
        """Who runs the room, come in if he was out."""
        if actor not in self.present and actor < 2:
            self.join(actor, is_told=True)
        return actor

    def subject(self, person: int, actor: int) -> int:
        """The id of somebody in the room other than who acts on him."""
        return self.people[self.inside(person, but=actor)].id

    def seated(self) -> list[tuple[int, int]]:
        """Who sits: user ids and seats."""
        rows = self.stage.wait(
            self.stage.database.read(lambda tx: queries.list_seated(tx, self.room_id))
        )
        return [(row.user_id, row.seat_number) for row in rows]

    def call(self, method: str, path: str, person: int, json: Any = None) -> httpx.Response:
        """One request; whatever is answered, it is an answer."""
        options = {} if json is None else {"json": json}
        answer = self.stage.wait(
            self.stage.world.call(method, path, self.people[person], **options)
        )
        assert answer.status_code < 500, answer.text
        return answer

    def here(self, method: str, path: str, person: int, json: Any = None) -> httpx.Response:
        """One request about the room."""
        answer = self.call(method, f"/rooms/{self.room_id}{path}", person, json)
        if not answer.is_success and answer.json()["code"] == "room.not_in_room":
            self.present.discard(person)
        return answer

    @initialize(first=st.sets(GUEST, min_size=3, max_size=5), seats=st.integers(0, 4))
    def open(self, first: set[int], seats: int) -> None:
        self.people = self.stage.people()
        self.stage.sequences += 1
        body = {"name": f"Machine {self.stage.sequences} {self.people[0].id}"}
        opened = self.call("POST", "/rooms", 0, body | {"can_tourists_speak": True})
        self.room_id = opened.json()["id"]
        for person in (0, *first):
            self.join(person, is_told=True)
        for seat, person in enumerate(sorted(first)[:seats], 1):
            self.take(person, seat)
        self.appoint(1, "PUT")

    @rule(person=PERSON, is_told=st.booleans())
    def join(self, person: int, is_told: bool) -> None:
        body = {"password": "open sesame"} if is_told else {}
        answer = self.here("POST", "/join", person, body)
        if answer.is_success:
            screen = answer.json()
            self.clients.setdefault(person, (state_of(screen), screen["stream"]["seq"]))
            self.present.add(person)

    @rule(person=PERSON)
    def come(self, person: int) -> None:
        self.join(person, is_told=True)

    @rule(person=st.sampled_from([1, 2, 3, 4, 5, 0]))
    def leave(self, person: int) -> None:
        self.here("POST", "/leave", person)
        self.present.discard(person)

    @rule(person=PERSON, seat=SEAT)
    def take(self, person: int, seat: int) -> None:
        self.here("PUT", f"/seats/{seat}", self.inside(person), {})

    @rule(actor=RUNNING, person=GUEST, seat=SEAT, swap=st.booleans())
    def seat(self, actor: int, person: int, seat: int, swap: bool) -> None:
        body = {"user_id": self.subject(person, actor), "swap": swap}
        self.here("PUT", f"/seats/{seat}", self.acting(actor), body)

    @rule(actor=RUNNING, one=PLACE, other=PLACE)
    def swap(self, actor: int, one: int, other: int) -> None:
        self.acting(actor)
        seated = self.seated()
        for seat in (1, 2) if len(seated) < 2 else ():
            body = {"user_id": self.subject(seat + one, 0)}
            self.here("PUT", f"/seats/{seat}", self.acting(0), body)
            seated = self.seated()
        if len(seated) > 1:
            user_id, _ = seated[one % len(seated)]
            _, seat = seated[(one + 1 + other) % len(seated)]
            body = {"user_id": user_id, "swap": True}
            self.here("PUT", f"/seats/{seat}", actor, body)

    @rule(person=PERSON, seat=SEAT)
    def stand_up(self, person: int, seat: int) -> None:
        self.here("DELETE", f"/seats/{seat}", self.inside(person))

    @rule(person=RUNNING, seat=SEAT, name=st.sampled_from(["is_locked", "is_muted"]),
          value=st.booleans())  # fmt: skip
    def edit_seat(self, person: int, seat: int, name: str, value: bool) -> None:
        self.here("PATCH", f"/seats/{seat}", self.acting(person), {name: value})

    @rule(actor=RUNNING, person=GUEST, role=st.sampled_from(["moderator", "speaker", "listener"]))
    def give_role(self, actor: int, person: int, role: str) -> None:
        path = f"/participants/{self.subject(person, actor)}"
        self.here("PATCH", path, actor, {"role": role})

    @rule(person=GUEST, method=st.sampled_from(["PUT", "DELETE"]))
    def appoint(self, person: int, method: str) -> None:
        self.here(method, f"/moderators/{self.people[person].id}", 0)

    @rule(actor=RUNNING, person=GUEST, is_muted=st.booleans())
    def mute(self, actor: int, person: int, is_muted: bool) -> None:
        path = f"/participants/{self.subject(person, actor)}"
        self.here("PATCH", path, actor, {"is_muted": is_muted})

    @rule(actor=RUNNING, person=GUEST, minutes=st.sampled_from([0, 0, 1, 10]))
    def kick(self, actor: int, person: int, minutes: int) -> None:
        path = f"/participants/{self.subject(person, actor)}?ban_minutes={minutes}"
        self.here("DELETE", path, actor)

    @rule(actor=RUNNING, person=GUEST)
    def unban(self, actor: int, person: int) -> None:
        self.here("DELETE", f"/bans/{self.people[person].id}", actor)

    @rule(person=GUEST, seat=st.none() | SEAT)
    def apply(self, person: int, seat: int | None) -> None:
        person = self.inside(person)
        body = {"kind": "application", "seat_number": seat}
        answer = self.here("POST", "/seat-requests", person, body)
        if answer.is_success:
            self.requests.append((answer.json()["id"], 0, person))

    @rule(actor=RUNNING, person=GUEST, seat=st.none() | SEAT)
    def invite(self, actor: int, person: int, seat: int | None) -> None:
        person = self.inside(person, but=actor)
        body = {"kind": "invitation", "user_id": self.people[person].id, "seat_number": seat}
        answer = self.here("POST", "/seat-requests", self.acting(actor), body)
        if answer.is_success:
            self.requests.append((answer.json()["id"], person, actor))

    @rule(place=PLACE, verb=st.sampled_from(["accept", "accept", "decline", "withdraw"]),
          other=st.none() | PERSON)  # fmt: skip
    def decide(self, place: int, verb: str, other: int | None) -> None:
        for request_id, decider, maker in self.requests[::-1][place : place + 1]:
            path = f"/seat-requests/{request_id}"
            if verb == "withdraw":
                self.call("DELETE", path, maker if other is None else other)
            else:
                who = self.acting(decider) if other is None else other
                self.call("POST", f"{path}/{verb}", who)

    @rule(person=st.sampled_from([0, 0, 0, 1]), changes=SETTINGS)
    def settings(self, person: int, changes: dict[str, Any]) -> None:
        self.here("PATCH", "", person, changes)

    @rule(person=PERSON)
    def change_profile(self, person: int) -> None:
        self.number += 1
        assert self.call("PATCH", "/me", person, {"name": f"Name {self.number}"}).is_success

    @rule(person=PERSON)
    def say(self, person: int) -> None:
        self.number += 1
        body = {"content": "hi", "client_id": str(self.number)}
        answer = self.here("POST", "/messages", self.inside(person), body)
        if answer.is_success:
            self.messages.append(answer.json()["id"])

    @rule(person=RUNNING, place=PLACE)
    def unsay(self, person: int, place: int) -> None:
        for message_id in self.messages[::-1][place : place + 1]:
            self.call("DELETE", f"/messages/{message_id}", person)

    @rule(person=PERSON, method=st.sampled_from(["PUT", "DELETE"]))
    def follow(self, person: int, method: str) -> None:
        self.here(method, "/follow", person)

    @rule(actor=PERSON, person=PERSON, method=st.sampled_from(["PUT", "DELETE", "DELETE"]))
    def block(self, actor: int, person: int, method: str) -> None:
        self.call(method, f"/users/{self.people[person].id}/block", actor, {})

    @rule(seconds=st.sampled_from([5, 31, 61, 601]), is_swept=st.booleans())
    def pass_time(self, seconds: int, is_swept: bool) -> None:
        self.stage.pass_time(seconds)
        if is_swept:
            self.stage.wait(end_overdue(self.stage.database))

    @rule(vanishing=st.sets(PERSON, min_size=1, max_size=3))
    def vanish(self, vanishing: set[int]) -> None:
        database = self.stage.database
        everybody: list[presence.Sight] = [(person.id, None) for person in self.people]
        moment = clock.now()
        self.stage.wait(
            database.run(lambda tx: presence.mark(tx, dict.fromkeys(everybody, moment)))
        )
        self.stage.pass_time(TIMEOUT_SECONDS + 5)
        still: list[presence.Sight] = [
            (person.id, None) for n, person in enumerate(self.people) if n not in vanishing
        ]
        here = dict.fromkeys(still, clock.now())
        self.stage.wait(database.run(lambda tx: presence.mark(tx, here)))
        before = clock.now() - timedelta(seconds=TIMEOUT_SECONDS)
        self.stage.wait(remove_absent(database, before))

    @rule()
    def suspend(self) -> None:
        run = self.stage.database.run
        self.stage.wait(run(lambda tx: staff.suspend(tx, self.room_id)))
        self.stage.wait(run(lambda tx: staff.reopen(tx, self.room_id)))
        self.clients.clear()
        self.present.clear()

    @rule()
    def compare(self) -> None:
        """Everybody's client shows what somebody who comes now is shown."""
        answer = self.here("POST", "/join", 0, {})
        assert answer.is_success, answer.text
        fresh = answer.json()
        moment, seq = clock.now(), fresh["stream"]["seq"]
        expected = seen_at(state_of(fresh), moment)
        inside = {person["user_id"] for person in fresh["participants"]["data"]}
        events = self.events(min([seq, *(seq for _, seq in self.clients.values())]), seq)
        for person, (state, known) in list(self.clients.items()):
            if self.people[person].id not in inside:
                del self.clients[person]
                continue
            folded = fold(state, [event for event in events if event["seq"] > known])
            assert seen_at(folded, moment) == expected, f"person {person}"
            self.clients[person] = (folded, seq)
        self.clients.setdefault(0, (state_of(fresh), seq))
        self.present = {n for n, person in enumerate(self.people) if person.id in inside}

    def events(self, after: int, upto: int) -> list[dict[str, Any]]:
        """The room's events in between, of which none may be missing."""
        page = self.stage.wait(
            self.stage.database.read(
                lambda tx: events_after(tx, room_stream(self.room_id), after, 10_000)
            )
        )
        told = msgspec.json.decode(msgspec.json.encode(page.data))
        events = [event for event in told if event["seq"] <= upto]
        assert [event["seq"] for event in events] == list(range(after + 1, upto + 1))
        return events

    def teardown(self) -> None:
        if not self.room_id:
            return
        self.compare()
        if self.stage.sequences % EXACT_EVERY == 0:
            assert_exact(self.stage.world)
        assert self.here("DELETE", "", 0).status_code == 204


async def test_whatever_people_do_old_state_and_events_are_fresh_state(
    world: World, database: Database
) -> None:
    Room.stage = Stage(world, database)
    # A line for each request would take as long as the request.
    logging.disable(logging.INFO)
    with Room.stage.time:
        await asyncio.to_thread(
            run_state_machine_as_test,
            Room,
            settings=settings(
                max_examples=SEQUENCES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    logging.disable(logging.NOTSET)
    assert Room.stage.sequences >= min(SEQUENCES, 10)
    assert_exact(world)
