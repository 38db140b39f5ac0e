"""Every setting of the platform, typed, with its default and what it means.

Read from the environment (``FLYLIVE_*``; ``DATABASE_URL`` alone stands without the
prefix). ``flylive config`` prints each with its value, secrets masked, and where it comes
from; ``docs/reference/settings.md`` is generated from this class.
"""

import re
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from flylive.provider_settings import ProviderSettings

Words = Annotated[tuple[str, ...], NoDecode]
"""Several words in one variable, parted by commas."""

_SMTP_URL = re.compile(r"smtp(s|\+plain)?://([^@/\s:]+:[^@/\s]+@)?[^@/\s?#]+/?\Z")
_SENDER = re.compile(r"([^<>\r\n]*<[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)\Z")
_WEB_URL = re.compile(r"https?://[^\s?#]+\Z")


class Settings(ProviderSettings):
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
    request_log: Path | None = Field(
        None, description="File that the line of each request goes to; default: among the others."
    )
    demo_password: SecretStr | None = Field(
        None, description="Password of all demo accounts; without it, random and printed once."
    )

    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server: smtp:// (STARTTLS), smtps:// (TLS) or smtp+plain://, "
        "with user:password@ if it asks for them.",
    )
    mail_from: str | None = Field(
        None, description="Sender of mails, such as FlyLive <no-reply@example.com>."
    )
    sms_url: str | None = Field(
        None, description="SMS gateway: takes POST {to, text} as JSON with the bearer token."
    )
    sms_token: SecretStr | None = Field(None, description="Bearer token for the SMS gateway.")
    codes_per_address_hour: int = Field(
        60,
        ge=0,
        le=10_000,
        description="Requests for codes, or with one, of one address in an hour; 0: no limit.",
    )
    public_url: str | None = Field(
        None,
        description="Address of the platform as people see it; mails then link to its /account.",
    )

    trusted_proxies: Words = Field(
        (),
        description="Networks of the proxies whose X-Forwarded-For is believed, parted by commas, "
        "such as 10.0.0.0/8; none: the peer is the client.",
    )
    auth_requests_per_address_minute: int = Field(
        120,
        ge=0,
        le=100_000,
        description="Requests without a token to /auth/… of one address in a minute; 0: no limit.",
    )
    wrong_logins_per_address_hour: int = Field(
        100,
        ge=0,
        le=100_000,
        description="Wrong passwords, for whichever accounts, of one address in an hour; "
        "0: no limit.",
    )
    registrations_per_address_hour: int = Field(
        30, ge=0, le=100_000, description="Sign-ups of one address in an hour; 0: no limit."
    )
    searches_per_minute: int = Field(
        60, ge=0, le=100_000, description="Searches for users of one account; 0: no limit."
    )
    searches_per_address_minute: int = Field(
        600, ge=0, le=100_000, description="Searches for users of one address; 0: no limit."
    )
    token_days: int = Field(
        0, ge=0, le=3650, description="Days after log-in that a token holds; 0: until it is ended."
    )
    origin_days: int = Field(
        90, ge=1, le=3650, description="Days that tokens and orders keep address and User-Agent."
    )

    staff_session_idle_minutes: int = Field(
        30, ge=1, le=24 * 60, description="Without a request for so long, a console session ends."
    )
    staff_session_hours: int = Field(
        12, ge=1, le=24 * 7, description="Hours after which a console session ends in any case."
    )
    staff_totp: Literal["required", "optional"] | None = Field(
        None,
        description="Whether staff need a code from their phone to sign in to the console; "
        "default: required in production, optional in development. Where required, Bearer tokens "
        "open nothing under /v1/admin.",
    )

    minimum_age: int = Field(18, ge=0, le=120, description="Least age in years at sign-up.")
    rooms_per_user: int = Field(1, ge=1, le=100, description="Rooms a user may own at once.")
    moderators_per_room: int = Field(
        20, ge=0, le=100, description="Moderators a room may have at once."
    )
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
    adjustment_limit: int = Field(
        10_000,
        ge=0,
        le=10**15,
        description="Coins, and diamonds, that one member of the staff may give or take in a day;"
        " beyond that a second one has to approve. 0: always.",
    )
    refund_limit: int = Field(
        10_000,
        ge=0,
        le=10**15,
        description="Coins whose orders one member of the staff may refund in a day; beyond that"
        " a second one has to approve. 0: always.",
    )
    exchange_daily_diamonds: int = Field(
        0,
        ge=0,
        le=10**15,
        description="Diamonds a user may exchange in a day; 0: as many as he has.",
    )
    reseller_daily_coins: int = Field(
        0,
        ge=0,
        le=10**15,
        description="Coins a reseller may hand out in a day; 0: as many as he has.",
    )
    buyer_daily_coins: int = Field(
        0,
        ge=0,
        le=10**15,
        description="Coins a user may get from resellers in a day; 0: no limit.",
    )
    pending_coin_requests: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Coin requests that a user may have waiting at one reseller; 0: no limit.",
    )
    vip_notice_days: int = Field(
        3, ge=0, le=30, description="Days before its end that a user is told of it; 0: not at all."
    )
    maximum_return: Decimal = Field(
        Decimal("0.95"),
        ge=0,
        lt=1,
        decimal_places=2,
        description="Ceiling of lucky return + share × rate: below 1, coins cannot be pumped.",
    )
    couple_request_hours: int = Field(
        24, ge=1, le=720, description="Hours in which a proposal can be accepted."
    )
    couple_cooldown_days: int = Field(
        7, ge=0, le=365, description="Days after a parting in which neither has a partner."
    )
    gift_group_size: int = Field(
        256, ge=20, le=4096, description="Recipients of the gifts of one group at the most."
    )
    gift_lanes: int = Field(
        2,
        ge=1,
        le=16,
        description="Groups of gifts under way at once, none of the same people; each takes a"
        " connection.",
    )
    gift_queue_size: int = Field(
        2048, ge=1, le=100_000, description="Gift requests waiting per process before 503."
    )

    idempotency_days: int = Field(
        30, ge=1, le=3650, description="Days that answers are kept for their Idempotency-Key."
    )

    google_client_ids: Words = Field(
        (),
        description="Client ids at Google whose id tokens are taken; none: no log-in by Google.",
    )
    google_issuers: Words = Field(
        ("accounts.google.com", "https://accounts.google.com"),
        description="What `iss` of Google's id tokens may be.",
    )
    google_keys_url: str = Field(
        "https://www.googleapis.com/oauth2/v3/certs",
        description="Where Google publishes the keys of its id tokens.",
    )
    facebook_app_ids: Words = Field(
        (),
        description="App ids at Facebook whose Limited Login tokens are taken; none: no log-in "
        "by Facebook.",
    )
    facebook_issuers: Words = Field(
        ("https://www.facebook.com",), description="What `iss` of Facebook's id tokens may be."
    )
    facebook_keys_url: str = Field(
        "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
        description="Where Facebook publishes the keys of its id tokens.",
    )

    @field_validator(
        "google_client_ids",
        "google_issuers",
        "facebook_app_ids",
        "facebook_issuers",
        "trusted_proxies",
        mode="before",
    )
    @classmethod
    def _split(cls, given: object) -> object:
        if isinstance(given, str):
            return tuple(word for part in given.split(",") if (word := part.strip()))
        return given

    @field_validator("google_keys_url", "facebook_keys_url")
    @classmethod
    def _is_trustworthy(cls, url: str) -> str:
        address = urlsplit(url)
        is_here = address.hostname in ("127.0.0.1", "::1", "localhost")
        if not address.hostname or not (
            address.scheme == "https" or (address.scheme == "http" and is_here)
        ):
            raise ValueError("keys that open accounts come by https, or from this machine")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            ip_network(word, strict=False)
        return words

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _SMTP_URL.match(url.get_secret_value()):
            raise ValueError(
                "must be smtp://, smtps:// or smtp+plain://[user:password@]host[:port]"
            )
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, address: str | None) -> str | None:
        if address is not None and not _SENDER.match(address):
            raise ValueError("must be an address, such as FlyLive <no-reply@example.com>")
        return address

    @field_validator("sms_url", "public_url")
    @classmethod
    def _is_web_address(cls, url: str | None) -> str | None:
        if url is not None and not _WEB_URL.match(url):
            raise ValueError("must begin with http:// or https:// and have neither ? nor #")
        return url

    uploads_url: str | None = Field(
        None,
        description="Where uploads lie, such as `s3://bucket/prefix`; default: in the data folder.",
    )
    s3_endpoint: str | None = Field(
        None, description="Address of an S3 that is not Amazon's; `http://` is allowed."
    )
    s3_region: str | None = Field(None, description="Region of the bucket.")
    s3_access_key_id: str | None = Field(
        None, description="Key of the bucket; without it, what the environment gives (`AWS_…`)."
    )
    s3_secret_access_key: SecretStr | None = Field(None, description="Secret to that key.")
    game_session_minutes: int = Field(
        240, ge=1, le=1440, description="Minutes for which a game's session takes bets."
    )
    game_daily_loss_coins: int = Field(
        0,
        ge=0,
        le=10**15,
        description="Coins that a user may lose at games in a day, net of what he wins; "
        "0: no limit.",
    )
    proof_hour: int = Field(
        4, ge=0, le=23, description="Hour of the night after which the whole ledger is proved."
    )
    uploads_per_day: int = Field(
        200, ge=1, le=100_000, description="Files that one user may upload in 24 hours."
    )
    upload_megabytes_per_day: int = Field(
        500, ge=1, description="Megabytes that one user may have stored in a day."
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
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError("FLYLIVE_SMTP_URL needs FLYLIVE_MAIL_FROM")
        if (self.sms_url is None) != (self.sms_token is None):
            raise ValueError("FLYLIVE_SMS_URL and FLYLIVE_SMS_TOKEN need each other")

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
    def needs_totp(self) -> bool:
        """Whether staff have to sign in with a code from their phone."""
        if self.staff_totp is not None:
            return self.staff_totp == "required"
        return self.env == "production"

    @property
    def near_host(self) -> str:
        """The host for an address as this machine reaches it, also when it listens everywhere."""
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"[{near}]" if ":" in near else near

    @property
    def gateway_url(self) -> str:
        """The socket address handed to clients; other machines need `public_gateway_url`."""
        return self.public_gateway_url or f"ws://{self.near_host}:{self.gateway_port}/v1/realtime"
