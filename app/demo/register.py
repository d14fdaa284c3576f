"""Write the demo city's organisation, network and managers into an empty register."""

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.customers.models import MeterBox
from app.demo import dirt, facts, people
from app.demo.city import City
from app.demo.queries import ids_by
from app.grid.models import CustomerManager
from app.organisation.models import Feeder, OrganisationUnit, TransformerArea

BUREAU = "HZ"


def add_organisation(session: Session, city: City) -> None:
    """The bureau, a district bureau for every county, the stations with their boundaries."""
    bureau = OrganisationUnit(code=BUREAU, name="惠州供电局", kind="bureau")
    districts = {
        code: OrganisationUnit(
            code=county["letters"], name=county["name"][:2] + "供电局", kind="district", parent=bureau
        )
        for code, county in facts.counties().iterrows()
    }
    phones = people.supervision_phones(city)
    session.add_all(districts.values())
    session.add_all(
        OrganisationUnit(
            code=station.code,
            name=station.name,
            kind="station",
            parent=districts[station.county],
            supervision_phone=phones[station.code],
            boundary=station.boundary,
        )
        for station in city.land.stations.sort_values("code").itertuples(index=False)
    )
    session.flush()


def add_network(session: Session, city: City) -> None:
    """Feeders and transformer areas."""
    stations = ids_by(session, OrganisationUnit.code)
    lines = city.feeders.assign(station_id=city.feeders["station"].map(stations))
    session.execute(insert(Feeder), lines[["code", "name", "station_id"]].to_dict("records"))
    feeders = ids_by(session, Feeder.code)
    areas = city.areas.assign(
        station_id=city.areas["station"].map(stations), feeder_id=city.areas["feeder"].map(feeders)
    )
    columns = ["code", "name", "station_id", "feeder_id"]
    session.execute(insert(TransformerArea), areas[columns].to_dict("records"))


def add_managers(session: Session, city: City) -> None:
    """Customer managers, and who stands in for whom."""
    managers = people.managers(city)
    managers["station_id"] = managers["station"].map(ids_by(session, OrganisationUnit.code))
    columns = ["code", "name", "station_id", "work_phone", "supervision_phone"]
    session.execute(insert(CustomerManager), managers[columns].to_dict("records"))
    ids = ids_by(session, CustomerManager.code)
    backups = zip(managers["code"].map(ids), managers["backup"].map(ids), strict=True)
    session.execute(update(CustomerManager), [{"id": own, "backup_id": backup} for own, backup in backups])


def book_on_wrong_areas(session: Session, city: City) -> list[int]:
    """Let some boxes say that another transformer area supplies them; their ids."""
    wrong = dirt.wrong_areas(city)
    boxes, areas = ids_by(session, MeterBox.number), ids_by(session, TransformerArea.code)
    ids = wrong.index.map(boxes).tolist()
    rows = zip(ids, wrong.map(areas), strict=True)
    session.execute(update(MeterBox), [{"id": box, "transformer_area_id": area} for box, area in rows])
    return ids
