"""Settings from the environment; every one is documented in docs/settings.md."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

ROOT = Path(__file__).resolve().parents[2]
LOG_FORMATS = ("auto", "json", "text")


def _text(name: str, default: str) -> str:
    return os.environ.get(f"GRIDCRM_{name}", default)


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
    database_url: str = field(default_factory=lambda: _text("DATABASE_URL", ""))
    secret_key: str = field(default_factory=lambda: _text("SECRET_KEY", ""))
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
    upload_megabytes: int = field(default_factory=lambda: int(_number("UPLOAD_MEGABYTES", 1024)))
    session_hours: float = field(default_factory=lambda: _number("SESSION_HOURS", 12))
    session_idle_minutes: float = field(default_factory=lambda: _number("SESSION_IDLE_MINUTES", 60))
    reveals_an_hour: int = field(default_factory=lambda: int(_number("REVEALS_AN_HOUR", 120)))
    password_sign_in: bool = field(default_factory=lambda: _text("PASSWORD_SIGN_IN", "1") != "0")
    oidc_issuer: str = field(default_factory=lambda: _text("OIDC_ISSUER", ""))
    oidc_client_id: str = field(default_factory=lambda: _text("OIDC_CLIENT_ID", ""))
    oidc_client_secret: str = field(default_factory=lambda: _text("OIDC_CLIENT_SECRET", ""))
    oidc_login_claim: str = field(default_factory=lambda: _text("OIDC_LOGIN_CLAIM", "preferred_username"))
    server_port: int = field(default_factory=lambda: int(_number("PORT", 8000)))
    log: str = field(default_factory=lambda: _text("LOG", "auto"))
    metrics_token: str = field(default_factory=lambda: _text("METRICS_TOKEN", ""))
    trusted_proxies: int = field(default_factory=lambda: int(_number("TRUSTED_PROXIES", 0)))

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.instance / 'gridcrm.sqlite3'}")
        elif self.database_url.startswith(("postgresql://", "postgres://")):
            tail = self.database_url.split("://", 1)[1]
            object.__setattr__(self, "database_url", f"postgresql+psycopg://{tail}")
        self.instance.mkdir(parents=True, exist_ok=True)
        if not self.secret_key:
            object.__setattr__(self, "secret_key", _kept_secret(self.instance / "secret_key"))

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.database_url.startswith("sqlite")


def _kept_secret(path: Path) -> str:
    """The installation's own secret, made once and kept readable by its owner alone."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def settings() -> Settings:
    """The running application's settings."""
    return current_app.extensions["gridcrm.settings"]
