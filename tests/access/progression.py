"""Levels, VIP, badges, frames, themes."""

from tests.access.accounts import the_owner
from tests.access.rooms import a_room, new_room
from tests.access.rows import OWNER_ONLY, Refusal, Row, Thing, thing
from tests.stage import Stage


async def new_frame(stage: Stage) -> int:
    frame_id: int = await stage.sql(
        "INSERT INTO frames (name, price, static_src) VALUES ('Plain', 5, '/assets/f.svg')"
        " RETURNING id"
    )
    return frame_id


async def new_theme(stage: Stage, price: str = "5.00") -> int:
    theme_id: int = await stage.sql(
        "INSERT INTO themes (name, price) VALUES ('Dusk', CAST(:price AS numeric)) RETURNING id",
        price=price,
    )
    return theme_id


async def a_frame_to_buy(stage: Stage) -> Thing:
    await stage.give(stage.caller, coins=5)
    return thing({}, frame_id=await new_frame(stage))


async def an_owned_frame(stage: Stage) -> Thing:
    frame_id = await new_frame(stage)
    await stage.give(stage.owner, coins=5)
    await stage.do(stage.owner, "POST", f"/frames/{frame_id}/purchase")
    return thing(frame_id=frame_id)


async def a_theme(stage: Stage) -> Thing:
    return thing(theme_id=await new_theme(stage))


async def a_theme_to_buy(stage: Stage) -> Thing:
    await stage.give(stage.caller, coins=5)
    return thing(theme_id=await new_theme(stage))


async def a_room_to_decorate(stage: Stage) -> Thing:
    return thing({"theme_id": await new_theme(stage, "0.00")}, room_id=await new_room(stage))


NO_FRAME: Refusal = (404, "frame.not_owned")

PROGRESSION = [
    Row("GET /v1/levels"),
    Row("GET /v1/users/{user_id}/levels", the_owner),
    Row("GET /v1/rooms/{room_id}/levels", a_room),
    Row("GET /v1/vip"),
    Row("GET /v1/badges"),
    Row("GET /v1/users/{user_id}/badges", the_owner),
    Row("GET /v1/rooms/{room_id}/badges", a_room),
    Row("GET /v1/me/badges/progress"),
    Row("GET /v1/frames"),
    Row("POST /v1/frames/{frame_id}/purchase", a_frame_to_buy),
    Row("GET /v1/me/frames"),
    Row("PUT /v1/me/frames/{frame_id}/active", an_owned_frame, other=NO_FRAME),
    Row("DELETE /v1/me/frames/{frame_id}/active", an_owned_frame, other=NO_FRAME),
    Row("GET /v1/themes"),
    Row("GET /v1/themes/{theme_id}", a_theme),
    Row("POST /v1/themes/{theme_id}/purchase", a_theme_to_buy),
    Row("GET /v1/me/themes"),
    Row("PUT /v1/rooms/{room_id}/theme", a_room_to_decorate, other=OWNER_ONLY),
]
