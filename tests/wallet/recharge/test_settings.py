"""Providers are off until they are set up whole, and cost nothing while they are off."""

import subprocess
import sys
from typing import Any

import pytest

from flylive.config import Settings

STRIPE = {
    "stripe_secret_key": "sk",
    "stripe_webhook_secret": "whsec",
    "stripe_success_url": "https://flylive.example/paid",
    "stripe_cancel_url": "https://flylive.example/shop",
}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"stripe_secret_key": "sk"}, "FLYLIVE_STRIPE_WEBHOOK_SECRET"),
        ({"google_play_package_name": "a.b"}, "FLYLIVE_GOOGLE_PLAY_SERVICE_ACCOUNT"),
        ({"google_play_service_account": "{}"}, "key file"),
        ({"google_play_service_account": "no json"}, "key file"),
        ({"app_store_bundle_id": "a.b"}, "FLYLIVE_APP_STORE_ISSUER_ID"),
        ({"stripe_api_url": "http://stripe.example"}, "https"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings(**given)


def test_whole_settings_are_taken() -> None:
    settings = Settings(**STRIPE)
    assert settings.stripe_secret_key is not None
    assert "sk" not in repr(settings.stripe_secret_key)


def test_sdks_are_not_imported_while_providers_are_off() -> None:
    program = (
        "import sys, flylive.asgi, flylive.worker\n"
        "print(sorted({'stripe', 'appstoreserverlibrary', 'google.auth'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
