"""Mail and SMS reach real servers; what they refuse for now is tried again."""

import json
from pathlib import Path
from typing import Any

import procrastinate
import pytest
from pydantic import SecretStr, ValidationError

from flylive import jobs
from flylive.config import Settings
from flylive.database import Database
from flylive.outbox import Channel, DeliveryFailed, Message, NotConfigured, Outbox, TemporaryFailure
from flylive.worker import LETTERS
from tests.outbox.servers import certificate, mail_server, sms_gateway
from tests.product import free_port
from tests.world import World

SENDER = "FlyLive <no-reply@flylive.example>"
MAIL = Message(
    Channel.EMAIL, "zoë@flylive.example", "Hello Zoë\n\n123456\n", "A code ✓", code="123456"
)
SMS = Message(Channel.SMS, "+923012345678", "123456 is your code", code="123456")


def mailing(settings: Settings, url: str, **fields: Any) -> Settings:
    return settings.model_copy(
        update={"env": "production", "smtp_url": SecretStr(url), "mail_from": SENDER} | fields
    )


def texting(settings: Settings, url: str) -> Settings:
    update = {"env": "production", "sms_url": url, "sms_token": SecretStr("gateway-secret")}
    return settings.model_copy(update=update)


async def test_a_mail_reaches_its_server(settings: Settings, database: Database) -> None:
    async with mail_server("--login", "flylive:p@ss/word") as server:
        url = f"smtp+plain://flylive:p%40ss%2Fword@127.0.0.1:{server.port}"
        plain = MAIL._replace(to="zoe@flylive.example")
        await Outbox(database, mailing(settings, url)).send(plain)
        mail = await server.mail()
    assert (mail["from"], mail["to"]) == ("no-reply@flylive.example", ["zoe@flylive.example"])
    assert mail["user"] == "flylive"
    assert mail["text"] == MAIL.text
    headers = mail["headers"]
    assert (headers["From"], headers["Subject"]) == (SENDER, "A code ✓")
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"].endswith("@flylive.example>")
    assert headers["Date"]


@pytest.mark.parametrize(("scheme", "options"), [("smtp", ()), ("smtps", ("--implicit",))])
async def test_a_mail_goes_over_tls_that_is_trusted(
    settings: Settings,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    options: tuple[str, ...],
) -> None:
    pem = certificate(tmp_path / "server.pem")
    message = MAIL._replace(to="zoe@flylive.example")
    async with mail_server("--tls", str(pem), *options) as server:
        outbox = Outbox(database, mailing(settings, f"{scheme}://127.0.0.1:{server.port}"))
        with pytest.raises(DeliveryFailed, match=r"(?i)certificate"):
            await outbox.send(message)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        await outbox.send(message)
        assert (await server.mail())["tls"]


async def test_without_tls_nothing_is_said(settings: Settings, database: Database) -> None:
    async with mail_server("--login", "flylive:password") as server:
        url = f"smtp://flylive:password@127.0.0.1:{server.port}"
        with pytest.raises(DeliveryFailed) as refused:
            await Outbox(database, mailing(settings, url)).send(MAIL)
    assert not isinstance(refused.value, TemporaryFailure)
    assert "password" not in str(refused.value)


@pytest.mark.parametrize(("code", "is_temporary"), [("451", True), ("554", False)])
async def test_what_a_mail_server_refuses(
    settings: Settings, database: Database, code: str, is_temporary: bool
) -> None:
    async with mail_server("--refuse", f"{code}:1") as server:
        outbox = Outbox(database, mailing(settings, f"smtp+plain://127.0.0.1:{server.port}"))
        with pytest.raises(DeliveryFailed) as refused:
            await outbox.send(MAIL._replace(to="zoe@flylive.example"))
        assert isinstance(refused.value, TemporaryFailure) == is_temporary
        # The server quotes the mail; its words are kept, the code is not.
        assert "I do not like this: Hello" in str(refused.value)
        assert "123456" not in str(refused.value)
        assert refused.value.__cause__ is None
        await outbox.send(MAIL._replace(to="zoe@flylive.example"))
        assert (await server.mail())["text"] == MAIL.text


async def test_a_mail_server_that_is_away(settings: Settings, database: Database) -> None:
    outbox = Outbox(database, mailing(settings, f"smtp+plain://127.0.0.1:{free_port()}"))
    with pytest.raises(TemporaryFailure):
        await outbox.send(MAIL)


async def test_an_sms_reaches_its_gateway(settings: Settings, database: Database) -> None:
    with sms_gateway() as gateway:
        await Outbox(database, texting(settings, gateway.url)).send(SMS)
    assert gateway.asked == [
        ("Bearer gateway-secret", {"to": "+923012345678", "text": "123456 is your code"})
    ]


@pytest.mark.parametrize(
    ("status", "is_temporary"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (401, False), (307, False)],
)
async def test_what_an_sms_gateway_refuses(
    settings: Settings, database: Database, status: int, is_temporary: bool
) -> None:
    with sms_gateway() as gateway:
        gateway.answers.append((status, "no: {text} gateway-secret"))
        with pytest.raises(DeliveryFailed) as refused:
            await Outbox(database, texting(settings, gateway.url)).send(SMS)
        assert len(gateway.asked) == 1
    assert isinstance(refused.value, TemporaryFailure) == is_temporary
    assert f"{status} no: *** is your code ***" in str(refused.value)


async def test_an_sms_gateway_that_is_away(settings: Settings, database: Database) -> None:
    with pytest.raises(TemporaryFailure):
        await Outbox(database, texting(settings, f"http://127.0.0.1:{free_port()}")).send(SMS)


@pytest.mark.parametrize("message", [MAIL, SMS])
async def test_production_says_what_is_not_set_up(
    settings: Settings, database: Database, world: World, message: Message
) -> None:
    outbox = Outbox(database, settings.model_copy(update={"env": "production"}))
    with pytest.raises(NotConfigured, match="FLYLIVE_"):
        await outbox.send(message)
    assert world.sql("SELECT 1 FROM cache WHERE key LIKE 'outbox:%%'") == []


def queue_of(settings: Settings, database: Database) -> procrastinate.App:
    queue = jobs.create_queue(settings.serving_dsn)
    jobs.register(queue, LETTERS, Outbox(database, settings))
    return queue


async def test_a_mail_refused_for_now_is_sent_later_with_a_new_token(
    settings: Settings, database: Database, world: World
) -> None:
    person = await world.register()
    world.sql("DELETE FROM procrastinate_jobs")
    email = person.user["email"]
    await world.call("POST", "/auth/password/forgot", json={"email": email})
    async with mail_server("--refuse", "451:1") as server:
        production = mailing(settings, f"smtp+plain://127.0.0.1:{server.port}")
        queue = queue_of(production, database)
        async with queue.open_async():
            await jobs.run(queue, database, wait=False)
            [(status, attempts, waits)] = world.sql(
                "SELECT status::text, attempts, scheduled_at > now() FROM procrastinate_jobs"
            )
            assert (status, attempts, waits) == ("todo", 1, True)
            [(first,)] = world.sql("SELECT token FROM password_reset_tokens")
            world.sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
            await jobs.run(queue, database, wait=False)
        mail = await server.mail()
    [(second,)] = world.sql("SELECT token FROM password_reset_tokens")
    assert first != second
    assert world.sql("SELECT 1 FROM procrastinate_jobs") == []
    token = next(line for line in mail["text"].splitlines() if len(line) == 40)
    answer = await world.call(
        "POST",
        "/auth/password/reset",
        json={"email": email, "token": token, "password": "another long password"},
    )
    assert answer.status_code == 204
    world.sql("DELETE FROM procrastinate_jobs")


async def test_a_mail_that_goes_nowhere_is_a_failed_job(
    settings: Settings, database: Database, world: World
) -> None:
    person = await world.register()
    queue = queue_of(settings.model_copy(update={"env": "production"}), database)
    async with queue.open_async():
        await jobs.run(queue, database, wait=False)
    [(payload, said)] = world.sql("SELECT payload, exception FROM failed_jobs")
    assert json.loads(payload)["args"] == {"user_id": person.id}
    assert "set FLYLIVE_SMTP_URL and FLYLIVE_MAIL_FROM" in said
    world.sql("DELETE FROM procrastinate_jobs")


async def test_with_a_public_address_mails_carry_links(
    settings: Settings, database: Database, world: World
) -> None:
    world.sql("DELETE FROM procrastinate_jobs")
    await world.register()
    async with mail_server() as server:
        production = mailing(
            settings,
            f"smtp+plain://127.0.0.1:{server.port}",
            public_url="https://live.example/",
        )
        queue = queue_of(production, database)
        async with queue.open_async():
            await jobs.run(queue, database, wait=False)
        mail = await server.mail()
    assert "https://live.example/account#do=verify&token=" in mail["text"]


@pytest.mark.parametrize(
    "fields",
    [
        {"smtp_url": "smtp://mail.example"},
        {"smtp_url": "http://mail.example", "mail_from": SENDER},
        {"smtp_url": "smtp://user@mail.example", "mail_from": SENDER},
        {"smtp_url": "smtp://mail.example", "mail_from": "nobody"},
        {"smtp_url": "smtp://mail.example", "mail_from": "a@b.example\r\nBcc: c@d.example"},
        {"sms_url": "https://sms.example"},
        {"sms_token": "alone"},
        {"sms_url": "ftp://sms.example", "sms_token": "secret"},
        {"public_url": "live.example"},
        {"public_url": "https://live.example/?a=1"},
    ],
)
def test_settings_that_cannot_work_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**fields)
