"""SMS by HTTP: ``POST {FLYLIVE_SMS_URL}`` with ``Authorization: Bearer {FLYLIVE_SMS_TOKEN}`` and

.. code-block:: json

    {"to": "+14155552671", "text": "Your FlyLive code is …"}

`to` is E.164. Any 2xx means taken. 408, 425, 429 and 5xx, and no answer in ten seconds, mean
later; anything else means never. Redirects are not followed, since the token would go along.
"""

import httpx

from flylive.outbox.errors import DeliveryFailed, TemporaryFailure
from flylive.outbox.message import Message

TIMEOUT_SECONDS = 10.0
MAX_WORDS = 200
_LATER = {408, 425, 429}


async def send(message: Message, url: str, token: str) -> None:
    """Hand the message to the gateway. Raises TemporaryFailure, DeliveryFailed."""
    host = httpx.URL(url).host
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            answer = await client.post(
                url,
                json={"to": message.to, "text": message.text},
                headers={"Authorization": f"Bearer {token}"},
            )
    except httpx.TransportError as error:
        raise TemporaryFailure(f"{host} did not answer: {type(error).__name__}") from None
    if answer.is_success:
        return
    said = message.redact(answer.text).replace(token, "***")[:MAX_WORDS]
    later = answer.status_code in _LATER or answer.status_code >= 500
    kind = TemporaryFailure if later else DeliveryFailed
    raise kind(f"{host} did not take the SMS: {answer.status_code} {said}")
