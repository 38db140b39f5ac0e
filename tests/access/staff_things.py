"""What the staff act on, made anew for each call."""

import itertools
from datetime import date, timedelta
from typing import Any

import pyotp

from flylive.accounts import staff_sessions, totp
from flylive.accounts.audit import Actor
from flylive.accounts.proposals import service as proposals
from flylive.accounts.proposals.service import Wish
from flylive.accounts.staff import Role
from flylive.database import Transaction
from flylive.http.addresses import UNKNOWN
from tests.access.gifts import new_gift
from tests.access.progression import new_frame, new_theme
from tests.access.rows import REASON, Make, Thing, thing
from tests.stage import PASSWORD, Stage

EVERY_VIEWER = frozenset(Role) - {Role.CATALOGUE}
ROOM_VIEWERS = EVERY_VIEWER - {Role.FINANCE}


def a_person(change: str | None = None, **body: Any) -> Make:
    """Somebody to act on, who is no staff and not the owner."""

    async def make(stage: Stage) -> Thing:
        person = await stage.person()
        if change is not None:
            await stage.sql(change, user_id=person.id)
        sent = {name: value() if callable(value) else value for name, value in body.items()}
        return thing(sent or None, user_id=person.id)

    return make


async def somebody_to_adjust(stage: Stage) -> Thing:
    person = await stage.person()
    return thing({"user_id": person.id, "currency": "coins", "amount": "1.00", **REASON})


async def an_adjustment(stage: Stage) -> Thing:
    statement = """
        INSERT INTO adjustments (user_id, currency_type, amount, reason, status, needs_second,
                                 requested_by, requested_at)
        VALUES (:user_id, 1, 5, 'why', 'pending', true, :asker_id, now()) RETURNING id
    """
    person, asker = await stage.person(), await stage.person()
    return thing(adjustment_id=await stage.sql(statement, user_id=person.id, asker_id=asker.id))


async def a_gift_given(stage: Stage) -> Thing:
    giver, recipient = await stage.person(), await stage.person()
    await stage.give(giver, coins=10)
    body = {"gift_id": await new_gift(stage), "recipient_ids": [recipient.id], "quantity": 1}
    sent = (await stage.do(giver, "POST", "/gifts/send", json=body)).json()
    return thing(REASON, gift_transaction_id=sent["lines"][0]["gift_transaction_id"])


async def a_gift_to_keep(stage: Stage) -> Thing:
    given = await a_gift_given(stage)
    await stage.sql(
        "INSERT INTO gift_reversal_requests (gift_transaction_id, sent_at, reason, requested_by,"
        " requested_at) SELECT id, sent_at, 'why', sender_id, now() FROM gift_transactions"
        " WHERE id = :id",
        id=given.params["gift_transaction_id"],
    )
    return given


async def a_paid_order(stage: Stage) -> Thing:
    buyer = await stage.person()
    await stage.world.recharge(buyer, 100)
    statement = "SELECT id FROM recharge_orders WHERE user_id = :user_id"
    return thing(order_id=await stage.sql(statement, user_id=buyer.id))


async def an_order_at_google(stage: Stage) -> Thing:
    """Not paid yet, so that nobody is to be asked."""
    buyer = await stage.person()
    statement = """
        INSERT INTO recharge_orders (user_id, package_id, provider, coin_amount, price, currency)
        VALUES (:user_id, :package_id, 'google_play', 5, 1, 'USD') RETURNING id
    """
    package = stage.world.package(5)
    number = await stage.sql(statement, user_id=buyer.id, package_id=package)
    return thing(order_id=number)


async def a_refund(stage: Stage) -> Thing:
    order, asker = await a_paid_order(stage), await stage.person()
    statement = """
        INSERT INTO order_refunds (order_id, coins, reason, status, needs_second, requested_by,
                                   requested_at)
        VALUES (:order_id, 100, 'why', 'pending', true, :asker_id, now()) RETURNING id
    """
    return thing(refund_id=await stage.sql(statement, asker_id=asker.id, **order.params))


A_PACKAGE = {"name": "Purse", "coin_amount": 500, "price": "4.99", **REASON}


async def a_package_to_edit(stage: Stage) -> Thing:
    return thing({"price": "5.99", **REASON}, package_id=stage.world.package(500))


async def a_coin_request_of_others(stage: Stage) -> Thing:
    asker, seller = await stage.person(), await stage.person()
    statement = """
        INSERT INTO coin_requests (user_id, requested_from, amount, type)
        VALUES (:user_id, :seller_id, 5, 'purchase') RETURNING id
    """
    number = await stage.sql(statement, user_id=asker.id, seller_id=seller.id)
    return thing(request_id=number)


async def somebody_reachable(stage: Stage) -> Thing:
    person = await stage.person()
    await stage.sql(
        "UPDATE users SET email_verified_at = now() WHERE id = :user_id", user_id=person.id
    )
    return thing(user_id=person.id)


async def a_reseller_of_ours(stage: Stage) -> Thing:
    person = await stage.person()
    await stage.sql("INSERT INTO resellers (user_id) VALUES (:user_id)", user_id=person.id)
    return thing(user_id=person.id)


async def _vip_levels(stage: Stage) -> None:
    await stage.sql(
        "INSERT INTO levels (name, type, level_number, required_xp) VALUES ('VIP 1', 'vip', 1, 100)"
        " ON CONFLICT DO NOTHING"
    )


async def somebody_for_vip(stage: Stage) -> Thing:
    await _vip_levels(stage)
    person = await stage.person()
    return thing({"vip_level": 1, "days": 7, **REASON}, user_id=person.id)


async def somebody_with_vip(stage: Stage) -> Thing:
    await _vip_levels(stage)
    person = await stage.person()
    await stage.sql(
        "UPDATE users SET vip_level = 1, vip_expires_at = now() + interval '3 days'"
        " WHERE id = :user_id",
        user_id=person.id,
    )
    return thing(user_id=person.id)


async def other_settings(stage: Stage) -> Thing:
    version = await stage.sql("SELECT COALESCE(max(id), 0) FROM platform_settings")
    changes = {"buyer_daily_coins": 20_000 + version}
    return thing({"version": version, "changes": changes, **REASON})


FINANCE = frozenset({Role.ADMIN, Role.FINANCE})
LEDGER_VIEWERS = FINANCE | {Role.SUPPORT, Role.READ_ONLY}
DASHBOARD = LEDGER_VIEWERS
RING_DECIDERS = FINANCE | {Role.MODERATOR}
RING_VIEWERS = LEDGER_VIEWERS | RING_DECIDERS


async def a_look(stage: Stage) -> Thing:
    statement = """
        INSERT INTO ring_runs (asked_by, since, until, end_id, starts_at, step, finished_at)
        VALUES (:user_id, now() - interval '1 day', now(), 1, now(), 'done', now()) RETURNING id
    """
    return thing(run_id=await stage.sql(statement, user_id=stage.owner.id))


async def no_look(stage: Stage) -> Thing:
    """None that is under way."""
    await stage.sql("UPDATE ring_runs SET step = 'done', finished_at = now()")
    return thing()


def a_finding(status: str = "open") -> Make:
    """A finding about somebody, in this state."""

    async def make(stage: Stage) -> Thing:
        run_id = (await a_look(stage)).params["run_id"]
        person = await stage.person()
        statement = """
            WITH f AS (
                INSERT INTO ring_findings (kind, about, run_id, strength, coins, facts, first_at,
                                           last_at, status, decided_by, decided_at, decision)
                VALUES ('circle', CAST(:user_id AS text), :run_id, 60, 100, '{}', now(), now(),
                        CAST(:status AS text), :user_id, now(), 'because') RETURNING id)
            INSERT INTO ring_members (finding_id, user_id, role)
            SELECT id, :user_id, 'member' FROM f RETURNING finding_id
        """
        values = {"user_id": person.id, "run_id": run_id, "status": status}
        return thing(finding_id=await stage.sql(statement, **values))

    return make


MODERATORS = frozenset({Role.ADMIN, Role.MODERATOR})
CATALOGUE = frozenset({Role.ADMIN, Role.CATALOGUE})
A_GIFT = {
    "name": "Rose",
    "price": "1.00",
    "category": "normal",
    "thumbnail_url": "/assets/gifts/rose.svg",
    **REASON,
}


async def a_gift_to_edit(stage: Stage) -> Thing:
    return thing({"price": "2.00", **REASON}, gift_id=stage.world.gift("1.00"))


ADMINS = frozenset({Role.ADMIN})


async def a_new_level(stage: Stage) -> Thing:
    number = await stage.sql("SELECT COALESCE(max(level_number), 1) + 1 FROM levels")
    body = {"type": "charm", "level_number": number, "name": "High", "required_xp": number * 100}
    return thing(body | REASON)


async def a_level(stage: Stage) -> Thing:
    number = await stage.sql("SELECT COALESCE(max(level_number), 1) + 1 FROM levels")
    level_id = await stage.sql(
        "INSERT INTO levels (name, type, level_number, required_xp)"
        " VALUES ('High', 'charm', :number, :xp) RETURNING id",
        number=number,
        xp=number * 100,
    )
    return thing({"name": "Higher", **REASON}, level_id=level_id)


async def a_staff_proposal(stage: Stage) -> Thing:
    """Of something that the caller may do himself: finance settings, others the catalogue."""
    await stage.sql("DELETE FROM staff_proposals")
    role = await stage.sql("SELECT role FROM staff_members WHERE user_id = :id", id=stage.caller.id)
    verb, subject, body = "level.create", "level", (await a_new_level(stage)).options["json"]
    body = {name: value for name, value in body.items() if name != "reason"}
    if role == Role.FINANCE:
        version = await stage.sql("SELECT COALESCE(max(id), 0) FROM platform_settings")
        verb, subject, body = "settings.change", "settings", {"refund_limit": str(20_000 + version)}
    wish = Wish(verb, subject, None, body, "because")
    proposer = await stage.person(Role.ADMIN)

    async def work(tx: Transaction) -> int:
        return (await proposals.keep(tx, Actor(proposer.id, "admin", None), wish)).id

    return thing(REASON, proposal_id=await stage.database.run(work))


async def a_run(stage: Stage) -> Thing:
    statement = (
        "INSERT INTO catalogue_runs (kind, subject, end_id, starts_at)"
        " VALUES ('levels', 'charm', 1, now()) RETURNING id"
    )
    return thing(run_id=await stage.sql(statement))


A_BADGE = {
    "name": "Early",
    "category": "personal",
    "requirements": {"metric": "gifts_sent", "gte": 1_000_000},
    "icon_url": "/assets/badges/early.svg",
    **REASON,
}
A_FRAME = {"name": "Plain", "price": "5.00", "static_src": "/assets/frames/plain.svg", **REASON}


async def a_badge(stage: Stage) -> Thing:
    badge_id = await stage.sql(
        "INSERT INTO badges (name, category, requirements, icon_url) VALUES ('Early', 'personal',"
        """ '{"metric": "gifts_sent", "gte": 1000000}', '/assets/badges/early.svg') RETURNING id"""
    )
    return thing({"name": "Earlier", **REASON}, badge_id=badge_id)


async def a_badge_to_give(stage: Stage) -> Thing:
    made = await a_badge(stage)
    person = await stage.person()
    return thing({"user_id": person.id, **REASON}, **made.params)


async def a_frame_to_edit(stage: Stage) -> Thing:
    return thing({"price": "6.00", **REASON}, frame_id=await new_frame(stage))


async def a_theme_to_edit(stage: Stage) -> Thing:
    return thing({"price": "6.00", **REASON}, theme_id=await new_theme(stage))


EVERYBODY_OF_THE_STAFF = frozenset(Role)


async def a_sign_in(stage: Stage) -> Thing:
    person = await stage.person(Role.SUPPORT)
    return thing({"login": person.user["email"], "password": PASSWORD})


async def a_console_session(stage: Stage) -> Thing:
    _, session_id = await stage.database.run(
        lambda tx: staff_sessions.open_session(tx, stage.caller.id, "password", UNKNOWN)
    )
    return thing(session_id=session_id)


HELPERS = ADMINS | {Role.SUPPORT}


def a_job(status: str) -> Make:
    async def make(stage: Stage) -> Thing:
        job_id = await stage.sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default',"
            " 'test.nothing', CAST(:status AS procrastinate_job_status)) RETURNING id",
            status=status,
        )
        return thing(job_id=job_id)

    return make


async def a_category(stage: Stage) -> Thing:
    return thing(category="wealth")


async def a_table(stage: Stage) -> Thing:
    return thing(name="rankings")


async def a_closed_period(stage: Stage) -> Thing:
    await stage.sql(
        "INSERT INTO ranking_periods (category, period, period_start, closed_at)"
        " VALUES ('charm', 'daily', '2020-01-02', now()) ON CONFLICT DO NOTHING"
    )
    return Thing()


_days = itertools.count()


async def a_period_to_close(stage: Stage) -> Thing:
    start = date(2021, 1, 1) + timedelta(days=next(_days))
    await stage.sql(
        "INSERT INTO ranking_bands (category, period, period_start, country, band, subjects)"
        " VALUES ('wealth', 'daily', :start, '', 1, 1)",
        start=start,
    )
    period = {"category": "wealth", "period": "daily", "period_start": start.isoformat()}
    return thing(period | REASON)


async def a_rebuild(stage: Stage) -> Thing:
    rebuild_id = await stage.sql(
        "INSERT INTO ranking_rebuilds (started_by, asked_at) VALUES ('command', now()) RETURNING id"
    )
    return thing(rebuild_id=rebuild_id)


async def no_rebuild(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM procrastinate_jobs WHERE task_name = 'rankings.rebuild'")
    return Thing()


async def no_proof(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM procrastinate_jobs WHERE task_name = 'proof.run'")
    return Thing()


async def a_proof(stage: Stage) -> Thing:
    run_id = await stage.sql(
        "INSERT INTO proof_runs (kind, started_by, started_at) VALUES ('full', 'command', now())"
        " RETURNING id"
    )
    return thing(run_id=run_id)


async def a_prize_to_make(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM ranking_prizes")
    prize = {"category": "room", "period": "weekly", "rank_from": 1, "rank_to": 3, "coins": 5}
    return thing(prize | REASON)


async def a_prize(stage: Stage) -> Thing:
    await stage.sql("DELETE FROM ranking_prizes")
    prize_id = await stage.sql(
        "INSERT INTO ranking_prizes (category, period, rank_from, rank_to, coins)"
        " VALUES ('room', 'daily', 1, 1, 5) RETURNING id"
    )
    return thing(prize_id=prize_id)


async def a_phone_to_confirm(stage: Stage) -> Thing:
    enrolment = await stage.database.run(
        lambda tx: totp.begin(tx, stage.settings, stage.caller.id, "somebody")
    )
    return thing({"code": pyotp.TOTP(enrolment.secret).now()})


async def a_recovery_code(stage: Stage) -> Thing:
    return thing({"code": (await _recovery_codes(stage, stage.caller.id))[0]})


async def a_lost_phone(stage: Stage) -> Thing:
    person = await stage.person(Role.SUPPORT)
    await _recovery_codes(stage, person.id)
    return thing(REASON, user_id=person.id)


async def _recovery_codes(stage: Stage, user_id: int) -> list[str]:
    async def work(tx: Transaction) -> list[str]:
        enrolment = await totp.begin(tx, stage.settings, user_id, "somebody")
        return await totp.confirm(tx, stage.settings, user_id, pyotp.TOTP(enrolment.secret).now())

    return await stage.database.run(work)


async def an_announcement(stage: Stage) -> Thing:
    [(announcement_id,)] = stage.world.sql(
        "INSERT INTO announcements (title, content, audience, starts_at, created_by)"
        " VALUES ('New', 'gifts', 'everybody', now() + interval '1 day', %s) RETURNING id",
        stage.owner.id,
    )
    return thing(announcement_id=announcement_id)
