"""The queue before the engine: turns by sender, in lines; an end that the greedy meet first."""

from collections import Counter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from flylive.gifts.turns import TURN_LINES, Turns


class Gift(NamedTuple):
    """A waiting gift, numbered in the order it came."""

    number: int
    sender_id: int
    lines: int
    others: frozenset[int] = frozenset()

    @property
    def keys(self) -> frozenset[int]:
        """Its sender, and whoever else it locks."""
        return self.others | {self.sender_id}


def test_who_fills_the_queue_starves_nobody() -> None:
    turns: Turns[Gift] = Turns(1000)
    for number in range(1000):
        assert turns.put(Gift(number, 1, 1)) is None
    # The queue is full, and of one sender: each newcomer takes the place of his newest.
    for number in range(1000, 1010):
        loser = turns.put(Gift(number, number, 1))
        assert loser is not None
        assert loser.sender_id == 1
        assert loser.number == 1999 - number
    assert len(turns) == 1000
    group = turns.take(64)
    assert {gift.sender_id for gift in group} == {1, *range(1000, 1010)}
    assert Counter(gift.sender_id for gift in group)[1] == 64 - 10


def test_many_small_gifts_and_few_large_ones_come_forward_alike() -> None:
    turns: Turns[Gift] = Turns(1000)
    for number in range(100):
        turns.put(Gift(number, 1, 20))
    for number in range(100, 500):
        turns.put(Gift(number, 2, 1))
    group = turns.take(200)
    lines = Counter[int]()
    for gift in group:
        lines[gift.sender_id] += gift.lines
    assert lines == {1: 100, 2: 100}


def test_a_full_queue_of_equals_refuses_the_newcomer() -> None:
    turns: Turns[Gift] = Turns(3)
    for number in range(3):
        assert turns.put(Gift(number, number, 1)) is None
    newcomer = Gift(3, 3, 1)
    assert turns.put(newcomer) is newcomer
    again = Gift(4, 0, 1)
    assert turns.put(again) is again
    assert [gift.number for gift in turns.take(100)] == [0, 1, 2]
    assert len(turns) == 0


@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(1, 4), st.integers(1, TURN_LINES)),
            st.integers(TURN_LINES, 60),
        ),
        max_size=120,
    ),
    st.integers(1, 20),
)
def test_nothing_is_lost_doubled_or_out_of_a_senders_order(
    steps: list[tuple[int, int] | int], size: int
) -> None:
    turns: Turns[Gift] = Turns(size)
    waiting: dict[int, Gift] = {}
    for number, step in enumerate(steps):
        if isinstance(step, tuple):
            gift = Gift(number, *step)
            waiting[number] = gift
            loser = turns.put(gift)
            if loser is not None:
                assert len(waiting) == size + 1
                assert waiting.pop(loser.number) is loser
                mine = [one for one in waiting.values() if one.sender_id == loser.sender_id]
                assert all(one.number < loser.number for one in mine)
        else:
            group = turns.take(step)
            assert bool(group) == bool(waiting)
            assert sum(gift.lines for gift in group) <= step
            for gift in group:
                before = [one.number for one in waiting.values() if one.sender_id == gift.sender_id]
                assert gift.number == min(before)
                del waiting[gift.number]
        assert len(turns) == len(waiting)
    while group := turns.take(TURN_LINES):
        for gift in group:
            del waiting[gift.number]
    assert not waiting


def numbers(group: list[Gift]) -> list[int]:
    return [gift.number for gift in group]


def test_who_is_in_a_group_waits_for_its_end_and_lets_the_others_pass() -> None:
    turns: Turns[Gift] = Turns(100)
    host, other_host = frozenset({100}), frozenset({200})
    for number, others in enumerate((host, other_host, host, other_host)):
        turns.put(Gift(number, number, 1, others))
    assert numbers(turns.take(10, held=host)) == [1, 3]
    assert turns.lines == len(turns) == 2
    assert turns.take(10, held=host) == []
    assert numbers(turns.take(10)) == [0, 2]
    assert turns.lines == len(turns) == 0


def test_nobody_is_overtaken_on_his_own_rows() -> None:
    """A gift to two hosts, of whom always one is busy, would wait for ever otherwise."""
    turns: Turns[Gift] = Turns(100)
    turns.put(Gift(0, 1, 2, frozenset({100, 200})))
    turns.put(Gift(1, 2, 1, frozenset({200})))
    turns.put(Gift(2, 3, 1, frozenset({300})))
    # Host 100 is busy; his second host, who is not, is kept for him.
    assert numbers(turns.take(10, held=frozenset({100}))) == [2]
    assert numbers(turns.take(10)) == [0, 1]


@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.integers(1, 6), st.integers(1, 4), st.frozensets(st.integers(1, 12), max_size=4)
            ),
            st.sampled_from(["take", "end"]),
        ),
        max_size=150,
    )
)
def test_groups_under_way_share_nobody_and_all_come_to_their_turn(
    steps: list[tuple[int, int, frozenset[int]] | str],
) -> None:
    turns: Turns[Gift] = Turns(1000)
    waiting: dict[int, Gift] = {}
    groups: list[list[Gift]] = []

    def take() -> None:
        held = frozenset[int]().union(*(gift.keys for group in groups for gift in group))
        group = turns.take(TURN_LINES, held)
        for gift in group:
            assert held.isdisjoint(gift.keys)
            assert all(
                one in group
                for one in waiting.values()
                if one.sender_id == gift.sender_id and one.number < gift.number
            )
        for gift in group:
            del waiting[gift.number]
        if group:
            groups.append(group)

    for number, step in enumerate(steps):
        if isinstance(step, tuple):
            gift = waiting[number] = Gift(number, *step)
            assert turns.put(gift) is None
        elif step == "end":
            del groups[:1]
        else:
            take()
        assert turns.lines == sum(gift.lines for gift in waiting.values())
        assert len(turns) == len(waiting)
    for _ in range(len(groups) + 2 * len(waiting)):
        del groups[:1]
        take()
    assert not waiting
    assert turns.lines == len(turns) == 0
