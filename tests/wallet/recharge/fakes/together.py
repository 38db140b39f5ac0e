"""The settings by which the platform knows the played providers."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from tests.wallet.recharge.fakes import app_store, google_play
from tests.wallet.recharge.fakes import stripe as fake_stripe
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe


def provider_settings(
    stripe: PlayedStripe, google: PlayedGooglePlay, apple: PlayedAppStore, root: Path
) -> dict[str, Any]:
    """All three set up; Apple's root certificate is written to `root`."""
    root.write_bytes(apple.signer.root)
    return {
        "stripe_secret_key": SecretStr(fake_stripe.SECRET_KEY),
        "stripe_webhook_secret": SecretStr(fake_stripe.WEBHOOK_SECRET),
        "stripe_success_url": "https://flylive.example/paid",
        "stripe_cancel_url": "https://flylive.example/shop",
        "stripe_api_url": stripe.url,
        "google_play_package_name": google_play.PACKAGE,
        "google_play_service_account": SecretStr(google.service_account),
        "google_play_push_audience": google_play.AUDIENCE,
        "google_play_push_account": google_play.PUSHER,
        "google_play_keys_url": google.pusher.url,
        "google_play_api_url": google.url,
        "app_store_bundle_id": app_store.BUNDLE,
        "app_store_environment": "Sandbox",
        "app_store_issuer_id": app_store.ISSUER,
        "app_store_key_id": app_store.KEY_ID,
        "app_store_private_key": SecretStr(apple.private_key),
        "app_store_root_certificates": (root,),
        "app_store_online_checks": False,
        "app_store_api_url": apple.url,
        "app_store_consumption_consent": True,
    }


def as_environment(given: dict[str, Any]) -> dict[str, str]:
    """The same settings as a process is told them."""

    def told(value: Any) -> str:
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        if isinstance(value, tuple):
            return ",".join(str(one) for one in value)
        return str(value)

    return {f"FLYLIVE_{name.upper()}": told(value) for name, value in given.items()}
