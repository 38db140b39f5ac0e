"""Identities at Google and Facebook: logging in with them, linking several, proving oneself.

Owns ``user_identities``; ``users.social_provider`` and ``social_provider_id`` show the first
that is still linked. Id tokens are verified here alone (`tokens`, over the key sets of `keys`).

Locks: the identity's name (advisory), then the user.

For other slices, `proofs` takes a password or an identity as the caller's proof::

    proof = await proofs.prove_caller(database, id_tokens, user_id, data, host)   # no tx open
    await proofs.require_still_proved(tx, user, proof)                 # under the user's lock

and ``forget_identities(tx, user_id)`` where an account is deleted.
"""

from flylive.accounts.identities.service import (
    IdentityProof,
    forget_identities,
    prove_identity,
    require_still_linked,
)
from flylive.accounts.identities.tokens import IdTokens, Provider

__all__ = [
    "IdTokens",
    "IdentityProof",
    "Provider",
    "forget_identities",
    "prove_identity",
    "require_still_linked",
]
