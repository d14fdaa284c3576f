"""Phone numbers as people write them, and as they are stored: national digits, no blanks."""

import re
import unicodedata

import phonenumbers

SHORT_NUMBERS = frozenset({"95598", "12398", "12345", "110", "119", "120", "122"})
_GROUPS = (
    (re.compile(r"(1\d{2})(\d{4})(\d{4})"), "{} {} {}"),
    (re.compile(r"([48]00)(\d{3})(\d{4})"), "{} {} {}"),
    (re.compile(r"(0(?:10|2\d)|0\d{3})(\d{3,4})(\d{4})"), "{} {} {}"),
)
_EXTENSION = re.compile(r"(?:转|轉|ext|#).*$", re.IGNORECASE)
_NATIONAL_AFTER_86 = re.compile(r"86(0?1[3-9]\d{9}|0?[1-9]\d{1,2}[1-9]\d{6,7})")
_MOBILE_AFTER_TRUNK = re.compile(r"0(1[3-9]\d{9})")


def digits_of(text: str) -> str:
    """Only the digits, full-width ones made narrow, without extension, country code and trunk zero of a mobile."""
    digits = re.sub(r"[^0-9]", "", _EXTENSION.sub("", unicodedata.normalize("NFKC", text)))
    if national := _NATIONAL_AFTER_86.fullmatch(digits.removeprefix("00")):
        digits = national[1] if national[1].startswith(("0", "1")) else "0" + national[1]
    if mobile := _MOBILE_AFTER_TRUNK.fullmatch(digits):
        digits = mobile[1]
    return digits


def normalise(text: str, area_code: str, region: str = "CN") -> str | None:
    """The stored form of a phone number, or None where it is no phone number.

    >>> normalise("+86 138-1234-5678", "0752")
    '13812345678'
    >>> normalise("2345678", "0752")
    '07522345678'
    """
    digits = digits_of(text)
    if digits in SHORT_NUMBERS:
        return digits
    if len(digits) in (7, 8) and not digits.startswith(("0", "1")):
        digits = area_code + digits
    return digits if _is_valid(digits, region) else None


def _is_valid(digits: str, region: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(digits, region)) and _chinese(digits)
    except phonenumbers.NumberParseException:
        return False


def _chinese(digits: str) -> bool:
    """Mobile numbers have 11 digits from 13 to 19; others an area code and 7 or 8 digits; 400 and 800 ten."""
    return bool(re.fullmatch(r"1[3-9]\d{9}|0[1-9]\d{1,2}[1-9]\d{6,7}|[48]00\d{7}", digits))


def grouped(phone: str) -> str:
    """A telephone number as people read it out.

    >>> grouped("13800138000"), grouped("07522345678"), grouped("95598")
    ('138 0013 8000', '0752 234 5678', '95598')
    """
    for pattern, form in _GROUPS:
        if match := pattern.fullmatch(phone):
            return form.format(*match.groups())
    return phone


def international(phone: str) -> str:
    """A telephone number as somebody abroad would dial it; numbers that nobody can dial from there stay.

    >>> international("13800138000"), international("07522345678"), international("95598")
    ('+86 138 0013 8000', '+86 752 234 5678', '95598')
    """
    read_out = grouped(phone)
    return read_out if " " not in read_out or phone[0] in "48" else f"+86 {read_out.removeprefix('0')}"
