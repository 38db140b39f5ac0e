"""The addresses of push tokens and preferences."""

from litestar import delete, get, patch, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from flylive.accounts.caller import Caller
from flylive.accounts.preferences import queries, service
from flylive.accounts.preferences.schemas import (
    EditPreferences,
    ForgetPushToken,
    PreferencesView,
    RegisterPushToken,
)
from flylive.database import Database


@put("/me/push-tokens", status_code=204)
async def register_push_token(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[RegisterPushToken],
) -> None:
    """Let this device be notified; again keeps it. It ends with the access token in use here.

    At most ten devices: the one registered longest ago makes room.
    """
    await database.run(lambda tx: service.register(tx, caller, data))


@delete("/me/push-tokens", status_code=204)
async def forget_push_token(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[ForgetPushToken],
) -> None:
    """Let a device of one's own be notified no longer; again does nothing more."""
    await database.run(lambda tx: queries.forget(tx, caller.user_id, data.token))


@get("/me/preferences", status_code=200)
async def get_preferences(
    caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> PreferencesView:
    """What one wants to be told, and when not."""
    return await database.read(lambda tx: service.find(tx, caller.user_id))


@patch("/me/preferences", status_code=200)
async def edit_preferences(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[EditPreferences],
) -> PreferencesView:
    """Change what one wants to be told; what is not sent stays."""
    return await database.run(lambda tx: service.edit(tx, caller.user_id, data))


ROUTES = [register_push_token, forget_push_token, get_preferences, edit_preferences]
