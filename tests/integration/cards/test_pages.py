"""The pages, the command and the kept prints."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.cards.cli import cards_command
from tests.factories import make_account, make_box, make_customer, make_manager, make_meter_point
from tests.integration.cards.scene import make_beat, text_of


def test_the_page_counts_cards_and_says_what_is_left_out(client: FlaskClient, session: Session) -> None:
    beat = make_beat(session, boxes=11)
    make_box(session, beat.cell.station, number="stray")
    session.commit()
    page = client.get("/cards/", query_string={"station": beat.cell.station.code}).text
    assert '<b class="figures" id="cards">11</b>' in page
    assert '<b class="figures" id="sheets">2</b>' in page
    assert "the box belongs to no grid cell" in page
    assert "stray" in page


def test_the_first_sheet_is_shown(client: FlaskClient, session: Session) -> None:
    beat = make_beat(session)
    answer = client.get("/cards/preview.svg", query_string={"box": f"{beat.boxes[0].number}, {beat.boxes[1].number}"})
    assert answer.mimetype == "image/svg+xml"
    assert answer.data.startswith(b"<svg")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layout": "none"}, "There is no sheet none"),
        ({"start": "x"}, "x is no number"),
        ({"day": "soon"}, "“soon” is no day"),
        ({"offset_x": "30"}, "at most 20.0 mm"),
    ],
)
def test_what_cannot_be_is_said_in_the_form(client: FlaskClient, wrong: dict[str, str], words: str) -> None:
    page = client.get("/cards/", query_string=wrong)
    assert page.status_code == 200
    assert words in page.text
    assert client.get("/cards/preview.svg", query_string=wrong).status_code in (404, 422)


def test_the_first_place_of_a_smaller_sheet_is_its_first(client: FlaskClient) -> None:
    page = client.get("/cards/", query_string={"layout": "a4-8", "start": "10"}).text
    assert 'name="start" value="1" checked' in page


def test_what_is_unknown_is_named_beside_what_was_typed(client: FlaskClient, session: Session) -> None:
    beat = make_beat(session)
    known = beat.boxes[0].number
    answer = client.get("/cards/", query_string={"box": f"{known} NOPE NEVER"})
    assert answer.status_code == 200
    assert "There is no meter box NOPE, NEVER." in answer.text
    assert f">{known} NOPE NEVER</textarea>" in answer.text
    page = client.get("/cards/", query_string={"manager": "nobody"}).text
    assert "no customer manager with the code nobody" in page
    assert 'value="nobody"' in page


def test_a_print_is_a_job_whose_file_is_kept_and_grows_old(
    client: FlaskClient, session: Session, run_jobs: Callable[[], None]
) -> None:
    beat = make_beat(session)
    query = {"manager": beat.manager.code}
    assert 'action="/cards/prints?' in client.get("/cards/", query_string=query).text
    page = client.post("/cards/prints", query_string=query).headers["Location"]
    run_jobs()
    assert "Download the PDF" in client.get(page).text
    assert client.get(f"{page}/cards.pdf").data.startswith(b"%PDF")
    assert "This print is old" not in client.get(page).text
    beat.manager.work_phone = "13800138001"
    session.commit()
    assert "This print is old" in client.get(page).text
    assert f'href="{page}"' in client.get("/cards/").text


def test_a_print_that_is_gone_says_so(client: FlaskClient) -> None:
    assert client.get("/cards/prints/7/cards.pdf").status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_prints_and_tells(app: Flask, session: Session, tmp_path: Path) -> None:
    beat, out = make_beat(session), tmp_path / "cards.pdf"
    stray = make_box(session, beat.cell.station)
    session.commit()
    numbers = [box.number for box in (*beat.boxes, stray)]
    run = CliRunner().invoke(cards_command, ["--box", *numbers, "--out", str(out), "--json"])
    told = json.loads(run.output)
    assert (told["cards"], told["sheets"], told["reasons"]) == (3, 1, {"no_cell": 1})
    assert told["issues"] == [{"box": stray.number, "reason": "no_cell", "detail": "", "printed": False}]
    assert "138 0013 8000" in text_of(out)
    run = CliRunner().invoke(cards_command, ["--station", beat.cell.station.code, "--out", str(out)])
    assert "3 cards on 1 sheets" in run.output
    assert f"1 box: the box belongs to no grid cell\n    {stray.number}\n" in run.output


class TestThePublicPage:
    def page(self, client: FlaskClient, token: str, **query: str) -> str:
        answer = client.get(f"/c/{token}", query_string=query)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Set-Cookie" not in answer.headers
        return answer.text

    def test_it_names_the_manager_with_numbers_to_tap(self, client: FlaskClient, session: Session) -> None:
        beat = make_beat(session)
        beat.manager.backup_id = make_manager(session, name="李小明", work_phone="13900139000").id
        session.commit()
        page = self.page(client, beat.cell.card_token)
        wanted = ("陈建国", 'href="tel:13800138000"', "李小明", 'href="tel:13900139000"', 'href="tel:07522345678"')
        assert [word for word in (*wanted, "江北供电所", beat.cell.code, 'href="tel:95598"') if word not in page] == []

    def test_it_speaks_both_languages(self, client: FlaskClient, session: Session) -> None:
        beat = make_beat(session)
        assert "Customer manager" in self.page(client, beat.cell.card_token)
        assert "客户经理" in self.page(client, beat.cell.card_token, lang="zh")

    def test_it_tells_nothing_else(self, client: FlaskClient, session: Session) -> None:
        beat = make_beat(session)
        beat.boxes[0].address = "水门路12号"
        customer = make_customer(session, name="陈测试", phones=("13700137000",))
        point = make_meter_point(session, beat.boxes[0], make_account(session, customer))
        session.commit()
        page = self.page(client, beat.cell.card_token)
        secrets = (
            "陈测试",
            "13700137000",
            "水门路",
            point.number,
            beat.boxes[0].number,
            beat.manager.code,
            "/customers",
        )
        assert [secret for secret in secrets if secret in page] == []

    def test_whatever_is_unknown_looks_the_same(self, client: FlaskClient, session: Session) -> None:
        beat = make_beat(session)
        token = beat.cell.card_token
        beat.cell.retired_at = beat.cell.created_at
        session.commit()
        answers = [client.get(f"/c/{unknown}") for unknown in (token, token[:-1] + "_", "1", "x" * 300)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.data for answer in answers}) == 1

    def test_a_cell_without_a_manager_sends_to_the_hotline(self, client: FlaskClient, session: Session) -> None:
        beat = make_beat(session)
        beat.manager.left_on = beat.cell.created_at.date()
        session.commit()
        page = self.page(client, beat.cell.card_token)
        assert "陈建国" not in page
        assert 'href="tel:95598"' in page
