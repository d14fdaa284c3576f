from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel


@pytest.fixture(autouse=True)
def app_context() -> Iterator[None]:
    """Errors are said in the reader's language, which an application knows."""
    app = Flask("readers")
    Babel(app)
    with app.app_context():
        yield
