"""Which encoding a text file is in."""

import codecs
from pathlib import Path

ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16")
"""What can be chosen by hand."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 1 << 20


def detect(path: Path, start: int = 0) -> str:
    """By its byte order mark; else UTF-8 when the whole file is sound UTF-8 from byte `start` on, else GB18030.

    GB18030 holds GBK and GB2312, in which Chinese Windows and the utilities' older systems write.
    """
    with path.open("rb") as file:
        head = file.read(4)
        for mark, encoding in _MARKS:
            if start == 0 and head.startswith(mark):
                return encoding
        file.seek(start)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"
