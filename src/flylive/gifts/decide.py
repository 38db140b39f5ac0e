"""Deciding one gift of a group: every refusal first, then the moves.

Nothing here speaks to the database: decisions change the Book and note what is to be
written, so that a refusal leaves everything as it was and its neighbours go on.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flylive.database import Transaction
from flylive.errors import Problem, Unauthenticated
from flylive.fairness.errors import SeedMissing
from flylive.gifts import errors, events, schemas
from flylive.gifts.facts import COUPLES, Facts, Gift, GiftRequest
from flylive.gifts.rules import lucky
from flylive.gifts.rules.split import split, xp, xp_by_line
from flylive.http.idempotency import Answer, IdempotencyKeyReused, is_kept
from flylive.money import MAX_HUNDREDTHS, Currency, render
from flylive.progression.levels import Reached, raise_levels
from flylive.realtime import record, room_stream, user_stream
from flylive.rooms.errors import UnknownRoom
from flylive.wallet import Account, InsufficientCoins, Movement
from flylive.wallet.errors import BalanceTooLarge, UnknownUser

SOURCE_GIFT = "GiftTransaction"


@dataclass(slots=True)
class Writes:
    """What the group's transaction will write, by table."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    earnings: list[dict[str, Any]] = field(default_factory=list)
    draws: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    room_coins: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    room_xp: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    agency_commission: dict[int, int] = field(default_factory=lambda: defaultdict(int))


class Decider:
    """Decides a group's gifts in turn, all of them with the same settings of the economy."""

    def __init__(self, tx: Transaction, facts: Facts) -> None:
        self.tx = tx
        self.facts = facts
        self.share = facts.economy.share
        self.writes = Writes()

    def answer(self, request: GiftRequest) -> Answer:
        """The answer to one request: the first one again where its key was used."""
        facts, writes = self.facts, self.writes
        known = facts.answers.get((request.sender_id, request.key))
        if known is not None:
            fingerprint, answer = known
            if fingerprint == request.fingerprint:
                return answer._replace(replayed=True)
            problem: Problem = IdempotencyKeyReused()
            return Answer(problem.status, msgspec.json.encode(problem.body()))
        try:
            parties = self._check(request)
        except Problem as refused:
            answer = Answer(refused.status, msgspec.json.encode(refused.body()))
            if not is_kept(refused):
                return answer
        else:
            # Outside the try: what no check foresees (an agency owner's or a winner's balance
            # beyond what is counted) has moved money already, so it must fail the group, which
            # is then split until this gift is alone and refused with everything rolled back.
            answer = Answer(201, msgspec.json.encode(self._send(request, *parties)))
        facts.answers[(request.sender_id, request.key)] = (request.fingerprint, answer)
        # A sender who is gone meanwhile (deleted) has nobody to keep an answer for.
        if request.sender_id in facts.book.accounts:
            writes.answers.append(
                {
                    "user_id": request.sender_id,
                    "key": request.key,
                    "fingerprint": request.fingerprint.hex(),
                    "status": answer.status,
                    "answer": answer.body.decode(),
                }
            )
        return answer

    def _check(self, request: GiftRequest) -> tuple[Account, Gift, list[Account]]:
        """Every refusal, before anything moves."""
        facts, body, book = self.facts, request.body, self.facts.book
        sender = book.accounts.get(request.sender_id)
        if sender is None or sender.is_gone:
            # Blocked or deleted since his token was looked at.
            raise Unauthenticated
        if len(set(body.recipient_ids)) != len(body.recipient_ids):
            raise errors.DuplicateRecipient.field("recipient_ids", "names a recipient twice")
        if sender.id in body.recipient_ids:
            raise errors.GiftToOneself.field("recipient_ids", "must not hold the sender")
        gift = facts.gifts.get(body.gift_id)
        if gift is None:
            raise errors.UnknownGift
        if body.room_id is not None and body.room_id not in facts.rooms:
            raise UnknownRoom
        recipients = []
        for user_id in body.recipient_ids:
            try:
                recipients.append(book.account(user_id))
            except UnknownUser as error:
                raise UnknownUser(recipient_id=user_id) from error
        if not gift.is_active:
            raise errors.GiftInactive
        vip_level = sender.vip_level_at(book.at)
        if vip_level < gift.vip_level_required:
            raise errors.VipRequired(
                f"this gift needs VIP level {gift.vip_level_required}",
                vip_level=vip_level,
                vip_level_required=gift.vip_level_required,
            )
        if gift.country_specific is not None and gift.country_specific != sender.country:
            raise errors.WrongCountry(country_specific=gift.country_specific)
        for recipient in recipients:
            if (sender.id, recipient.id) in facts.blocked:
                raise errors.RecipientUnavailable(recipient_id=recipient.id)
        if body.room_id is not None:
            if facts.room_of.get(sender.id) != body.room_id:
                raise errors.SenderNotInRoom
            for recipient in recipients:
                if facts.room_of.get(recipient.id) != body.room_id:
                    raise errors.RecipientNotInRoom(recipient_id=recipient.id)
        if gift.lucky_odds is not None:
            if facts.odds[gift.lucky_odds].returns > facts.economy.highest_return:
                raise errors.PaysTooMuch
            if sender.id not in facts.seeds:
                raise SeedMissing
        if gift.category == COUPLES and facts.proposals is not None:
            facts.proposals.check(sender.id, body.recipient_ids)
        line_cost = gift.price * body.quantity
        total = line_cost * len(recipients)
        if sender.coins < total:
            raise InsufficientCoins(sender.coins, total)
        if any(recipient.diamonds + line_cost > MAX_HUNDREDTHS for recipient in recipients):
            raise BalanceTooLarge
        return sender, gift, recipients

    def _send(
        self, request: GiftRequest, sender: Account, gift: Gift, recipients: Sequence[Account]
    ) -> schemas.GiftSent:
        """Move and note everything; money has moved when it raises (BalanceTooLarge)."""
        facts, writes, body = self.facts, self.writes, request.body
        book = facts.book
        line_cost = gift.price * body.quantity
        total = line_cost * len(recipients)
        line_ids = [facts.ids.pop() for _ in recipients]
        batch_id = line_ids[0]
        wealth = xp_by_line([line_cost] * len(recipients), gift.wealth_multiplier)
        charm = xp(line_cost, gift.charm_multiplier)
        reached: list[Reached] = []
        lines: list[schemas.Line] = []
        given: list[events.GivenLine] = []
        for recipient, line_id, wealth_xp in zip(recipients, line_ids, wealth, strict=True):
            agency = facts.agencies.get(recipient.agency_id or 0)
            rate = agency.rate if agency else 0
            parts = split(line_cost, self.share, rate)
            source = (SOURCE_GIFT, line_id)
            book.debit(
                sender,
                Movement.GIFT,
                Currency.COINS,
                line_cost,
                beneficiary=recipient,
                beneficiary_amount=parts.earnings,
                quantity=body.quantity,
                source=source,
                description=gift.name,
                metadata={
                    "gift_id": gift.id,
                    "price": render(gift.price),
                    "share": render(self.share),
                    "commission_rate": render(rate),
                },
            )
            if agency is not None:
                book.credit(
                    book.accounts[agency.owner_id],
                    Movement.AGENCY_COMMISSION,
                    Currency.DIAMONDS,
                    parts.commission,
                    source=source,
                    metadata={
                        "agency_id": agency.id,
                        "member_id": recipient.id,
                        "commission_rate": render(rate),
                    },
                )
                writes.earnings.append(
                    {
                        "agency_id": agency.id,
                        "user_id": recipient.id,
                        "amount": parts.earnings + parts.commission,
                        "commission": parts.commission,
                        "rate": rate,
                        "source_id": line_id,
                    }
                )
                writes.agency_commission[agency.id] += parts.commission
            recipient.charm_xp += charm
            recipient.is_changed = True
            reached += raise_levels(book, recipient, facts.ladders)
            combo_key = (sender.id, recipient.id, gift.id)
            combo = facts.combos[combo_key] = facts.combos.get(combo_key, 0) + 1
            writes.lines.append(
                {
                    "id": line_id,
                    "batch_id": batch_id,
                    "sender_id": sender.id,
                    "recipient_id": recipient.id,
                    "gift_id": gift.id,
                    "room_id": body.room_id,
                    "agency_id": agency.id if agency else None,
                    "quantity": body.quantity,
                    "price": gift.price,
                    "cost": line_cost,
                    "earnings": parts.earnings,
                    "commission": parts.commission,
                    "fee": parts.fee,
                    "rate": rate,
                    "wealth_xp": wealth_xp,
                    "charm_xp": charm,
                    "combo": combo,
                }
            )
            lines.append(
                schemas.Line(
                    recipient_id=recipient.id,
                    gift_transaction_id=line_id,
                    recipient_earnings=render(parts.earnings),
                    charm_xp_awarded=charm,
                )
            )
            given.append(
                events.GivenLine(
                    gift_transaction_id=line_id,
                    recipient=person(recipient),
                    total_cost=render(line_cost),
                    combo=combo,
                )
            )
        sender.wealth_xp += sum(wealth)
        sender.is_changed = True
        won = self._draw(sender, gift, line_ids, line_cost)
        mine = raise_levels(book, sender, facts.ladders)
        writes.reached += reached + mine
        combo = min(line.combo for line in given)
        asked = None
        if gift.category == COUPLES and facts.proposals is not None:
            asked = facts.proposals.propose(sender.id, recipients[0].id, batch_id)
        self._tell(sender, gift, body, batch_id, total, combo, won, given)
        return schemas.GiftSent(
            id=batch_id,
            total_cost=render(total),
            coin_balance=render(sender.coins),
            wealth_xp=sum(wealth),
            level_up=level_reached(mine),
            combo=combo,
            lucky=won,
            couple_request_id=asked,
            lines=lines,
        )

    def _draw(
        self,
        sender: Account,
        gift: Gift,
        line_ids: Sequence[int],
        line_cost: int,
    ) -> schemas.Lucky | None:
        if gift.lucky_odds is None:
            return None
        facts, writes = self.facts, self.writes
        odds = facts.odds[gift.lucky_odds]
        seed = facts.seeds[sender.id]
        draws: list[schemas.LuckyDraw] = []
        total = 0
        for line_id in line_ids:
            nonce = seed.nonce
            seed.nonce += 1
            seed.is_used = True
            drawn = lucky.draw(odds.table, seed.server_seed, seed.client_seed, nonce)
            won = lucky.payout(line_cost, drawn.multiplier_hundredths)
            total += won
            facts.book.credit(
                sender,
                Movement.LUCKY_WIN,
                Currency.COINS,
                won,
                source=(SOURCE_GIFT, line_id),
                description=gift.name,
                metadata={"multiplier": render(drawn.multiplier_hundredths), "nonce": nonce},
            )
            writes.draws.append(
                {
                    "gift_transaction_id": line_id,
                    "seed_id": seed.id,
                    "odds_id": odds.id,
                    "nonce": nonce,
                    "outcome": drawn.outcome,
                    "multiplier": drawn.multiplier_hundredths,
                    "payout": won,
                }
            )
            draws.append(
                schemas.LuckyDraw(
                    gift_transaction_id=line_id,
                    nonce=nonce,
                    outcome=drawn.outcome,
                    multiplier=render(drawn.multiplier_hundredths),
                    payout=render(won),
                )
            )
        return schemas.Lucky(
            payout=render(total),
            server_seed_hash=seed.server_seed_hash,
            client_seed=seed.client_seed,
            draws=draws,
        )

    def _tell(
        self,
        sender: Account,
        gift: Gift,
        body: schemas.SendGift,
        batch_id: int,
        total: int,
        combo: int,
        won: schemas.Lucky | None,
        given: list[events.GivenLine],
    ) -> None:
        if body.room_id is None:
            for line in given:
                record(
                    self.tx,
                    user_stream(line.recipient.id),
                    events.GiftReceived(
                        gift_transaction_id=line.gift_transaction_id,
                        sender=person(sender),
                        gift=gift.shown(),
                        quantity=body.quantity,
                        total_cost=line.total_cost,
                    ),
                )
            return
        self.writes.room_coins[body.room_id] += total
        self.writes.room_xp[body.room_id] += total // 100
        record(
            self.tx,
            room_stream(body.room_id),
            events.GiftSentEvent(
                id=batch_id,
                room_id=body.room_id,
                sender=person(sender),
                gift=gift.shown(),
                quantity=body.quantity,
                total_cost=render(total),
                combo=combo,
                lucky_payout=won.payout if won else None,
                lines=given,
            ),
        )


def person(account: Account) -> events.Person:
    """A locked account as events show it."""
    return events.Person(
        id=account.id,
        signature=account.signature,
        name=account.name,
        avatar_image=account.avatar_image,
        static_src=account.static_src,
    )


def level_reached(reached: Sequence[Reached]) -> schemas.LevelReached | None:
    """The highest wealth level among `reached`."""
    wealth = [step.level for step in reached if step.level.type == "wealth"]
    if not wealth:
        return None
    level = wealth[-1]
    return schemas.LevelReached(
        id=level.id,
        type=level.type,
        level_number=level.level_number,
        name=level.name,
        required_xp=level.required_xp,
        icon_url=level.icon_url,
        badge_url=level.badge_url,
        coin_reward=level.coin_reward,
        diamond_reward=level.diamond_reward,
        frame_rewards=level.frame_rewards,
        privileges=level.privileges,
        is_active=True,
        created_at=level.created_at,
        updated_at=level.updated_at,
    )
