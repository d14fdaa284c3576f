"""What the map of a plan asks for and tells, over HTTP."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import make_manager, make_plan, make_row_of_cells, make_station


class Scene:
    """A station with two managers of two cells each, in a plan."""

    def __init__(self, session: Session) -> None:
        station = make_station(session)
        self.managers = make_row_of_cells(session, station)
        self.idle = make_manager(session, station).code
        plan = make_plan(session, station)
        session.commit()
        self.address = f"/plans/{plan.id}"


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def test_the_map_gets_managers_cells_and_borders(client: FlaskClient, scene: Scene) -> None:
    data = client.get(f"{scene.address}/map.json").get_json()
    assert [manager["code"] for manager in data["managers"]] == [*scene.managers, scene.idle]
    assert [cell["households"] for cell in data["cells"]] == [100] * 4
    assert [edge[:2] for edge in data["edges"]] == [[0, 1], [1, 2], [2, 3]]


def test_a_target_is_a_share_of_what_the_station_has(client: FlaskClient, scene: Scene) -> None:
    data = client.get(f"{scene.address}/map.json").get_json()
    assert [manager["target"] for manager in data["managers"]] == [133] * 3


def test_the_shapes_come_by_key(client: FlaskClient, scene: Scene) -> None:
    data = client.get(f"{scene.address}/map.json").get_json()
    layer = client.get(f"{scene.address}/cells.geojson").get_json()
    assert [shape["properties"]["key"] for shape in layer["features"]] == [cell["key"] for cell in data["cells"]]


def test_a_step_answers_with_what_changed(client: FlaskClient, scene: Scene) -> None:
    data = client.get(f"{scene.address}/map.json").get_json()
    key, to = data["cells"][1]["key"], data["managers"][1]
    step = {"kind": "move", "cells": [key], "to": to["code"], "seen": 0}
    answer = client.post(f"{scene.address}/steps", json=step).get_json()
    assert (answer["version"], answer["undo"], answer["redo"]) == (1, True, False)
    assert [(cell["key"], cell["manager"]) for cell in answer["cells"]] == [(key, to["id"])]


def test_an_overtaken_step_answers_with_what_is_there(client: FlaskClient, scene: Scene) -> None:
    key = client.get(f"{scene.address}/map.json").get_json()["cells"][1]["key"]
    client.post(f"{scene.address}/steps", json={"kind": "move", "cells": [key], "to": scene.managers[1], "seen": 0})
    late = {"kind": "move", "cells": [key], "to": scene.idle, "seen": 0}
    answer = client.post(f"{scene.address}/steps", json=late)
    assert answer.status_code == 409
    assert key in answer.get_json()["error"]
    assert [cell["key"] for cell in answer.get_json()["cells"]] == [key]


def test_the_changes_of_others_can_be_asked_for(client: FlaskClient, scene: Scene) -> None:
    key = client.get(f"{scene.address}/map.json").get_json()["cells"][0]["key"]
    client.post(f"{scene.address}/steps", json={"kind": "lock", "cells": [key], "seen": 0})
    seen = client.get(f"{scene.address}/changes.json?since=0").get_json()
    assert [(cell["key"], cell["locked"]) for cell in seen["cells"]] == [(key, True)]
    assert client.get(f"{scene.address}/changes.json?since=1").get_json()["cells"] == []


def test_undo_and_redo_answer_with_what_changed(client: FlaskClient, scene: Scene) -> None:
    key = client.get(f"{scene.address}/map.json").get_json()["cells"][0]["key"]
    client.post(f"{scene.address}/steps", json={"kind": "lock", "cells": [key], "seen": 0})
    undone = client.post(f"{scene.address}/undo", json={"seen": 1}).get_json()
    assert [(cell["key"], cell["locked"]) for cell in undone["cells"]] == [(key, False)]
    assert (undone["undo"], undone["redo"]) == (False, True)
    redone = client.post(f"{scene.address}/redo", json={"seen": 2}).get_json()
    assert [cell["locked"] for cell in redone["cells"]] == [True]


def test_a_step_sent_twice_under_one_name_is_taken_once(client: FlaskClient, scene: Scene) -> None:
    keys = [cell["key"] for cell in client.get(f"{scene.address}/map.json").get_json()["cells"]]
    for key in keys[:2]:
        client.post(f"{scene.address}/steps", json={"kind": "lock", "cells": [key], "seen": 1})
    turned = {"seen": 2, "sent_as": "a1"}
    answers = [client.post(f"{scene.address}/undo", json=turned).get_json() for _time in range(2)]
    assert answers[0] == answers[1]
    assert [(cell["key"], cell["locked"]) for cell in answers[1]["cells"]] == [(keys[1], False)]


def test_what_another_did_unseen_is_not_undone(client: FlaskClient, scene: Scene) -> None:
    key = client.get(f"{scene.address}/map.json").get_json()["cells"][0]["key"]
    client.post(f"{scene.address}/steps", json={"kind": "lock", "cells": [key], "seen": 0})
    answer = client.post(f"{scene.address}/undo", json={"seen": 0})
    assert answer.status_code == 409
    assert [(cell["key"], cell["locked"]) for cell in answer.get_json()["cells"]] == [(key, True)]
