"""The caller proved once more: by his password, or by a fresh id token of a linked identity."""

from typing import Any

from sqlalchemy import Row

from flylive.accounts import login
from flylive.accounts.errors import WrongPassword
from flylive.accounts.identities.service import (
    IdentityProof,
    prove_identity,
    require_still_linked,
)
from flylive.accounts.identities.tokens import IdTokens
from flylive.accounts.login import Proof
from flylive.accounts.schemas import ProvedRequest
from flylive.database import Database, Transaction
from flylive.errors import InvalidRequest


async def prove_caller(
    database: Database, id_tokens: IdTokens, user_id: int, data: ProvedRequest, host: str | None
) -> Proof | IdentityProof:
    """What the request proves, in transactions of its own.

    Raises InvalidRequest where it is not one of the two, and what `login.prove_again` and
    `prove_identity` raise.
    """
    if data.password is not None and data.provider is None and data.id_token is None:
        return await login.prove_again(database, user_id, data.password, host)
    if data.password is None and data.provider is not None and data.id_token is not None:
        return await prove_identity(database, id_tokens, user_id, data.provider, data.id_token)
    raise InvalidRequest.field("password", "send it, or provider and id_token instead")


async def require_still_proved(
    tx: Transaction, user: Row[Any], proof: Proof | IdentityProof
) -> None:
    """Look again, with the user locked. Raises WrongPassword, IdentityNotLinked."""
    if isinstance(proof, IdentityProof):
        await require_still_linked(tx, proof)
    elif user.password != proof.proved_hash:
        raise WrongPassword
