"""Requests that cannot be read: always problem+json, never a 500, at any address."""

import re
import uuid
from typing import Any

import pytest
from litestar import Litestar
from prometheus_client import CONTENT_TYPE_LATEST

from flylive.http.description import describe
from tests.world import World

LOGIN = "/v1/auth/login"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/wallet/transactions", "/me/agency-earnings"])
@pytest.mark.parametrize("name", ["from", "to"])
async def test_a_parameter_at_fault_is_named_as_it_was_sent(
    world: World, path: str, name: str
) -> None:
    answer = await world.call("GET", f"{path}?{name}=yesterday", await world.register())
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [name]
    assert answer.json()["detail"].startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"nonsense", 400),
        (b'{"login": "a", "password": "b"', 400),
        (b'{"login": "a", "password": "b"} {}', 400),
        (b'{"login": "a\xff", "password": "b"}', 400),
        (b'{"login": "\\ud800", "password": "b"}', 400),
        (b'{"login": "a\\u0000", "password": "b"}', 422),
        (b'{"login": "a\\\\u0000", "password": "b"}', 401),
        (b'{"login": "a", "password": "b\\\\\\u0000"}', 422),
        (b'{"login": "a\x00", "password": "b"}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"1e999", 422),
        (b"9" * 5000, 422),
        (b"[" * 100_000, 400),
        (b'{"login":' + b"[" * 100_000, 400),
        (b'{"login": 1, "password": "b"}', 422),
        # The first field is at fault, but what comes after it is no JSON.
        (b'{"login": 1, "password": "b"', 400),
        (b'{"unknown":', 400),
        (b'{"unknown": "\xff"}', 400),
        (b"[] []", 400),
    ],
)
async def test_bodies(world: World, body: bytes, status: int) -> None:
    answer = await world.client.post(LOGIN, content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_other_media_types(world: World, media_type: str) -> None:
    answer = await world.client.post(
        LOGIN, content=b'{"login": "a", "password": "b"}', headers={"Content-Type": media_type}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "request.unsupported_media_type")


async def test_no_body_is_an_empty_one_where_nothing_is_needed(world: World, app: Litestar) -> None:
    person = await world.register()
    schemas = describe(app)["components"]["schemas"]
    optional = []
    for path, operations in describe(app)["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody")
            if body is None or "application/json" not in body["content"]:
                continue
            schema = body["content"]["application/json"]["schema"]
            name = str(next(iter(schema.get("oneOf", ())), schema).get("$ref")).rpartition("/")[2]
            is_needed = name not in schemas or bool(schemas[name].get("required"))
            assert body["required"] == is_needed, path
            if not is_needed:
                optional.append((method, re.sub(r"\{[^}]*\}", "1000000000", path)))
    assert ("post", "/v1/coin-requests/1000000000/approve") in optional
    assert ("patch", "/v1/me") in optional
    for method, path in optional:
        headers = person.headers | {"Idempotency-Key": uuid.uuid4().hex}
        absent = await world.client.request(method, path, headers=headers)
        empty = await world.client.request(method, path, headers=headers, json={})
        assert absent.status_code == empty.status_code, (path, absent.text)
        assert absent.json().get("errors") == empty.json().get("errors"), path
        assert absent.json().get("code") == empty.json().get("code"), path


async def test_json_with_a_charset_is_json(world: World) -> None:
    answer = await world.client.post(
        LOGIN,
        content=b'{"login": "a", "password": "b"}',
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert answer.status_code == 401


async def test_a_parameter_that_is_missing_is_named(world: World) -> None:
    answer = await world.call("GET", "/users", await world.register())
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "q", "message": "is needed"}]


async def test_a_401_names_how_to_authenticate(world: World) -> None:
    for answer in (
        await world.client.get("/v1/me"),
        await world.client.post(LOGIN, json={"login": "a", "password": "b"}),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json", "/"])
@pytest.mark.parametrize("value", ["Bearer 1|ended", "Basic eDp5"])
async def test_outside_of_v1_no_token_is_read(world: World, path: str, value: str) -> None:
    answer = await world.client.get(path, headers={"Authorization": value})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/gifts", "/assets/gifts/rose.svg", "/v1/nowhere"])
async def test_head_is_get_without_the_body(world: World, path: str) -> None:
    person = await world.register()
    got = await world.client.get(path, headers=person.headers)
    head = await world.client.head(path, headers=person.headers)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-length", "content-type", "etag"):
        assert head.headers.get(name) == got.headers.get(name)


async def test_head_where_nothing_is_to_be_got(world: World) -> None:
    answer = await world.client.head(LOGIN)
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["", "/swagger", "/redoc", "/openapi.json", "/nothing"])
async def test_nobody_else_s_reader_is_served(world: World, path: str) -> None:
    answer = await world.client.get(f"/openapi{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "request.not_found")


def test_the_description_says_where_no_token_is_needed(app: Litestar) -> None:
    for path, operations in describe(app)["paths"].items():
        for method, operation in operations.items():
            is_open = path.startswith(("/v1/auth/", "/v1/webhooks/", "/v1/games/")) or (
                (method, path) == ("post", "/v1/admin/session")
            )
            assert is_open or operation.get("security") != [], (method, path)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/ledger"])
async def test_metrics_are_of_prometheus_media_type(world: World, path: str) -> None:
    answer = await world.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE_LATEST


async def test_too_large_bodies(world: World) -> None:
    answer = await world.client.post(LOGIN, content=b" " * 300_000, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "request.not_found"),
        ("GET", "/v1/users/%00", 404, "request.not_found"),
        ("PUT", LOGIN, 405, "request.method_not_allowed"),
        ("FROBNICATE", LOGIN, 405, "request.method_not_allowed"),
        ("GET", "/v1/users?q=%ff", 400, "request.unreadable"),
        ("GET", "/v1/users?q=%00", 422, "request.invalid"),
        ("GET", "/v1/users/9223372036854775808", 404, "request.not_found"),
    ],
)
async def test_addresses(world: World, method: str, path: str, status: int, code: str) -> None:
    answer = await world.client.request(method, path, headers={"X-Request-Id": "mine.1"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "mine.1"
    if status == 405:
        assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("given", ["two words", "x" * 65, "", "ü".encode()])
async def test_a_strange_request_id_is_replaced(world: World, given: Any) -> None:
    answer = await world.client.get("/v1/me", headers={"X-Request-Id": given})
    assert answer.status_code == 401
    assert len(answer.headers["x-request-id"]) == 32
