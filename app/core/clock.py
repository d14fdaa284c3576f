"""What day it is, for everyone."""

import os
from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo(os.environ.get("GRIDCRM_TIME_ZONE", "Asia/Shanghai"))


def today() -> date:
    """The calendar day where the utility is."""
    return datetime.now(ZONE).date()
