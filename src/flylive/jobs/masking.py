"""What of a job's arguments and last words is shown: nothing that opens anything. Pure.

Tasks take no secrets (:mod:`flylive.jobs.tasks`); this holds for one that does by mistake, and
for what an exception quotes.
"""

import re
from typing import Any

MASK = "••••••"
_SECRET_NAMES = re.compile(
    r"pass|secret|token|otp|\bcode\b|_code$|^code|api_?key|private_?key|authori[sz]ation|cookie"
    r"|credential|signature|ticket|seed",
    re.IGNORECASE,
)
_SECRET_TEXTS = re.compile(
    r"""
    \b\d+\|[A-Za-z0-9]{20,}                                # a personal access token
    | \b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}          # an Authorization header
    | \beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*  # a JWT
    | \b(?:sk|rk|whsec)_[A-Za-z0-9_]{8,}                   # a provider's key
    | \$(?:2[aby]|argon2id?)\$[^\s'"]+                     # a password's hash
    | (?<=://)[^\s/@:]+:[^\s/@]+(?=@)                      # user:password in an address
    | \b(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{40,}\b  # any long random text
    """,
    re.VERBOSE,
)
_SECRET_PAIRS = re.compile(
    r"""(?P<name>["']?\b\w*(?:password|passwd|secret|token|otp|api_?key)\w*["']?\s*[=:]\s*)
        (?P<value>"[^"]*"|'[^']*'|[^\s,;)}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def mask(value: Any, name: str = "") -> Any:
    """The value as it may be shown; `name` is what it is called, if anything."""
    if isinstance(value, dict):
        return {key: mask(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask(inner, name) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    # The number of a secret is none: `token_id` names a row.
    if _SECRET_NAMES.search(name) and not name.endswith("_id"):
        return MASK
    return mask_text(value) if isinstance(value, str) else value


def mask_text(text: str) -> str:
    """Words without whatever in them looks like a secret."""
    return _SECRET_TEXTS.sub(MASK, _SECRET_PAIRS.sub(rf"\g<name>{MASK}", text))
