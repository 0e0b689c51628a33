"""What the environment may say: one typed table, one error that lists every bad variable."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from edgecode.log.shardlist import is_later

BASE_DIR = Path(__file__).resolve().parent.parent
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SENDER = re.compile(r"[^<>@\s]+@[^<>@\s]+|[^<>@\r\n]+ <[^<>@\s]+@[^<>@\s]+>")


class Environment(BaseSettings):
    """Every setting Edgecode reads, with its default. Names in the environment are upper case
    and start with `EDGECODE_`, but for `DATABASE_URL`, which every platform sets under that name.
    """

    model_config = SettingsConfigDict(env_prefix="EDGECODE_", extra="ignore", frozen=True)

    # debug=True is for development on one's own machine: it permits the generated secret key.
    debug: bool = False
    secret_key: SecretStr | None = None
    # Everything Edgecode writes: database, files, log, keys.
    var_dir: Path = BASE_DIR / "var"
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: list[str] = Field(default_factory=lambda: ["127.0.0.1", "localhost", "[::1]"])
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")

    # Object store: a folder under var_dir, or a bucket.
    object_store: Literal["local", "s3"] = "local"
    s3_bucket: str | None = None
    s3_endpoint_url: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = None
    # Encrypted by the bucket, with its own key or one of KMS; unset: as the bucket is set up.
    s3_encryption: Literal["AES256", "aws:kms"] | None = None
    s3_kms_key_id: str | None = None

    # Keys that encrypt what shows performers, 32 bytes in hex: the first seals, every one opens.
    # Without any, one is made and kept under var_dir.
    sealing_keys: list[SecretStr] = Field(default_factory=list)

    # Buckets of others that files may stay in, and whose they are: {"name": "organisation's code"}.
    # Read with the access above; only that organisation can register what lies there.
    external_buckets: dict[str, str] = Field(default_factory=dict)

    # The log's name, as its checkpoints and proofs carry it; it never changes once entries exist.
    ledger_origin: str = "edgecode.localhost/ledger"
    # Also sign its checkpoints with ML-DSA-44, against the day when Ed25519 falls.
    ledger_second_signature: bool = False
    # A tlog-policy file: the witnesses to ask for cosignatures, and which of them suffice.
    ledger_witnesses: Path | None = None
    # A bucket that the published log is copied to; best one that only the log may write to.
    ledger_mirror_bucket: str | None = None
    ledger_mirror_prefix: str = ""
    ledger_mirror_endpoint_url: str | None = None
    ledger_mirror_region: str = "us-east-1"
    ledger_mirror_access_key_id: SecretStr | None = None
    ledger_mirror_secret_access_key: SecretStr | None = None

    # Under whose certificates credentials are signed. Unset: a development authority's, which is
    # made under var_dir and which nobody should trust (docs/keys.md).
    # A PEM file: the key's certificate, those above it, the root last.
    signing_certificates: Path | None = None
    # Its key, a PEM file or kms:ID. An issuer's certifies keys that live so many days in memory.
    signing_key: str | None = None
    signing_leaf_days: int = Field(default=7, gt=0, le=90)
    # A PEM file of the roots of earlier days, for what was signed under them.
    signing_earlier_roots: Path | None = None
    kms_region: str | None = None
    kms_endpoint_url: str | None = None

    # Time stamps, from any RFC 3161 authority. Unset: from our own, which nobody should trust.
    timestamp_url: str | None = None
    # A PEM file of that authority's roots; what it says is believed under them only.
    timestamp_roots: Path | None = None

    upload_max_bytes: int = Field(default=50 * 2**30, gt=0)
    # Of a file that somebody has looked at without being known; who is known, up to the above.
    verify_max_bytes: int = Field(default=2 * 2**30, gt=0)
    delivery_link_seconds: int = Field(default=3600, gt=0, le=7 * 24 * 3600)
    # How many proxies stand before this server, each of which adds to X-Forwarded-For.
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    throttle_anonymous_per_minute: int = Field(default=120, gt=0)
    throttle_actor_per_minute: int = Field(default=1200, gt=0)

    # Letters, through a mail server. Without one nothing is mailed: in development they are
    # written to the console, elsewhere a forgotten password is for the operator to reset.
    email_host: str | None = None
    email_port: int = Field(default=587, gt=0, lt=2**16)
    email_user: str | None = None
    email_password: SecretStr | None = None
    email_tls: Literal["starttls", "tls", "none"] = "starttls"
    email_from: str | None = None

    # Payment by card or bank through Stripe, where a key is set; bank transfers always work.
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api_base: str | None = None

    @field_validator(
        *("base_url", "stripe_api_base", "s3_endpoint_url", "ledger_mirror_endpoint_url"),
        *("kms_endpoint_url", "timestamp_url"),
    )
    @classmethod
    def _is_http_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("must be an http(s) URL")
        # What is posted to as it stands may end so.
        is_whole = info.field_name == "timestamp_url"
        return value.rstrip("/") if value and not is_whole else value

    @field_validator("ledger_mirror_prefix")
    @classmethod
    def _is_folder_in_a_bucket(cls, value: str) -> str:
        prefix = value.strip("/")
        if prefix and not _PREFIX.fullmatch(prefix):
            raise ValueError("must be a path such as ledger or edgecode/ledger")
        return f"{prefix}/" if prefix else ""

    @field_validator("sealing_keys")
    @classmethod
    def _are_keys(cls, value: list[SecretStr]) -> list[SecretStr]:
        if not all(_KEY.fullmatch(key.get_secret_value()) for key in value):
            raise ValueError("each key has 64 digits of 0-9 and a-f")
        return value

    @field_validator("ledger_origin")
    @classmethod
    def _is_first_of_a_history(cls, value: str) -> str:
        if is_later(value):
            raise ValueError("must not end in a year: the later logs of its history are named so")
        return value

    @field_validator(
        *("ledger_witnesses", "signing_certificates", "signing_earlier_roots", "timestamp_roots"),
    )
    @classmethod
    def _is_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @field_validator("email_from")
    @classmethod
    def _is_sender(cls, value: str | None) -> str | None:
        if value is not None and not _SENDER.fullmatch(value):
            raise ValueError("must be an address: edgecode@example.com or Edgecode <edgecode@…>")
        return value

    @property
    def bucket_origin(self) -> str | None:
        """Where browsers send the parts of files to, as a content security policy names it; None
        where files are kept in a folder."""
        if self.object_store != "s3":
            return None
        if self.s3_endpoint_url:
            parts = urlsplit(self.s3_endpoint_url)
            return f"{parts.scheme}://{parts.netloc}"
        if self.s3_region == "us-east-1":
            return "https://s3.amazonaws.com"
        ending = "amazonaws.com.cn" if self.s3_region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.s3_region}.{ending}"

    @property
    def sends_mail(self) -> bool:
        """Whether letters go anywhere: to a mail server, or to the developer's console."""
        return self.email_host is not None or self.debug

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        wrong = [*self._missing(), *self._forbidden()]
        if wrong:
            raise ValueError("\n  ".join(wrong))
        return self

    def _missing(self) -> Iterator[str]:
        if self.secret_key is None and not self.debug:
            yield "EDGECODE_SECRET_KEY: set it, or EDGECODE_DEBUG=true for development"
        if self.object_store == "s3" and not self.s3_bucket:
            yield "EDGECODE_S3_BUCKET: needed by EDGECODE_OBJECT_STORE=s3"
        if self.s3_kms_key_id and self.s3_encryption != "aws:kms":
            yield "EDGECODE_S3_ENCRYPTION: must be aws:kms with EDGECODE_S3_KMS_KEY_ID"
        if self.stripe_secret_key and not self.stripe_webhook_secret:
            yield "EDGECODE_STRIPE_WEBHOOK_SECRET: needed by EDGECODE_STRIPE_SECRET_KEY"
        if self.signing_certificates and not self.signing_key:
            yield "EDGECODE_SIGNING_KEY: needed by EDGECODE_SIGNING_CERTIFICATES"
        if self.signing_key and not self.signing_certificates:
            yield "EDGECODE_SIGNING_CERTIFICATES: needed by EDGECODE_SIGNING_KEY"
        if self.timestamp_url and not self.timestamp_roots:
            yield "EDGECODE_TIMESTAMP_ROOTS: needed by EDGECODE_TIMESTAMP_URL"
        if self.email_host and not self.email_from:
            yield "EDGECODE_EMAIL_FROM: needed by EDGECODE_EMAIL_HOST"
        if self.email_from and not self.email_host:
            yield "EDGECODE_EMAIL_HOST: needed by EDGECODE_EMAIL_FROM"
        if self.email_user and not self.email_password:
            yield "EDGECODE_EMAIL_PASSWORD: needed by EDGECODE_EMAIL_USER"
        if self.email_password and not self.email_user:
            yield "EDGECODE_EMAIL_USER: needed by EDGECODE_EMAIL_PASSWORD"

    def _forbidden(self) -> Iterator[str]:
        key = self.stripe_secret_key.get_secret_value() if self.stripe_secret_key else ""
        if self.stripe_api_base and key.startswith(("sk_live_", "rk_live_")):
            yield "EDGECODE_STRIPE_API_BASE: never together with a live key"
        if self.email_password and self.email_tls == "none":
            yield "EDGECODE_EMAIL_TLS: a password is never sent over an open line; starttls or tls"


def read_environment() -> Environment:
    """Return the settings of this process, or exit with one message naming every bad variable."""
    try:
        return Environment()
    except ValidationError as error:
        lines = []
        for item in error.errors():
            message = item["msg"].removeprefix("Value error, ")
            name = "_".join(str(part) for part in item["loc"])
            if name and not name.isupper():
                name = f"EDGECODE_{name.upper()}"
            lines.append(f"  {name}: {message}" if name else f"  {message}")
        raise SystemExit("Edgecode cannot start; wrong settings:\n" + "\n".join(lines)) from None
