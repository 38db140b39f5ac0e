"""Wrong input to each endpoint: problem+json with a code, and nothing changed.

The endpoints come from the API's own description, so that a new one is walked without being
named here; ALLOWED names the few that answer without a token.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from flylive.asgi import create_app
from flylive.config import Settings
from flylive.http.description import describe
from tests.world import Person, World

DOCUMENT = describe(create_app(Settings(database_url=SecretStr("dbname=described"))))
WITHOUT_TOKEN = {
    "POST /v1/auth/register",
    "POST /v1/auth/login",
    "POST /v1/auth/social",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/password/reset",
    "POST /v1/auth/email/verify",
    "POST /v1/admin/session",
}
FORBIDDEN_ID = 9_000_000_000


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


OPERATIONS = list(operations())


def over(fits: Callable[[str, str, dict[str, Any]], object]) -> pytest.MarkDecorator:
    """One case for each operation that fits."""
    chosen = [operation for operation in OPERATIONS if fits(*operation)]
    ids = [f"{method} {path}" for method, path, _ in chosen]
    return pytest.mark.parametrize(("method", "path", "operation"), chosen, ids=ids)


def names_in(place: str, operation: dict[str, Any]) -> list[str]:
    """The operation's parameters in `path` or `query`."""
    return [entry["name"] for entry in operation.get("parameters", []) if entry["in"] == place]


def body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of the JSON body, references resolved; None where there is none."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return None
    for choice in schema.get("oneOf", [schema]):
        if "$ref" in choice:
            name = choice["$ref"].rsplit("/", 1)[1]
            return dict(DOCUMENT["components"]["schemas"][name])
    return dict(schema)


def wrong_bodies(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Bodies that are wrong in one way each."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    wrong_types: list[Any] = [[], {"a": 1}, 1.5, True, None, -1, 2**70, "x" * 100_000, "\u0000"]
    yield "a list", []
    yield "a string", "text"
    yield "extra field", {"surprise": 1}
    if required:
        yield "nothing", {}
    for name, property_ in properties.items():
        may_be_null = {"type": "null"} in property_.get("oneOf", property_.get("anyOf", []))
        for value in wrong_types:
            if value is None and may_be_null:
                continue
            yield f"{name} = {str(value)[:12]!r}", {name: value}


@pytest.fixture(scope="module")
async def cast(world: World) -> tuple[Person, dict[str, int]]:
    """A stranger, and things that belong to others: by the name of their path parameter."""
    owner, guest, stranger = await world.people(3)
    await world.recharge(owner, 1000)
    room = await world.room(owner, guest)
    gift_id = world.gift("1.00")
    sent = await world.send(owner, gift_id, [guest], room_id=room)
    message = await world.call(
        "POST", f"/rooms/{room}/messages", owner, json={"content": "hello", "client_id": "1"}
    )
    assert message.status_code == 201, message.text
    request = await world.call(
        "POST", f"/rooms/{room}/seat-requests", guest, json={"kind": "application"}
    )
    assert request.status_code == 201, request.text
    report = await world.call(
        "POST",
        "/reports",
        guest,
        json={"subject_type": "user", "subject_id": owner.id, "reason": "spam"},
    )
    assert report.status_code == 201, report.text
    [(house_id,)] = world.sql("INSERT INTO game_providers (name) VALUES ('house') RETURNING id")
    [(game_id,)] = world.sql(
        "INSERT INTO games (provider_id, code, name, launch_url, min_bet, max_bet, max_win)"
        " VALUES (%s, 'dice', 'Dice', 'https://games.example', 1, 10, 100) RETURNING id",
        house_id,
    )
    world.prove_email(owner)
    agency = await world.call("POST", "/agencies", owner, json={"name": "The cast"})
    assert agency.status_code == 201, agency.text
    made = {
        "level_id": "INSERT INTO levels (name, type, level_number, required_xp)"
        " VALUES ('Two', 'charm', 2, 100)",
        "badge_id": "INSERT INTO badges (name, category, requirements, icon_url) VALUES"
        """ ('Early', 'personal', '{"metric": "friends", "gte": 1}', '/assets/b.svg')""",
        "frame_id": "INSERT INTO frames (name, price, static_src) VALUES ('F', 5, '/assets/f.svg')",
        "theme_id": "INSERT INTO themes (name, price) VALUES ('Dusk', 5)",
        "finding_id": "WITH r AS (INSERT INTO ring_runs (day, since, until, end_id, starts_at)"
        " VALUES ('2000-01-01', '2000-01-01', '2000-01-02', 0, '2999-01-01') RETURNING id)"
        " INSERT INTO ring_findings (kind, about, run_id, strength, coins, facts, first_at,"
        " last_at) SELECT 'burst', '1', id, 50, 1, '{}', now(), now() FROM r",
        "run_id": "INSERT INTO catalogue_runs (kind, subject, end_id, starts_at)"
        " VALUES ('levels', 'charm', 1, now())",
    }
    orders = world.sql("SELECT id FROM recharge_orders")
    ledger = world.sql("SELECT id FROM transactions WHERE type = 'gift'")
    return stranger, {
        **{name: world.sql(f"{made[name]} RETURNING id")[0][0] for name in made},
        "room_id": room,
        "agency_id": agency.json()["id"],
        "category": "wealth",
        "adjustment_id": 1,
        "announcement_id": 1,
        "job_id": 1,
        "name": "users",
        "prize_id": 1,
        "rebuild_id": 1,
        "refund_id": 1,
        "proposal_id": 1,
        "package_id": 1,
        "number": 1,
        "user_id": owner.id,
        "token_id": int(owner.token.split("|")[0]),
        "provider": "google",
        "message_id": message.json()["id"],
        "request_id": request.json()["id"],
        "report_id": report.json()["id"],
        "game": "dice",
        "game_id": game_id,
        "provider_id": house_id,
        "order_id": orders[0][0],
        "transaction_id": ledger[0][0],
        "gift_id": gift_id,
        "session_id": "0" * 64,
        "gift_transaction_id": sent.json()["lines"][0]["gift_transaction_id"],
    }


def is_problem(answer: httpx.Response) -> bool:
    if not 400 <= answer.status_code < 500:
        return False
    document = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and document["status"] == answer.status_code
        and bool(document["code"])
        and all(document[name] for name in ("type", "title", "detail"))
    )


def fill(path: str, values: dict[str, Any]) -> str:
    for name, value in values.items():
        path = path.replace("{" + name + "}", str(value))
    assert "{" not in path, f"{path}: tell `cast` of this parameter"
    return path.removeprefix("/v1")


HEADERS = {"Idempotency-Key": "a-key"}


@over(lambda method, path, operation: f"{method} {path}" not in WITHOUT_TOKEN)
async def test_without_a_token(
    world: World,
    cast: tuple[Person, dict[str, int]],
    method: str,
    path: str,
    operation: dict[str, Any],
) -> None:
    before = world.picture()
    for authorization in (None, "Bearer 1|wrong", "Bearer x", "Basic eDp5", "Bearer", "Bearer |"):
        headers = HEADERS | ({"Authorization": authorization} if authorization else {})
        answer = await world.call(method, fill(path, cast[1]), headers=headers, json={})
        assert answer.status_code == 401, (authorization, answer.text)
        assert is_problem(answer)
    assert world.picture() == before


@over(lambda method, path, operation: body_schema(operation) is not None)
async def test_wrong_bodies(
    world: World,
    cast: tuple[Person, dict[str, int]],
    method: str,
    path: str,
    operation: dict[str, Any],
) -> None:
    schema = body_schema(operation)
    assert schema is not None
    stranger, values = cast
    before = world.picture()
    address = fill(path, values)
    for said, body in wrong_bodies(schema):
        answer = await world.call(method, address, stranger, headers=HEADERS, json=body)
        assert is_problem(answer), (said, answer.status_code, answer.text)
    for content, kind in (
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"a":"\xed\xa0\x80"}', "application/json"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"<a/>", "application/xml"),
        (b"[" * 20_000, "application/json"),
    ):
        answer = await world.call(
            method,
            address,
            stranger,
            headers=HEADERS | {"Content-Type": kind},
            content=content,
        )
        assert is_problem(answer), (content[:10], answer.status_code, answer.text)
    too_large = await world.call(
        method, address, stranger, headers=HEADERS, json={"name": "x" * 400_000}
    )
    assert is_problem(too_large)
    assert world.picture() == before


FORMS = [
    (method, path, content["multipart/form-data"]["schema"])
    for method, path, operation in OPERATIONS
    if "multipart/form-data" in (content := operation.get("requestBody", {}).get("content", {}))
]


def wrong_forms(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests that are wrong in one way each; a file of text is right nowhere."""
    file = {"file": ("a.png", b"words", "image/png")}
    fields = {name: property_["enum"][0] for name, property_ in schema["properties"].items()
              if "enum" in property_}  # fmt: skip
    yield "nothing", {}
    yield "JSON", {"json": {"file": "text"}}
    yield "a form of another kind", {"data": {"file": "text"}}
    yield "no file", {"files": {"other": b"x"}, "data": fields}
    yield "words for a picture", {"files": file, "data": fields}
    yield "an empty file", {"files": {"file": ("a.png", b"")}, "data": fields}
    yield "two files", {"files": [("file", b"x"), ("file", b"y")], "data": fields}
    yield "an extra field", {"files": file, "data": fields | {"surprise": "1"}}
    yield "too large", {"files": {"file": ("a", b"\xff" * 30_000_000)}, "data": fields}
    for name in fields:
        for value in ("", "\u0000", "x" * 5_000, "nonsense", "é"):
            yield f"{name} = {value[:12]!r}", {"files": file, "data": fields | {name: value}}
        yield f"no {name}", {"files": file}
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (b"", b"x", b"--x", b"--x--", b"--x\r\n\r\n", b"\x00" * 1_000, b"--x\r\n" * 9):
        yield f"{content[:12]!r}", {"content": content, "headers": kind}


@pytest.mark.parametrize(("method", "path", "schema"), FORMS, ids=[form[1] for form in FORMS])
async def test_wrong_forms(
    world: World,
    cast: tuple[Person, dict[str, int]],
    method: str,
    path: str,
    schema: dict[str, Any],
) -> None:
    stranger, values = cast
    before = world.picture()
    for said, request in wrong_forms(schema):
        headers = HEADERS | request.pop("headers", {})
        answer = await world.call(method, fill(path, values), stranger, headers=headers, **request)
        assert is_problem(answer), (said, answer.status_code, answer.text)
    assert world.picture() == before


@over(lambda method, path, operation: names_in("path", operation))
async def test_wrong_addresses(
    world: World,
    cast: tuple[Person, dict[str, int]],
    method: str,
    path: str,
    operation: dict[str, Any],
) -> None:
    names = names_in("path", operation)
    stranger, values = cast
    before = world.picture()
    for name in names:
        for value in (FORBIDDEN_ID, 0, -1, 2**63, 2**80, "x", "%00", "1.5", "１", "+1", "0_1"):
            address = fill(path, values | {name: value})
            answer = await world.call(method, address, stranger, headers=HEADERS, json={})
            assert is_problem(answer), (value, answer.status_code, answer.text)
    assert world.picture() == before


@over(lambda method, path, operation: names_in("query", operation))
async def test_wrong_queries(
    world: World,
    cast: tuple[Person, dict[str, int]],
    method: str,
    path: str,
    operation: dict[str, Any],
) -> None:
    names = names_in("query", operation)
    stranger, values = cast
    before = world.picture()
    address = fill(path, values)
    for name in names:
        for value in ("", "x" * 5_000, "%00", "%ff", "-1", "0", "1e9", "9" * 40, "[]", "null", "'"):
            answer = await world.call(method, f"{address}?{name}={value}", stranger)
            if answer.status_code >= 300:
                assert is_problem(answer), (name, value[:12], answer.status_code, answer.text)
    assert world.picture() == before


# Addresses under which a stranger must find or change nothing of another's.
OTHERS = [
    ("DELETE", "/auth/tokens/{token_id}", {404}),
    ("PATCH", "/rooms/{room_id}", {403}),
    ("DELETE", "/rooms/{room_id}", {403}),
    ("PATCH", "/rooms/{room_id}/seats/1", {403}),
    ("PUT", "/rooms/{room_id}/seats/1", {403}),
    ("GET", "/rooms/{room_id}/events?after=0", {403}),
    ("GET", "/rooms/{room_id}/messages", {403}),
    ("DELETE", "/messages/{message_id}", {403, 404}),
    ("GET", "/wallet/transactions/{transaction_id}", {404}),
    ("GET", "/recharge/orders/{order_id}", {404}),
    ("POST", "/recharge/orders/{order_id}/sandbox", {404}),
    ("POST", "/recharge/orders/{order_id}/confirm", {404}),
    ("GET", "/fairness/draws/{gift_transaction_id}", {404}),
]


@pytest.mark.parametrize(("method", "path", "statuses"), OTHERS)
async def test_what_belongs_to_others(
    world: World,
    cast: tuple[Person, dict[str, int]],
    method: str,
    path: str,
    statuses: set[int],
) -> None:
    stranger, values = cast
    bodies = {
        "/rooms/{room_id}": {"name": "Mine now"},
        "/rooms/{room_id}/seats/1": {"is_locked": True} if method == "PATCH" else {},
        "/recharge/orders/{order_id}/sandbox": {"outcome": "paid"},
        "/recharge/orders/{order_id}/confirm": {},
    }
    before = world.picture()
    options = {"json": bodies[path]} if path in bodies and method != "DELETE" else {}
    answer = await world.call(method, fill("/v1" + path, values), stranger, **options)
    assert answer.status_code in statuses, answer.text
    assert is_problem(answer)
    assert world.picture() == before


async def test_addresses_that_do_not_exist(world: World) -> None:
    for path in ("/v1/nothing", "/v1", "/v1/rooms/1/2/3", "/../etc/passwd"):
        answer = await world.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "request.not_found")
        assert is_problem(answer)
    answer = await world.client.request("TRACE", "/v1/wallet")
    assert answer.status_code == 405
    assert answer.headers["x-request-id"]
