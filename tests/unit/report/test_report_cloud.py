"""Tenants on OVN in the report: flows tried by packets, names asked of the VPC's resolver."""

from __future__ import annotations

import msgspec
from report_samples import full_inputs

from crossconnect.report import CloudFlow, CloudName, CloudRun, write_html
from crossconnect.report.claim import Claim, conclude

FLOW = CloudFlow(what="web1 -> db1", why="a rule", wanted=True, passed=True)
NAME = CloudName(
    what="web1 asks 10.0.1.2 for db.example", why="<a zone>", wanted="10.0.2.4", answer="10.0.2.4"
)  # fmt: skip


def claim(run: CloudRun) -> Claim:
    inputs = msgspec.structs.replace(full_inputs(), cloud=run)
    return next(claim for claim in conclude(inputs).claims if claim.anchor == "cloud")


def test_names_are_counted_beside_the_flows() -> None:
    run = CloudRun(region="cloud", flows=(FLOW,), names=(NAME,))
    assert claim(run).status == "holds"
    assert claim(run).text == "1 of 1 flow as they must be: 1 to pass, 0 not to; 1 of 1 name answered as they must be"
    page = write_html(msgspec.structs.replace(full_inputs(), cloud=run))
    assert "web1 asks 10.0.1.2 for db.example" in page
    assert "&lt;a zone&gt;" in page


def test_a_wrong_answer_fails_the_claim_though_all_flows_are_right() -> None:
    wrong = msgspec.structs.replace(NAME, answer="10.0.9.9")
    found = claim(CloudRun(region="cloud", flows=(FLOW,), names=(NAME, wrong)))
    assert found.status == "fails"
    assert "1 of 2 names answered" in found.text


def test_a_run_without_names_is_judged_by_its_flows() -> None:
    found = claim(CloudRun(region="cloud", flows=(FLOW,)))
    assert (found.status, "name" in found.text) == ("holds", False)
