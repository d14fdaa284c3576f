"""Who lives there, under which account, and who answers for them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from app.demo import facts, numbers
from app.demo.blocks import HOUSE, STAIRS, TOWER
from app.demo.city import VILLAGE, City
from app.demo.texts import joined

TARGET_HOUSEHOLDS = 1_967
"""Huizhou's 1.78 million customers among its 905 managers."""
FEWEST_MANAGERS = 2
"""Of a station, so that everyone has a backup."""
SECOND_ACCOUNT_SHARE = 0.02
WITHOUT_PHONE, WITH_LANDLINE, WITH_TWO_PHONES = 0.07, 0.04, 0.15
BUSINESS_SHARE = np.array([0.03, 0.06, 0.16, 0.06])
"""By style: TOWER, STAIRS, HOUSE, VILLAGE."""
CLAN_SHARE = 0.6
"""So many of a hamlet bear the same family name."""
ONE_CHARACTER_SHARE = 0.15
LIVES_ALONE, LIFE_SUPPORT, IMPORTANT = 0.02, 0.001, 0.02
"""Of households in villages, of all households, of businesses."""
FLATS_A_FLOOR = {TOWER: 4, STAIRS: 2, HOUSE: 1}
FIRST_INSTALLED, DAYS_OF_INSTALLING = np.datetime64("2012-03-01"), 4_200


def managers(city: City) -> pd.DataFrame:
    """Customer managers: code, name, station, work_phone, supervision_phone, backup (code of the next one)."""
    rng = np.random.default_rng([city.seed, 4])
    households = city.boxes.groupby("station")["size"].sum()
    count = np.maximum(FEWEST_MANAGERS, np.round(households / TARGET_HOUSEHOLDS).astype(int))
    station = pd.Series(households.index.repeat(count))
    rank = station.groupby(station).cumcount()
    backup = (rank + 1) % station.map(count)
    serial = np.arange(len(station))
    return pd.DataFrame(
        {
            "code": _manager_codes(station, rank),
            "name": _person_names(len(station), rng),
            "station": station,
            "work_phone": numbers.work_phones(serial),
            "supervision_phone": station.map(supervision_phones(city)),
            "backup": _manager_codes(station, backup),
        }
    )


def supervision_phones(city: City) -> pd.Series:
    """The number at each station (code) that takes complaints about its managers."""
    codes = city.land.stations["code"].sort_values()
    return pd.Series(numbers.landlines(np.arange(len(codes))), index=codes)


def customer_frames(city: City) -> Iterator[pd.DataFrame]:
    """One frame a station, in the columns that the register stores, a row for each metering point."""
    serial = len(city.land.stations)
    for number, (station, boxes) in enumerate(city.boxes.groupby("station")):
        rng = np.random.default_rng([city.seed, 5, number])
        frame = _station_frame(str(station), number, boxes, serial, rng)
        serial += len(frame)
        yield frame


def _station_frame(station: str, number: int, boxes: pd.DataFrame, serial: int, rng: Generator) -> pd.DataFrame:
    """Rows of one station; `serial` is the first one that no other station uses."""
    homes = boxes.loc[boxes.index.repeat(boxes["size"])].reset_index(drop=True)
    homes["door"] = homes.groupby("box_no").cumcount()
    customers = _customers(homes, serial + np.arange(len(homes)), rng)
    holder = _holders(customers, rng)
    own = np.arange(1, len(homes) + 1)
    digits = f"{int(homes['county'].iloc[0]) % 100:02}{number + 1:02}"
    account = numbers.account_numbers(digits, own)
    installed = rng.integers(0, DAYS_OF_INSTALLING, len(homes))
    day = FIRST_INSTALLED + installed.astype("timedelta64[D]")
    where = homes["county"].map(facts.counties()["name"]) + homes["town"] + homes["place"]
    village = homes["style"] == VILLAGE
    frame = customers.iloc[holder].reset_index(drop=True)
    return frame.assign(
        account_no=account,
        customer_no=joined("K", account)[holder],
        address=where + _doors(homes),
        meter_point_no=joined(account, "01"),
        asset_no=numbers.asset_numbers(day.astype("datetime64[Y]").astype(int) + 1970, serial + own),
        installed_on=day.astype(object),
        box_no=homes["box_no"],
        box_address=where.where(~village, where + homes["number"].astype(str) + "号"),
        station=station,
        area=homes["area"],
        lon=homes["lon"],
        lat=homes["lat"],
    )


def _customers(homes: pd.DataFrame, serial: NDArray[np.int64], rng: Generator) -> pd.DataFrame:
    """A customer for each home: name, kind, phones, care."""
    style, count = homes["style"].to_numpy(), len(homes)
    business = rng.random(count) < BUSINESS_SHARE[style]
    clan = np.where(homes["hamlet"] >= 0, homes.groupby(["seat", "hamlet"]).ngroup(), -1)
    names = np.where(business, _business_names(count, rng), _person_names(count, rng, clan))
    draw = rng.random(count)
    alone = ~business & (style == VILLAGE) & (draw < LIVES_ALONE)
    support = ~business & (draw > 1 - LIFE_SUPPORT)
    important = business & (draw < IMPORTANT)
    return pd.DataFrame(
        {
            "name": names,
            "kind": np.where(business, "business", "household"),
            "phones": _phones(serial, rng),
            "care": np.select([alone, support, important], ["lives_alone", "life_support", "important"], ""),
        }
    )


def _holders(customers: pd.DataFrame, rng: Generator) -> NDArray[np.int64]:
    """Whose account each one is: nearly always the home's own customer, else another customer of the station."""
    holder = np.arange(len(customers))
    second = rng.random(len(customers)) < SECOND_ACCOUNT_SHARE
    if second.any() and not second.all():
        holder[second] = rng.choice(holder[~second], second.sum())
    return holder


def _doors(homes: pd.DataFrame) -> NDArray[np.object_]:
    """What follows the box's address: the room, in a hamlet the house."""
    style, door, size = (homes[column].to_numpy() for column in ("style", "door", "size"))
    flats = np.array([FLATS_A_FLOOR.get(each, 1) for each in range(VILLAGE + 1)])[style]
    room = joined((door // flats + 1) * 100 + door % flats + 1, "房")
    house = joined(homes["number"].to_numpy(dtype=int) + door, "号")
    alone = (style == HOUSE) & (size == 1)
    return np.select([style == VILLAGE, alone], [house, np.full(len(homes), "", dtype=object)], room)


def _phones(serial: NDArray[np.int64], rng: Generator) -> NDArray[np.object_]:
    """None, one or two phones of each customer, ";"-joined."""
    first, second, landline = numbers.mobiles(2 * serial), numbers.mobiles(2 * serial + 1), numbers.landlines(serial)
    draw = rng.random(len(serial))
    edges = np.cumsum([WITHOUT_PHONE, WITH_LANDLINE, WITH_TWO_PHONES])
    choices: list[Any] = [np.full(len(serial), "", dtype=object), landline, joined(first, ";", second)]
    return np.select([draw < edge for edge in edges], choices, first)


def _person_names(count: int, rng: Generator, clan: NDArray[np.int64] | None = None) -> NDArray[np.object_]:
    """Family name and one or two characters; most of a clan (a number, -1 for none) share their family name."""
    surnames, share = facts.words("surname")
    family = rng.choice(surnames, count, p=share)
    if clan is not None and clan.max(initial=-1) >= 0:
        of_clan = rng.choice(surnames, clan.max() + 1, p=share)
        member = (clan >= 0) & (rng.random(count) < CLAN_SHARE)
        family[member] = of_clan[clan[member]]
    woman = rng.random(count) < 0.5
    kinds = ("given_male", "given_female")
    given = [np.where(woman, *(rng.choice(facts.words(kind)[0], count) for kind in kinds[::-1])) for _nth in range(2)]
    return family + given[0] + np.where(rng.random(count) < ONE_CHARACTER_SHARE, "", given[1])


def _business_names(count: int, rng: Generator) -> NDArray[np.object_]:
    first, last = (rng.choice(facts.words(kind)[0], count) for kind in ("trade_first", "trade_last"))
    return first + last


def _manager_codes(station: pd.Series, rank: pd.Series) -> pd.Series:
    return station + "-" + (rank + 1).map("{:02}".format)
