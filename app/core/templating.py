"""Templates are compiled once for an installation, not once for a process."""

import os
from pathlib import Path

import jinja2
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app.core.settings import Settings

BESIDE_MODULES = Path(__file__).parent / "__pycache__"


def prepare(app: Flask, settings: Settings) -> None:
    """Keep compiled templates beside the compiled modules, or in the instance folder where those belong to others.

    To be called before anything asks for `app.jinja_env`. What is kept depends on the template and on Jinja alone: with
    its optimizer, a filter over a constant would be kept too, and outlive a change of the filter.
    """
    place = BESIDE_MODULES if os.access(BESIDE_MODULES.parent, os.W_OK) else settings.instance / "compiled"
    place.mkdir(exist_ok=True)
    kept = FileSystemBytecodeCache(str(place), f"jinja-{jinja2.__version__}-%s.cache")
    app.jinja_options = app.jinja_options | {"bytecode_cache": kept, "optimized": False}


def compile_all(app: Flask) -> None:
    """Have every page ready, lest its first reader wait for the compiler."""
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
