"""Deleting one's account: what every slice does about it, in one transaction.

It stands here because it reaches from the wallet to rooms and agencies, which only a layer above
all of them may; its address stands with it, as it has no other reader.

Locks: who is staff, coin requests, the user against every row that would name him, his agency,
his rooms. Refusals come before anything changes. Ledger, gifts and messages stay under the id
of a user who is anonymised; nobody is told but the rooms, and his sockets close with 4201, since
what ends them is that his tokens are gone.
"""

from typing import Any

from litestar import Request, delete
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller, erasure, queries, sessions, staff
from flylive.accounts.audit import Actor
from flylive.accounts.authentication import Authenticator
from flylive.accounts.errors import (
    AccountHasCredit,
    AccountInDebt,
    AccountOwnsAgency,
)
from flylive.accounts.identities.proofs import prove_caller, require_still_proved
from flylive.accounts.identities.service import IdentityProof, forget_identities
from flylive.accounts.identities.tokens import IdTokens
from flylive.accounts.login import Proof
from flylive.accounts.preferences.queries import forget_user as forget_preferences
from flylive.accounts.schemas import DeleteAccount
from flylive.accounts.staff import Role
from flylive.agencies import membership
from flylive.config import Settings
from flylive.couples import service as couples
from flylive.database import Database, Transaction
from flylive.errors import Unauthenticated
from flylive.http.requests import peer
from flylive.realtime import presence, tickets
from flylive.realtime.control import announce_revoked
from flylive.resellers import closing as resellers
from flylive.rooms import removal
from flylive.shop import closing as shop
from flylive.social import queries as social
from flylive.uploads.service import discard_public
from flylive.wallet import closing as wallet


@delete("/me", status_code=204)
async def delete_me(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    id_tokens: NamedDependency[IdTokens],
    data: JSONBody[DeleteAccount],
) -> None:
    """Delete the caller's account for good, proved by the password or by a fresh identity.

    Profile, log-ins and what is left of the balance go; rooms are closed; e-mail and phone
    may register again at once. 409 `account.debt`, `account.open_credit`, `account.owns_agency`,
    `staff.last_admin`.
    """
    proof = await prove_caller(database, id_tokens, caller.user_id, data, peer(request))
    await database.run(lambda tx: close_account(tx, proof, peer(request), settings))
    authenticator: Authenticator = request.app.state.authenticator
    authenticator.forget(user_id=caller.user_id)


async def close_account(
    tx: Transaction, proof: Proof | IdentityProof, ip_address: str | None, settings: Settings
) -> None:
    """Delete the account of whoever proved himself.

    Raises Unauthenticated (deleted or blocked meanwhile), WrongPassword and IdentityNotLinked
    (the proof holds no more), AccountInDebt, AccountHasCredit, AccountOwnsAgency, LastAdmin.
    """
    user_id = proof.user_id
    await staff.lock(tx)
    await resellers.lock_open(tx, user_id)
    user = await queries.lock_whole(tx, user_id)
    if user is None or user.is_blocked:
        raise Unauthenticated
    await require_still_proved(tx, user, proof)
    role = await _check(tx, user)
    await resellers.leave_for_good(tx, user_id, settings)
    await wallet.destroy_balance(tx, user_id)
    await membership.leave_for_good(tx, user_id)
    await removal.leave_for_good(tx, user_id, "left")
    await couples.leave_for_good(tx, user_id)
    await social.delete_ties(tx, user_id)
    await shop.take_off(tx, user_id)
    await discard_public(tx, user_id)
    await forget_preferences(tx, user_id)
    await forget_identities(tx, user_id)
    if role is not None:
        actor = Actor(user_id, role, ip_address)
        await staff.revoke(tx, user_id, by=actor, reason="deleted his account")
    await tickets.drop(tx, user_id)
    await presence.drop(tx, user_id)
    announce_revoked(tx, await sessions.end_all(tx, user_id))
    await erasure.anonymise(tx, user_id)


async def _check(tx: Transaction, user: Row[Any]) -> Role | None:
    """Every refusal; the staff role that ends with the account."""
    if user.coin_debt > 0:
        raise AccountInDebt(debt=str(user.coin_debt))
    requests = await resellers.list_open(tx, user.id)
    credit = [request.id for request in requests if request.status == "approved"]
    if credit:
        raise AccountHasCredit(coin_request_ids=credit)
    agency_id = await membership.find_owned(tx, user.id)
    if agency_id is not None:
        raise AccountOwnsAgency(agency_id=agency_id)
    role = await staff.find_kept_role(tx, user.id)
    if role is Role.ADMIN:
        await staff.require_other_admin(tx, user.id)
    return role


ROUTES = [delete_me]
