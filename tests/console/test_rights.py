"""Role × page × action: the whole of flylive.console.pages, asked of the server by cookie.

Whoever lacks a right is refused and nothing changes; whoever has it succeeds at a thing that is
really there (tests/access makes it). No address under /v1/admin stands without a guard, or on
no page; the modules of web/console/pages declare the rights that stand here.
"""

import re
import uuid
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from flylive.accounts import passwords, staff_sessions
from flylive.accounts.staff import Role
from flylive.config import Settings
from flylive.console import cookies
from flylive.console.guard import require_staff
from flylive.console.pages import OPEN, PAGES, Page
from flylive.console.rules import Right, may
from flylive.http.addresses import UNKNOWN
from flylive.http.assets import WEB
from tests import access
from tests.access.rows import Row, Thing
from tests.stage import PASSWORD, Stage
from tests.world import Person, World

MODULES = WEB / "console" / "pages"
ROWS = {row.address: row for row in access.ROWS}
ACTIONS = [(page, action) for page in PAGES for action in page.actions]


def row_of(action: str) -> Row:
    """The row of tests/access about this action."""
    method, _, path = action.partition(" ")
    return ROWS[f"{method} /v1/admin{path}"]


@pytest.fixture(scope="module")
async def password_hash() -> str:
    return await passwords.hash_password(PASSWORD)


def handlers(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """Every address under ``/v1/admin``, as it stands in the registry."""
    return {
        f"{method} {route.path_format.removeprefix('/v1/admin')}": handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if route.path_format.startswith("/v1/admin") and isinstance(handler, HTTPRouteHandler)
        for method in map(str, handler.http_methods)
        if method != "OPTIONS"
    }


def test_every_address_stands_on_a_page_under_the_right_that_its_guard_asks_for(
    app: Litestar,
) -> None:
    registered: dict[str, Right | None] = {}
    for page in PAGES:
        for action, right in page.actions.items():
            assert registered.setdefault(action, right) == right, action
    found = handlers(app)
    assert sorted(found) == sorted([OPEN, *registered])
    for action, right in registered.items():
        guards = list(found[action].guards or ())
        asked = [getattr(guard, "right", None) for guard in guards]
        assert asked.count(right) >= 1 if right else require_staff in guards, action
    assert found[OPEN].opt[cookies.OPENS_SESSION]
    assert [action for action in found if found[action].opt.get(cookies.OPENS_SESSION)] == [OPEN]


def test_names_are_there_once() -> None:
    names = [page.name for page in PAGES]
    assert len(names) == len(set(names))


def test_pages_declare_the_rights_that_stand_in_the_registry() -> None:
    named = re.findall(
        r'export \{ page as (\w+) \} from "/web/console/pages/(\w+)\.js";',
        (MODULES / "index.js").read_text(),
    )
    assert named
    assert {module for _, module in named} == {
        path.stem for path in MODULES.glob("*.js") if "export const page =" in path.read_text()
    }
    rights = {page.name: page.right for page in PAGES}
    # Signing in is no page: it is what stands there before there are any.
    assert {name for name, _ in named} == rights.keys() - {"sign_in"}
    for name, module in named:
        assert name == module
        declared = re.findall(
            r'^  right: (?:"([a-z_.]+)"|(null)),$', (MODULES / f"{module}.js").read_text(), re.M
        )
        assert len(declared) == 1, module
        assert (declared[0][0] or None) == rights[name], module


class Signed:
    """Somebody of the staff with a console session."""

    def __init__(self, person: Person, cookie: str) -> None:
        self.person = person
        self.headers = {
            "Cookie": f"{cookies.NAME}={cookie}",
            "X-CSRF-Token": staff_sessions.csrf_token(cookie),
            "Origin": "http://flylive.test",
        }


async def signed_in(stage: Stage, role: Role) -> Signed:
    person = await stage.person(role)
    cookie, _ = await stage.database.run(
        lambda tx: staff_sessions.open_session(tx, person.id, "totp", UNKNOWN)
    )
    return Signed(person, cookie)


async def ask(world: World, row: Row, thing: Thing, who: Signed) -> httpx.Response:
    path = row.path
    for name, value in thing.params.items():
        path = path.replace("{" + name + "}", str(value))
    options: dict[str, Any] = dict(thing.options)
    body = row.json if row.json is not None else options.pop("json", None)
    if body is not None:
        options["json"] = body
    headers = who.headers | {"Idempotency-Key": uuid.uuid4().hex}
    return await world.client.request(row.method, path + row.query, headers=headers, **options)


@pytest.mark.parametrize(
    ("page", "action"), ACTIONS, ids=[f"{page.name}: {action}" for page, action in ACTIONS]
)
async def test_role_by_page_by_action(
    world: World, settings: Settings, password_hash: str, page: Page, action: str
) -> None:
    row, right = row_of(action), page.actions[action]
    allowed = [role for role in Role if right is None or may(role, right)]
    assert row.staff == frozenset(allowed), f"tests/access says otherwise of {row.address}"

    stage = await Stage.new(world, settings, password_hash)
    refused = [await signed_in(stage, role) for role in Role if role not in allowed]
    stage.caller = await stage.person()
    thing = await row.make(stage)
    before = world.picture()
    for who in refused:
        answer = await ask(world, row, thing, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "staff.right_missing")
        assert answer.json()["right"] == right
    assert world.picture() == before

    for role in allowed:
        stage = await Stage.new(world, settings, password_hash)
        who = await signed_in(stage, role)
        stage.caller = who.person
        answer = await ask(world, row, await row.make(stage), who)
        assert answer.is_success, f"{action} by {role}: {answer.status_code} {answer.text}"
