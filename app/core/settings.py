"""Settings from the environment; every one is documented in docs/settings.md."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from app.core import secret_values

ROOT = Path(__file__).resolve().parents[2]
LOG_FORMATS = ("auto", "json", "text")


def _text(name: str, default: str) -> str:
    return os.environ.get(f"GRIDCRM_{name}", default)


def _secret(name: str) -> str:
    """A setting that nobody else may read: it can also stand in the file that GRIDCRM_..._FILE names."""
    return secret_values.read(f"GRIDCRM_{name}")


def _number(name: str, default: float) -> float:
    text = _text(name, str(default))
    try:
        return float(text)
    except ValueError:
        raise SystemExit(f"GRIDCRM_{name} must be a number, not {text!r}") from None


@dataclass(frozen=True)
class Settings:
    """What an installation may choose."""

    instance: Path = field(default_factory=lambda: Path(_text("INSTANCE", str(ROOT / "instance"))))
    database_url: str = field(default_factory=lambda: _secret("DATABASE_URL"))
    secret_key: str = field(default_factory=lambda: _secret("SECRET_KEY"))
    hosts: str = field(default_factory=lambda: _text("HOSTS", ""))
    public_url: str = field(default_factory=lambda: _text("PUBLIC_URL", f"http://127.0.0.1:{_text('PORT', '8000')}"))
    utility: str = field(default_factory=lambda: _text("UTILITY", "惠州供电局"))
    utility_en: str = field(default_factory=lambda: _text("UTILITY_EN", "Huizhou Power Supply Bureau"))
    hotline: str = field(default_factory=lambda: _text("HOTLINE", "95598"))
    service_hours: str = field(default_factory=lambda: _text("SERVICE_HOURS", "08:30-12:00 14:30-17:30"))
    area_code: str = field(default_factory=lambda: _text("AREA_CODE", "0752"))
    account_pattern: str = field(default_factory=lambda: _text("ACCOUNT_PATTERN", r"[0-9A-Za-z-]{1,32}"))
    target_households: int = field(default_factory=lambda: int(_number("TARGET_HOUSEHOLDS", 2000)))
    nearest_metres: float = field(default_factory=lambda: _number("NEAREST_METRES", 50))
    area_share: float = field(default_factory=lambda: _number("AREA_SHARE", 0.8))
    shared_position_boxes: int = field(default_factory=lambda: int(_number("SHARED_POSITION_BOXES", 30)))
    requests_per_minute: int = field(default_factory=lambda: int(_number("REQUESTS_PER_MINUTE", 600)))
    audit_days: int = field(default_factory=lambda: int(_number("AUDIT_DAYS", 1095)))
    application_role: str = field(default_factory=lambda: _text("APPLICATION_ROLE", ""))
    upload_megabytes: int = field(default_factory=lambda: int(_number("UPLOAD_MEGABYTES", 1024)))
    session_hours: float = field(default_factory=lambda: _number("SESSION_HOURS", 12))
    session_idle_minutes: float = field(default_factory=lambda: _number("SESSION_IDLE_MINUTES", 60))
    reveals_an_hour: int = field(default_factory=lambda: int(_number("REVEALS_AN_HOUR", 120)))
    password_sign_in: bool = field(default_factory=lambda: _text("PASSWORD_SIGN_IN", "1") != "0")
    oidc_issuer: str = field(default_factory=lambda: _text("OIDC_ISSUER", ""))
    oidc_client_id: str = field(default_factory=lambda: _text("OIDC_CLIENT_ID", ""))
    oidc_client_secret: str = field(default_factory=lambda: _secret("OIDC_CLIENT_SECRET"))
    oidc_login_claim: str = field(default_factory=lambda: _text("OIDC_LOGIN_CLAIM", "preferred_username"))
    server_port: int = field(default_factory=lambda: int(_number("PORT", 8000)))
    web_processes: int = field(
        default_factory=lambda: int(_number("WEB_PROCESSES", min(3 * (os.cpu_count() or 1), 24)))
    )
    log: str = field(default_factory=lambda: _text("LOG", "auto"))
    metrics_token: str = field(default_factory=lambda: _secret("METRICS_TOKEN"))
    trusted_proxies: int = field(default_factory=lambda: int(_number("TRUSTED_PROXIES", 0)))

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.instance / 'gridcrm.sqlite3'}")
        elif self.database_url.startswith(("postgresql://", "postgres://")):
            tail = self.database_url.split("://", 1)[1]
            object.__setattr__(self, "database_url", f"postgresql+psycopg://{tail}")
        self.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.secret_key:
            object.__setattr__(self, "secret_key", secret_values.kept(self.instance / "secret_key"))
        secret_values.refuse_weak("GRIDCRM_SECRET_KEY", self.secret_key)
        if self.metrics_token:
            secret_values.refuse_weak("GRIDCRM_METRICS_TOKEN", self.metrics_token)

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Whether people reach the service by https: what it keeps in their browsers then never goes by http."""
        return self.public_url.startswith("https://")

    @property
    def trusted_hosts(self) -> list[str]:
        """The names under which the service may be asked."""
        named = self.hosts.replace(",", " ").split()
        return [urlsplit(self.public_url).hostname or "localhost", "localhost", "127.0.0.1", *named]


def settings() -> Settings:
    """The running application's settings."""
    return current_app.extensions["gridcrm.settings"]
