"""Every setting of the platform, typed, with its default and what it means.

Read from the environment (``FLYLIVE_*``; ``DATABASE_URL`` alone stands without the
prefix). ``flylive config`` prints each with its value, secrets masked, and where it comes
from; ``docs/reference/settings.md`` is generated from this class.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The platform's settings; see each field's description."""

    model_config = SettingsConfigDict(
        env_prefix="FLYLIVE_", extra="ignore", validate_default=True, populate_by_name=True
    )

    env: Literal["development", "production"] = Field(
        "production", description="`development` opens /dev and the sandbox provider to loopback."
    )
    data: Path = Field(
        Path(".flylive"), description="Folder of the embedded database, uploads and secrets."
    )
    database_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("DATABASE_URL", "database_url"),
            description="libpq address of the serving role; set, nothing embedded starts.",
        ),
    ] = None
    owner_database_url: SecretStr | None = Field(
        None, description="libpq address of the owning role: migrations and partitions."
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs addresses and keys codes; the same on every machine that serves one "
        "database. Without it, a file in the data folder.",
    )
    database_pool_size: int = Field(
        10, ge=2, le=200, description="Connections per process at the most."
    )
    host: str = Field("127.0.0.1", description="Address the servers bind to.")
    port: int = Field(8000, ge=0, le=65535, description="Port of everything HTTP.")
    gateway_port: int = Field(8001, ge=0, le=65535, description="Port of the socket gateway.")
    public_gateway_url: str | None = Field(
        None, description="Address of the gateway as clients see it; default: from host and port."
    )
    timezone: str = Field("UTC", description="Time zone of business days, weeks and months.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    log_format: Literal["console", "json"] = Field("json", description="Form of the log lines.")
    demo_password: SecretStr | None = Field(
        None, description="Password of all demo accounts; without it, random and printed once."
    )

    minimum_age: int = Field(18, ge=0, le=120, description="Least age in years at sign-up.")
    rooms_per_user: int = Field(1, ge=1, le=100, description="Rooms a user may own at once.")
    presence_timeout_seconds: int = Field(
        60, ge=10, le=3600, description="Without socket or heartbeat for so long: out of the room."
    )
    heartbeat_seconds: int = Field(
        25, ge=1, le=300, description="Silence after which a socket is pinged; twice that ends it."
    )
    event_retention_hours: int = Field(
        72, ge=1, le=24 * 365, description="How long the events of streams are kept for resuming."
    )
    recipient_share_percent: Decimal = Field(
        Decimal("50.00"),
        ge=0,
        le=100,
        decimal_places=2,
        description="Share of a gift's cost that its recipient earns in diamonds.",
    )
    exchange_rate: Decimal = Field(
        Decimal("0.50"), ge=0, le=1, decimal_places=2, description="Coins for one diamond."
    )
    maximum_return: Decimal = Field(
        Decimal("0.95"),
        ge=0,
        lt=1,
        decimal_places=2,
        description="Ceiling of lucky return + share × rate: below 1, coins cannot be pumped.",
    )
    gift_group_size: int = Field(
        256, ge=1, le=4096, description="Gift requests committed in one group at the most."
    )
    gift_queue_size: int = Field(
        2048, ge=1, le=100_000, description="Gift requests waiting per process before 503."
    )

    idempotency_days: int = Field(
        30, ge=1, le=3650, description="Days that answers are kept for their Idempotency-Key."
    )

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}; one is Europe/Berlin") from error
        return name

    def model_post_init(self, context: Any) -> None:
        """Refuse settings that would let coins be pumped even without any lucky gift."""
        if self.recipient_share_percent / 100 * self.exchange_rate > self.maximum_return:
            raise ValueError(
                "FLYLIVE_RECIPIENT_SHARE_PERCENT × FLYLIVE_EXCHANGE_RATE exceeds "
                f"FLYLIVE_MAXIMUM_RETURN ({self.maximum_return}): coins could be pumped"
            )

    @property
    def serving_dsn(self) -> str:
        """Where requests, gateway and worker connect; RuntimeError says what to set."""
        if self.database_url is None:
            raise RuntimeError(
                "no database: set DATABASE_URL, or start the embedded one with "
                "`python3 fly.py up` and name its --data folder"
            )
        return self.database_url.get_secret_value()

    @property
    def owner_dsn(self) -> str:
        """Where migrations and partitions are made; the serving address if there is no other."""
        if self.owner_database_url is None:
            return self.serving_dsn
        return self.owner_database_url.get_secret_value()

    @property
    def near_host(self) -> str:
        """The host for an address as this machine reaches it, also when it listens everywhere."""
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"[{near}]" if ":" in near else near

    @property
    def gateway_url(self) -> str:
        """The socket address handed to clients; other machines need `public_gateway_url`."""
        return self.public_gateway_url or f"ws://{self.near_host}:{self.gateway_port}/v1/realtime"
