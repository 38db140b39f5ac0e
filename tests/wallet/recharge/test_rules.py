"""What an order becomes, as a rule: whatever is said in whatever order, it ends where it stands."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive.wallet.recharge.rules import Standing, minor_units, settle

shares = st.fractions(0, 1, max_denominator=1000) | st.sampled_from([Fraction(0), Fraction(1)])
standings = st.builds(
    Standing,
    st.sampled_from(["open", "paid", "failed"]),
    st.none(),
    st.just({}),
    st.none() | shares,
)


@given(st.integers(1, 10**9), st.lists(standings, max_size=12))
def test_the_ledger_always_says_what_the_order_says(coins: int, told: list[Standing]) -> None:
    status, refunded, credited, taken, reinstated = "pending", 0, 0, 0, 0
    for standing in told:
        change = settle(status, coins, refunded, standing)  # type: ignore[arg-type]
        assert min(change.taken_back, change.reinstated) == 0
        credited += coins if change.is_credited else 0
        taken, reinstated = taken + change.taken_back, reinstated + change.reinstated
        refunded += change.taken_back - change.reinstated
        status = change.status
        assert credited == (coins if status in ("paid", "refunded") else 0)
        assert refunded == taken - reinstated
        assert 0 <= refunded <= credited
        assert (status == "refunded") == (refunded == coins)
        again = settle(status, coins, refunded, standing)
        assert (again.status, again.is_credited, again.taken_back, again.reinstated) == (
            *(status, False, 0, 0),
        )


@given(st.integers(1, 10**6), st.permutations(range(4)), st.lists(shares, min_size=4, max_size=4))
def test_the_last_word_alone_counts(coins: int, order: list[int], told: list[Fraction]) -> None:
    def end(path: list[Fraction]) -> tuple[str, int]:
        status, refunded = "pending", 0
        for share in path:
            standing = Standing("paid", None, {}, share)
            change = settle(status, coins, refunded, standing)  # type: ignore[arg-type]
            refunded += change.taken_back - change.reinstated
            status = change.status
        return status, refunded

    last = told[-1]
    shuffled = [told[place] for place in order if place != 3]
    assert end([*shuffled, last]) == end([last]) == end([last, last])


@given(st.decimals(Decimal("0.01"), Decimal("1e9"), places=2))
def test_two_decimals_become_cents(price: Decimal) -> None:
    assert Decimal(minor_units(price, "USD")) == price * 100
    assert minor_units(price, "KWD") == minor_units(price, "USD") * 10


def test_a_currency_without_hundredths_has_none() -> None:
    for currency in ("JPY", "XPF", "ISK", "UGX"):
        with pytest.raises(ValueError, match=r"hundredths|smallest unit"):
            minor_units(Decimal("9.99"), currency)
    assert minor_units(Decimal("10.00"), "JPY") == 10
    assert minor_units(Decimal("10.00"), "UGX") == 1000
