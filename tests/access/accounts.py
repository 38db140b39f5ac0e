"""Accounts and people."""

import uuid

from flylive.accounts import codes
from flylive.ids import sha256_hex
from tests.access.rows import ONESELF, Make, Row, Thing, a_device, a_picture, anybody, google, thing
from tests.stage import PASSWORD, Stage


async def a_sign_up(stage: Stage) -> Thing:
    return thing(
        {
            "name": "New", "email": f"{uuid.uuid4().hex}@flylive.example", "password": PASSWORD,
            "dob": "1990-01-01", "gender": 2, "country": "AE",
        }
    )  # fmt: skip


async def a_google_sign_up(stage: Stage) -> Thing:
    token = google.token(uuid.uuid4().hex)
    body = {"provider": "google", "id_token": token, "name": "New", "dob": "1990-01-01"}
    return thing(body | {"gender": 2, "country": "AE"})


async def a_google_identity(stage: Stage) -> Thing:
    return thing({"provider": "google", "id_token": google.token(uuid.uuid4().hex)})


async def a_linked_identity(stage: Stage) -> Thing:
    await stage.sql(
        "INSERT INTO user_identities (user_id, provider, provider_id)"
        " VALUES (:user_id, 'google', :sub)",
        user_id=stage.caller.id,
        sub=uuid.uuid4().hex,
    )
    return thing(provider="google")


async def a_second_token(stage: Stage) -> Thing:
    token = await stage.token(stage.owner.id)
    return thing(token_id=token.partition("|")[0])


async def a_mailed_reset(stage: Stage) -> Thing:
    token = uuid.uuid4().hex
    email = stage.owner.user["email"]
    await stage.sql(
        "INSERT INTO password_reset_tokens (email, token, expires_at)"
        " VALUES (:email, :token, now() + interval '1 hour')",
        email=email,
        token=sha256_hex(token),
    )
    return thing({"email": email, "token": token, "password": "yet another password"})


async def a_mailed_verification(stage: Stage) -> Thing:
    token = uuid.uuid4().hex
    await stage.sql(
        "INSERT INTO email_verification_tokens (user_id, email, token, expires_at)"
        " VALUES (:user_id, :email, :token, now() + interval '1 day')",
        user_id=stage.owner.id,
        email=stage.owner.user["email"],
        token=sha256_hex(token),
    )
    return thing({"token": token})


async def a_new_email(stage: Stage) -> Thing:
    return thing({"email": f"{uuid.uuid4().hex}@flylive.example", "password": PASSWORD})


async def a_new_phone(stage: Stage) -> Thing:
    return thing({"phone": f"+9230{stage.caller.id:08d}", "password": PASSWORD})


def a_change(kind: str) -> Make:
    async def make(stage: Stage) -> Thing:
        contact = {"email": f"{uuid.uuid4().hex}@flylive.example"}
        contact["phone"] = f"+9231{stage.caller.id:08d}"
        await stage.sql(
            "INSERT INTO contact_changes (user_id, kind, contact, code, expires_at)"
            " VALUES (:user_id, :kind, :contact, :code, now() + interval '5 minutes')",
            user_id=stage.caller.id,
            kind=kind,
            contact=contact[kind],
            code=await codes.hash_code(
                stage.settings, "123456", f"change-{kind}", stage.caller.id, contact[kind]
            ),
        )
        return thing({"code": "123456"})

    return make


ACCOUNTS = [
    Row("POST /v1/auth/register", a_sign_up, nobody=True),
    Row(
        "POST /v1/auth/login",
        anybody(login=lambda s: s.owner.user["email"], password=lambda s: PASSWORD),
        nobody=True,
    ),
    Row("POST /v1/auth/social", a_google_sign_up, nobody=True),
    Row("POST /v1/auth/logout"),
    Row("GET /v1/auth/tokens"),
    Row("DELETE /v1/auth/tokens"),
    Row(
        "DELETE /v1/auth/tokens/{token_id}",
        a_second_token,
        other=(404, "auth.token_not_found"),
    ),
    Row(
        "POST /v1/auth/password/change",
        json={"current_password": PASSWORD, "password": "yet another password"},
    ),
    Row(
        "POST /v1/auth/password/forgot",
        anybody(email=lambda s: s.owner.user["email"]),
        nobody=True,
    ),
    Row("POST /v1/auth/password/reset", a_mailed_reset, nobody=True),
    Row("POST /v1/auth/email/verification"),
    Row("POST /v1/auth/email/verify", a_mailed_verification, nobody=True),
    Row("GET /v1/me"),
    Row("PATCH /v1/me", json={"name": "Another"}),
    Row("DELETE /v1/me", json={"password": PASSWORD}),
    Row("POST /v1/me/email", a_new_email),
    Row("POST /v1/me/email/confirm", a_change("email")),
    Row("POST /v1/me/phone", a_new_phone),
    Row("POST /v1/me/phone/confirm", a_change("phone")),
    Row("GET /v1/me/identities"),
    Row("POST /v1/me/identities", a_google_identity),
    Row("DELETE /v1/me/identities/{provider}", a_linked_identity),
    Row("PUT /v1/me/avatar", a_picture()),
    Row("POST /v1/uploads", a_picture(purpose="message")),
    Row("PUT /v1/me/push-tokens", a_device),
    Row("DELETE /v1/me/push-tokens", json={"token": "a-token"}),
    Row("GET /v1/me/preferences"),
    Row("PATCH /v1/me/preferences", json={"language": "ar"}),
    Row("GET /v1/announcements"),
    Row("POST /v1/realtime/tickets"),
]

# --- people


async def the_owner(stage: Stage) -> Thing:
    return thing(user_id=stage.owner.id)


PEOPLE = [
    Row("GET /v1/users", query="?q=somebody"),
    Row("GET /v1/users/{user_id}", the_owner),
    Row("PUT /v1/users/{user_id}/follow", the_owner, user=ONESELF),
    Row("DELETE /v1/users/{user_id}/follow", the_owner),
    Row("GET /v1/users/{user_id}/followers", the_owner),
    Row("GET /v1/users/{user_id}/following", the_owner),
    Row("PUT /v1/users/{user_id}/block", the_owner, user=ONESELF),
    Row("DELETE /v1/users/{user_id}/block", the_owner),
    Row("GET /v1/me/blocks"),
    Row("GET /v1/me/friends"),
    Row("GET /v1/users/{user_id}/gift-wall", the_owner),
]
