import pandas as pd
import phonenumbers
import pytest

from app.core.phones import normalise
from app.customers.models import CARE_KINDS
from app.demo import people
from app.demo.city import City


@pytest.fixture(scope="module")
def customers(city: City) -> pd.DataFrame:
    return pd.concat(people.customer_frames(city), ignore_index=True)


def test_every_household_has_an_account_a_metering_point_and_a_meter(customers: pd.DataFrame) -> None:
    assert len(customers) == 3_000
    for column in ("account_no", "meter_point_no", "asset_no"):
        assert customers[column].is_unique
    assert customers["account_no"].str.fullmatch(r"\d{16}").all()


def test_phones_are_accepted_as_they_are_stored_and_have_no_assigned_prefix(
    city: City, customers: pd.DataFrame
) -> None:
    staff = people.managers(city)
    phones = pd.concat(
        [customers["phones"].str.split(";").explode(), staff["work_phone"], staff["supervision_phone"]]
    ).loc[lambda phone: phone != ""]
    assert all(normalise(phone, "0752") == phone for phone in phones.unique())
    assert phones.str.startswith(("154", "07521")).all()


def test_no_operator_has_the_prefix_of_the_mobile_numbers() -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse("15412345678", "CN"))
    assert phonenumbers.is_valid_number(phonenumbers.parse("15312345678", "CN"))


def test_no_two_customers_share_a_mobile_number(city: City, customers: pd.DataFrame) -> None:
    persons = customers.drop_duplicates("customer_no")
    numbers = pd.concat([persons["phones"].str.split(";").explode(), people.managers(city)["work_phone"]])
    assert numbers[numbers.str.startswith("154")].is_unique


def test_a_customer_with_two_accounts_has_one_name_and_one_set_of_phones(customers: pd.DataFrame) -> None:
    accounts = customers.groupby("customer_no")
    assert (accounts.size() > 1).any()
    assert (accounts[["name", "phones", "kind", "care"]].nunique() == 1).all(axis=None)


def test_shares_of_businesses_and_care_marks(customers: pd.DataFrame) -> None:
    assert 0.05 < (customers["kind"] == "business").mean() < 0.12
    assert 0.003 < (customers["care"] != "").mean() < 0.02
    assert set(customers["care"]) <= {"", *CARE_KINDS}


def test_addresses_tell_the_homes_behind_a_box_apart(customers: pd.DataFrame) -> None:
    assert not customers.duplicated(["box_no", "address"]).any()


def test_every_manager_has_another_one_of_the_station_as_backup(city: City) -> None:
    managers = people.managers(city).set_index("code")
    assert (managers["backup"] != managers.index).all()
    assert (managers["station"].reindex(managers["backup"]).to_numpy() == managers["station"].to_numpy()).all()
