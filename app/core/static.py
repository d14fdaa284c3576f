"""Files of the pages under addresses that change with their content, so that browsers keep them for good."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory

from app.core.security import A_YEAR


@lru_cache(maxsize=4)
def version_of(folder: Path) -> str:
    """A name for what the files hold at present."""
    sha = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        sha.update(path.relative_to(folder).as_posix().encode())
        sha.update(path.read_bytes())
    return sha.hexdigest()[:12]


def init_app(app: Flask) -> None:
    """Serve /static/v-<version>/...: one version for all files, so that a module finds the others beside it.

    Under another version, or none, the same files are there too, but a browser has to ask each time.
    """
    folder = Path(app.root_path) / "static"
    mark = f"v-{version_of(folder)}"

    def static(filename: str) -> Response:
        first, _slash, rest = filename.partition("/")
        response = send_from_directory(folder, rest if first.startswith("v-") else filename)
        if first == mark and not app.debug:
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)

    @app.url_defaults
    def _add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = f"{mark}/{values['filename']}"
