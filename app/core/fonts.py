"""The Chinese font for print, brought by a package at set-up."""

from pathlib import Path

import pylopdf_fonts_zh_cn

FONT_FILE = Path(pylopdf_fonts_zh_cn.sans_path())
FONT_FOLDER = FONT_FILE.parent
FAMILY = "Noto Sans SC"
