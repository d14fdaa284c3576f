"""Personal data, shown as little as the eye needs to recognise it."""

import re

_NUMBER = re.compile(r"\d+")


def mask_phone(phone: str | None) -> str:
    """138****5678; short numbers keep their last two digits.

    >>> mask_phone("13812345678")
    '138****5678'
    >>> mask_phone("07522345678")
    '075****5678'
    """
    if not phone:
        return ""
    if len(phone) < 8:
        return "*" * (len(phone) - 2) + phone[-2:]
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"


def mask_name(name: str | None) -> str:
    """The first character stays.

    >>> mask_name("陈建国")
    '陈**'
    """
    if not name:
        return ""
    return name[0] + "*" * min(len(name) - 1, 4)


def mask_account(number: str | None) -> str:
    """The last four characters stay.

    >>> mask_account("0317000123456")
    '*********3456'
    """
    if not number:
        return ""
    return "*" * max(len(number) - 4, 0) + number[-4:]


def mask_address(address: str | None) -> str:
    """Building and door numbers go.

    >>> mask_address("惠城区桥东街道水门路12号3栋501房")
    '惠城区桥东街道水门路**号**栋**房'
    """
    return _NUMBER.sub("**", address or "")
