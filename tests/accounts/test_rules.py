"""What an account's fields may be, by themselves."""

from datetime import date

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive.accounts import countries, rules


def test_countries_are_the_249_of_iso_3166() -> None:
    assert len(countries.ALPHA_3) == len(set(countries.ALPHA_3.values())) == 249
    assert all(len(short) == 2 and len(long) == 3 for short, long in countries.ALPHA_3.items())
    # The phone library knows regions by the same codes, but for three that are not assigned.
    assert set(phonenumbers.SUPPORTED_REGIONS) - set(countries.ALPHA_3) == {"AC", "TA", "XK"}


@pytest.mark.parametrize(
    ("code", "kept"), [("DE", "DE"), ("deu", "DE"), (" usa ", "US"), ("GBR", "GB")]
)
def test_country_takes_either_form(code: str, kept: str) -> None:
    assert rules.country(code) == kept


@pytest.mark.parametrize("code", ["", "D", "EU", "UK", "XXX", "ZZ", "276", "ＤＥ", "ı"])
def test_country_refuses_the_rest(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 3166-1"):
        rules.country(code)


@given(st.text())
def test_names_that_pass_are_visible_and_fit(text: str) -> None:
    try:
        name = rules.name(text)
    except ValueError:
        return
    assert 1 <= len(name) <= 255
    assert name == name.strip()
    assert "\x00" not in name
    assert any(not character.isspace() for character in name)
    name.encode()


@pytest.mark.parametrize("name", ["Zoë", "أحمد", "李小龙", "👩‍👩‍👧", "a" * 255, "O'Neil-Ş."])
def test_names_of_the_world_pass(name: str) -> None:
    assert rules.name(name) == name


@pytest.mark.parametrize(
    "email",
    ["a@example.com", "first.last+tag@sub.example.co", "ü@bücher.example", "a_b-c@x1.io",
     "x@xn--bcher-kva.example"],
)  # fmt: skip
def test_plausible_emails_pass(email: str) -> None:
    assert rules.email(f" {email} ") == email


@pytest.mark.parametrize(
    "email",
    ["a", "@example.com", "a@", "a@example", "a@.com", "a@example..com", ".a@example.com",
     "a.@example.com", "a..b@example.com", "a b@example.com", "a@exa mple.com", "a@b@c.com",
     "a@example.com\n@x", "a\x00@example.com", "<a@example.com>", "a@example.1", "a@-x.com",
     "x" * 65 + "@example.com", "a@" + "x" * 64 + ".com", "a\u202e@example.com"],
)  # fmt: skip
def test_implausible_emails_are_refused(email: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        rules.email(email)


@given(st.text(max_size=80), st.sampled_from(["PK", "US", "DE", None]))
def test_phones_that_pass_are_e164_and_stay(text: str, country: str | None) -> None:
    try:
        phone = rules.phone(text, country)
    except ValueError:
        return
    assert phone[0] == "+"
    assert 7 <= len(phone) - 1 <= 15
    assert phone[1:].isdigit()
    assert rules.phone(phone, None) == phone


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 11, 23), date(2026, 11, 22), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_in_whole_years(born: date, today: date, years: int) -> None:
    assert rules.age(born, today) == years
