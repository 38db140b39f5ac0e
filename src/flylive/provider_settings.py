"""Settings of payment and push providers; each one is off until its settings are there."""

import json
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode


class ProviderSettings(BaseSettings):
    """What :class:`flylive.config.Settings` knows of Stripe, Google Play, the App Store and
    Firebase."""

    stripe_secret_key: SecretStr | None = Field(
        None, description="Secret key at Stripe; none: no Stripe Checkout."
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of the webhook endpoint at Stripe (`whsec_…`)."
    )
    stripe_success_url: str | None = Field(
        None, description="Where Stripe sends a buyer who has paid."
    )
    stripe_cancel_url: str | None = Field(
        None, description="Where Stripe sends a buyer who turns back."
    )
    stripe_api_url: str = Field(
        "https://api.stripe.com", description="Address of Stripe's interface."
    )

    google_play_package_name: str | None = Field(
        None, description="Package name of the app at Google Play; none: no Google Play."
    )
    google_play_service_account: SecretStr | None = Field(
        None,
        description="Key file of the service account that may see orders, as JSON text.",
    )
    google_play_push_audience: str | None = Field(
        None, description="Audience of the tokens that Pub/Sub pushes notifications with."
    )
    google_play_push_account: str | None = Field(
        None, description="E-mail of the service account that Pub/Sub pushes as."
    )
    google_play_keys_url: str = Field(
        "https://www.googleapis.com/oauth2/v3/certs",
        description="Where Google publishes the keys of those tokens.",
    )
    google_play_api_url: str = Field(
        "https://androidpublisher.googleapis.com",
        description="Address of Google Play's interface.",
    )
    google_play_test_purchases: bool = Field(
        False, description="Whether purchases of licence testers, who pay nothing, are credited."
    )

    fcm_service_account: SecretStr | None = Field(
        None,
        description="Key file, as JSON text, of the service account that notifies devices by "
        "Firebase Cloud Messaging; none: nobody is notified.",
    )
    fcm_api_url: str = Field(
        "https://fcm.googleapis.com", description="Address of Firebase Cloud Messaging."
    )

    app_store_bundle_id: str | None = Field(
        None, description="Bundle id of the app in the App Store; none: no App Store."
    )
    app_store_apple_id: int | None = Field(
        None, ge=1, description="The app's number in the App Store; needed in Production."
    )
    app_store_environment: Literal["Production", "Sandbox"] = Field(
        "Production", description="Whose transactions are credited: real ones, or testers'."
    )
    app_store_issuer_id: str | None = Field(
        None, description="Issuer id of the keys for the App Store Server API."
    )
    app_store_key_id: str | None = Field(None, description="Id of the key for that API.")
    app_store_private_key: SecretStr | None = Field(
        None, description="The key for that API, as PEM text."
    )
    app_store_root_certificates: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Files of Apple's root certificates (DER or PEM), parted by commas: "
        "AppleRootCA-G3.cer.",
    )
    app_store_online_checks: bool = Field(
        True, description="Whether Apple is asked if its certificates were revoked."
    )
    app_store_api_url: str | None = Field(
        None, description="Address of the App Store Server API; default: the environment's."
    )
    app_store_consumption_consent: bool = Field(
        False,
        description="Whether buyers agreed that Apple is told, when they want their money back, "
        "how much they used; without it Apple gets no answer.",
    )

    @field_validator("app_store_root_certificates", mode="before")
    @classmethod
    def _split_paths(cls, given: object) -> object:
        if isinstance(given, str):
            return tuple(word for part in given.split(",") if (word := part.strip()))
        return given

    @field_validator("google_play_service_account", "fcm_service_account")
    @classmethod
    def _is_key_file(cls, given: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if given is not None:
            try:
                found = json.loads(given.get_secret_value())
            except ValueError:
                found = None
            needed = {"client_email", "private_key", "token_uri"}
            if info.field_name == "fcm_service_account":
                needed.add("project_id")
            if not isinstance(found, dict) or not needed <= set(found):
                raise ValueError("must be the JSON text of a service account's key file")
        return given

    @field_validator(
        "stripe_api_url",
        "google_play_api_url",
        "google_play_keys_url",
        "app_store_api_url",
        "fcm_api_url",
    )
    @classmethod
    def _is_safe(cls, url: str | None) -> str | None:
        if url is None:
            return None
        address = urlsplit(url)
        is_here = address.hostname in ("127.0.0.1", "::1", "localhost")
        if not address.hostname or not (
            address.scheme == "https" or (address.scheme == "http" and is_here)
        ):
            raise ValueError("providers are asked by https, or on this machine")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _are_whole(self) -> Self:
        """Each provider has all it needs, or nothing is begun with it."""
        needs: dict[str, tuple[str, ...]] = {
            "stripe_secret_key": (
                "stripe_webhook_secret",
                "stripe_success_url",
                "stripe_cancel_url",
            ),
            "google_play_package_name": (
                "google_play_service_account",
                "google_play_push_audience",
                "google_play_push_account",
            ),
            "app_store_bundle_id": (
                "app_store_issuer_id",
                "app_store_key_id",
                "app_store_private_key",
                "app_store_root_certificates",
                *(("app_store_apple_id",) if self.app_store_environment == "Production" else ()),
            ),
        }
        for name, others in needs.items():
            if getattr(self, name) is None:
                continue
            for other in others:
                if not getattr(self, other):
                    raise ValueError(f"FLYLIVE_{name.upper()} needs FLYLIVE_{other.upper()}")
        return self
