"""How each route is tried: once for what lies within the reach of somebody of the first station, once for the other.

`{braces}` are filled from the scene. A route that names a place in its address, query or form is tried with the own one
and with the other one, and reaches the other when it answers neither 403 nor 404. A route that lists is tried once, and
reaches the other when the answer holds its mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Probe:
    """The arguments of the address, its query, and its form or JSON; some have nothing of a place in them."""

    args: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    json: dict[str, Any] = field(default_factory=dict)
    lists: bool = False
    shown: str = "-{mark}"
    """What of the other place would stand in a list."""

    @property
    def placed(self) -> bool:
        """Whether the same can be asked of the other place."""
        return any("{" in text for part in (self.args, self.query, self.form, self.json) for text in part.values())


def at(
    form: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    json: dict[str, Any] | None = None,
    **args: str,
) -> Probe:
    """A route of one thing."""
    return Probe(args, query or {}, form or {}, json or {})


LISTS, PLAIN = Probe(lists=True), Probe()
CELL, MANAGER, STATION = {"code": "{cell}"}, {"code": "{manager}"}, {"code": "{station}"}
CARDS = {"station": "{station}"}
DAYS = {"valid_from": "2026-01-01", "last_day": "2026-01-02"}
PASSWORDS = {"login": "nobody.at.all", "password": "not this one"}

PROBES: dict[str, Probe] = {
    "lookup.start": PLAIN,
    "lookup.index": Probe(query={"q": "{account}"}, lists=True, shown="manager-{mark}"),
    "lookup.live": Probe(query={"q": "{phone}"}, lists=True, shown="经理 {mark}"),
    "lookup_api.look_up": Probe(query={"q": "{phone}"}, lists=True, shown="manager-{mark}"),
    "customers_api.list_customers": Probe(lists=True, shown="manager-{mark}"),
    "customers_api.get_customer": at(account_id="{account_id}"),
    "customers_api.reveal_customer": at(account_id="{account_id}", json={"reason": "caller"}),
    "points_api.get_meter_point": at(number="{point}"),
    "points_api.list_meter_points_of_cell": at(**CELL),
    "points_api.list_meter_points_of_box": at(number="{box}"),
    "customers.index": LISTS,
    "customers.show": at(account_id="{account_id}"),
    "customers.reveal": at(account_id="{account_id}", form={"reason": "caller"}),
    "grid.cells": LISTS,
    "grid.cells_layer": LISTS,
    "grid.stations_layer": LISTS,
    "grid.cell": at(**CELL),
    "grid.give": at(**CELL, form={"manager": "{manager}", "since": "2026-01-01"}),
    "grid.managers": LISTS,
    "beats.manager": at(**MANAGER),
    "beats.leave": at(**MANAGER, form={"left_on": "2030-01-01"}),
    "grid.photo": at(**MANAGER),
    "grid.set_photo": at(**MANAGER),
    "beats.stations": LISTS,
    "beats.station": at(**STATION),
    "beats.below": at(**STATION),
    "beats.box": at(number="{box}"),
    "beats.boxes": LISTS,
    "beats.areas": LISTS,
    "plans.index": Probe(lists=True, shown="供电所 {mark}"),
    "plans.begin": at(form={"unit": "{station}", "name": "plan"}),
    "plans.plan": at(plan_id="{plan}"),
    "plans.log": at(plan_id="{plan}"),
    "plans.copy": at(plan_id="{plan}", form={"name": "copy"}),
    "plans.rename": at(plan_id="{plan}", form={"name": "other"}),
    "plans.collided": at(plan_id="{plan}"),
    "plans.carry": at(plan_id="{plan}"),
    "plan_map.whole": at(plan_id="{plan}"),
    "plan_map.layer": at(plan_id="{plan}"),
    "plan_map.changes": at(plan_id="{plan}"),
    "plan_map.take": at(plan_id="{plan}", json={"kind": "lock"}),
    "plan_map.undo": at(plan_id="{plan}"),
    "plan_map.redo": at(plan_id="{plan}"),
    "plan_files.as_csv": at(plan_id="{plan}"),
    "plan_files.as_geojson": at(plan_id="{plan}"),
    "plan_files.form": at(plan_id="{plan}"),
    "plan_files.take": at(plan_id="{plan}"),
    "plan_comparison.show": at(plan_id="{plan}"),
    "plan_comparison.layer": at(plan_id="{plan}"),
    "plan_edits.split": at(plan_id="{plan}"),
    "plan_edits.merge": at(plan_id="{plan}"),
    "plan_edits.reshape": at(plan_id="{plan}"),
    "plan_publication.follows": at(plan_id="{plan}"),
    "plan_publication.submit": at(plan_id="{plan}"),
    "plan_publication.back": at(plan_id="{plan}"),
    "plan_publication.approve": at(plan_id="{plan}"),
    "plan_publication.publish": at(plan_id="{plan}"),
    "plan_publication.withdraw": at(plan_id="{plan}"),
    "plan_publication.roll_back": at(plan_id="{plan}"),
    "plan_publication.start_print": at(plan_id="{plan}"),
    "plan_publication.masked_list": at(plan_id="{plan}", kind="csv"),
    "plan_publication.full_list": at(plan_id="{plan}", kind="csv"),
    "plan_publication.beats": at(plan_id="{plan}"),
    "plan_publication.hand_over": at(plan_id="{plan}"),
    "plan_follow_files.start": at(plan_id="{plan}", form={"file": "beats.gpkg"}),
    "plan_follow_files.fetch": at(plan_id="{plan}", job_id="{plan_file}"),
    "plan_engine.start_proposal": at(plan_id="{plan}"),
    "plan_engine.proposal": at(plan_id="{plan}"),
    "plan_engine.take_over": at(plan_id="{plan}"),
    "plan_engine.best_single_moves": at(plan_id="{plan}"),
    "plan_engine.found": at(plan_id="{plan}"),
    "plan_engine.show": at(plan_id="{plan}"),
    "plan_engine.mend": at(plan_id="{plan}", form={"to": "{manager}", "seen": "0"}),
    "grid.share_out": at(**STATION, form={"since": "2026-01-01"}),
    "assignment.layer": at(query={"station": "{station}"}),
    "assignment.places": at(query={"station": "{station}"}),
    "assignment.prove": PLAIN,
    "assignment.make": at(query={"station": "{station}"}, form={"method": "kmeans", "target": "2000"}),
    "assignment.areas": at(**CELL),
    "assignment.boxes": at(**CELL),
    "assignment.merge": at(**CELL, form={"with": "{cell}"}),
    "assignment.reshape": at(**CELL, form={"shape": "{{}}"}),
    "assignment.split": at(**CELL),
    "assignment.worklist": LISTS,
    "assignment.point": at(number="{point}"),
    "assignment.override": at(number="{point}", form={"cell": "{cell}", "why": "seen on the spot"}),
    "assignment.release": at(number="{point}"),
    "maps.index": LISTS,
    "maps.uncovered": at(query={"station": "{station}"}),
    "maps.coverage": at(kind="html", query={"station": "{station}"}),
    "cards.index": LISTS,
    "cards.preview": at(query=CARDS),
    "cards.start_print": at(form=CARDS),
    "cards.show_print": at(job_id="{print}"),
    "cards.kept_print": at(job_id="{print}"),
    "imports.index": Probe(lists=True, shown="file {mark}"),
    "imports.new": PLAIN,
    "imports.upload": at(form={"kind": "customers"}),
    "imports.show": at(run_id="{ended}"),
    "imports.columns": at(run_id="{waiting}"),
    "imports.start": at(run_id="{waiting}", form={"field": "account_no", "heading": "户号"}),
    "import_rows.rejected": at(run_id="{ended}"),
    "import_rows.mend": at(run_id="{ended}", form={"cell-2-0": "mended"}),
    "import_rows.behind": at(run_id="{ended}", state="created"),
    "jobs.index": Probe(lists=True, shown="Import {mark}"),
    "jobs.show": at(job_id="{job}"),
    "jobs.progress": at(job_id="{job}"),
    "jobs.stop": at(job_id="{job}"),
    "cells_api.list_cells": LISTS,
    "cells_api.get_cell": at(**CELL),
    "cells_api.get_cell_history": at(**CELL),
    "cells_api.get_cell_owner": at(**CELL),
    "cells_api.put_cell_owner": at(**CELL, json={"manager": "{manager}", "since": "2026-01-01"}),
    "cells_api.list_ownership": LISTS,
    "staff_api.list_stations": LISTS,
    "staff_api.list_managers": LISTS,
    "staff_api.get_manager": at(**MANAGER),
    "staff_api.patch_manager": at(**MANAGER, json={"left_on": "2030-01-01"}),
    "plans_api.list_plans": Probe(lists=True, shown="station-{mark}"),
    "plans_api.post_plan": at(json={"station": "{station}", "name": "plan"}),
    "plans_api.get_plan": at(plan_id="{plan}"),
    "plans_api.get_plan_loads": at(plan_id="{plan}"),
    "plans_api.list_plan_cells": at(plan_id="{plan}"),
    "plans_api.get_plan_findings": at(plan_id="{plan}"),
    "plans_api.get_plan_comparison": at(plan_id="{plan}"),
    "plans_api.get_plan_csv": at(plan_id="{plan}"),
    "plans_api.get_plan_geojson": at(plan_id="{plan}"),
    "plans_api.post_plan_step": at(plan_id="{plan}", json={"lock": ["{cell}"]}),
    "plans_api.undo_plan_step": at(plan_id="{plan}"),
    "plans_api.redo_plan_step": at(plan_id="{plan}"),
    "plan_publication_api.submit_plan": at(plan_id="{plan}"),
    "plan_publication_api.send_plan_back": at(plan_id="{plan}", json={"why": ""}),
    "plan_publication_api.approve_plan": at(plan_id="{plan}"),
    "plan_publication_api.publish_plan": at(plan_id="{plan}", json={"day": "2030-01-01"}),
    "plan_publication_api.withdraw_plan": at(plan_id="{plan}"),
    "plan_publication_api.roll_plan_back": at(plan_id="{plan}", json={"day": "2030-01-01"}),
    "imports_api.post_import": at(form={"kind": "customers"}),
    "imports_api.list_imports": Probe(lists=True, shown="file {mark}"),
    "imports_api.get_import": at(import_id="{ended}"),
    "imports_api.get_rejected_rows": at(import_id="{ended}"),
    "cards_api.post_cards": at(json=CARDS),
    "cards_api.get_cards_pdf": at(job_id="{print}"),
    "jobs_api.list_jobs": Probe(lists=True, shown="Import {mark}"),
    "jobs_api.get_job": at(job_id="{job}"),
    "jobs_api.stop_job": at(job_id="{job}"),
    "audit.index": PLAIN,
    "audit.export": PLAIN,
    "audit.prove": PLAIN,
    "accounts.account": PLAIN,
    "accounts.own_factor": PLAIN,
    "accounts.send_own_factor": PLAIN,
    "accounts.remove_own_factor": PLAIN,
    "accounts.change_password": PLAIN,
    "accounts.end_session": at(session_id="{session}"),
    "accounts.add_token": PLAIN,
    "accounts.revoke_token": at(token_id="{api_token}"),
    "accounts.sign_out": PLAIN,
    "accounts.users": Probe(lists=True, shown="{login}"),
    "accounts.add_user": at(form={"login": "somebody.new", "name": "新人", "role": "clerk", "place": "{station}"}),
    "accounts.user": at(login="{login}"),
    "accounts.change_user": at(login="{login}", deed="require-factor"),
    "accounts.add_grant": at(login="{login}", form={"role": "clerk", "place": "{station}"}),
    "accounts.end_grant": at(login="{login}", grant_id="{grant}"),
    "accounts.add_stand_in": at(login="{login}", form={"stand_in": "{colleague}", **DAYS}),
    "accounts.end_stand_in": at(login="{login}", leave_id="{leave}"),
    "accounts.sign_in": PLAIN,
    "accounts.send_sign_in": at(form=PASSWORDS),
    "accounts.code": PLAIN,
    "accounts.send_code": PLAIN,
    "accounts.enrol": PLAIN,
    "accounts.send_enrol": PLAIN,
    "accounts.new_password": PLAIN,
    "accounts.send_new_password": PLAIN,
    "accounts.sso": PLAIN,
    "accounts.sso_back": PLAIN,
    "cards_public.show": at(token="{token}"),
    "core.language": at(language="en"),
    "core.theme": PLAIN,
    "operations.healthz": PLAIN,
    "operations.readyz": PLAIN,
    "operations.figures": PLAIN,
    "api.docs": PLAIN,
    "api.openapi": PLAIN,
    "static": at(filename="core/app.css"),
}


def filled(part: Mapping[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """The part of a probe with the names of one place."""
    return {
        name: [each.format(**names) for each in said] if isinstance(said, list) else said.format(**names)
        for name, said in part.items()
    }
