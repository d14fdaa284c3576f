"""Whom one chooses among the hits of a look-up lies within one's reach, whatever number the address names."""

from flask import Flask
from sqlalchemy.orm import Session

from app.core.access import Role
from tests.integration.access.scene import PHONE, make_scene


def test_only_those_within_reach_are_found_and_chosen(app: Flask, session: Session) -> None:
    scene = make_scene(app, session)
    near, far = (place.things["account_id"] for place in (scene.near, scene.far))
    for role in (Role.MANAGER, Role.SUPERVISOR):
        client = scene.clients[role.value]
        found = client.get("/lookup", query_string={"q": PHONE}).text
        assert ("经理 NEAR" in found, "经理 FAR" in found) == (True, False)
        chosen = [client.get("/lookup", query_string={"account": account}).status_code for account in (near, far)]
        assert chosen == [200, 404]
    assert scene.clients[Role.HOTLINE.value].get("/lookup", query_string={"account": far}).status_code == 200
