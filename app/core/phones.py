"""Phone numbers as people write them, and as they are stored: national digits, no blanks."""

import re

import phonenumbers

SHORT_NUMBERS = frozenset({"95598", "12398", "12345", "110", "119", "120", "122"})
_SEPARATORS = re.compile(r"[\s\-‐-―()（）.·/+]|转.*$")
_WIDE = str.maketrans("0123456789+-", "0123456789+-")


def digits_of(text: str) -> str:
    """Only the digits, full-width ones made narrow and the country code taken off."""
    narrow = text.translate(_WIDE).strip()
    digits = re.sub(r"\D", "", _SEPARATORS.sub("", narrow))
    international = narrow.startswith(("+", "00"))
    if digits.startswith("0086"):
        digits = digits[4:]
    elif digits.startswith("86") and (international or len(digits) == 13):
        digits = digits[2:]
    else:
        return digits
    return digits if digits.startswith(("0", "1")) else "0" + digits


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
