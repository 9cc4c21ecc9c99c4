"""The page: what it claims, what it admits, and that it stands alone."""

import re
from html.parser import HTMLParser

import msgspec
import pytest
from report_samples import clos, drill, effect, failure, full_inputs, metro, sweep

from crossconnect.checks import UnderFailure
from crossconnect.finding import Finding, Place, Severity
from crossconnect.report import Ping, ReportInputs, RunFacts, compare, write_html
from crossconnect.report.claim import conclude
from crossconnect.state.tables import RouteRow, State

VOID = {"meta", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Elements as (tag, attributes); fails on tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def changed(**kind):
    return msgspec.structs.replace(full_inputs(), **kind)


def error(message="broken"):
    return Finding(code="checks.x", severity=Severity.ERROR, place=Place(path="a"), message=message)


def ping(expected, seen, to="acme-prod"):
    return Ping(
        source="a", source_scope="acme-prod", destination="b", destination_scope=to, expected=expected, seen=seen
    )


def test_everything_held_and_confirmed_is_proven():
    assert conclude(full_inputs()).verdict == "proven"
    assert "Proven" in write_html(full_inputs())


def test_without_a_lab_it_only_holds_in_simulation():
    conclusion = conclude(changed(comparisons=None, pings=None, drills=None))
    assert conclusion.verdict == "simulated"
    assert [c.status for c in conclusion.claims] == ["holds", "holds", "absent", "absent", "absent"]


def test_the_page_without_a_lab_says_why():
    facts = RunFacts(notes=("the lab needs root, and this is not root.",))
    text = write_html(changed(comparisons=None, pings=None, drills=None, facts=facts))
    assert "Not done: the lab needs root, and this is not root." in text


BREAKS = {
    "an error finding": {"findings": (error(),)},
    "a broken promise": {
        "under_failure": UnderFailure(
            reports=(failure("n1-spine1", effect(promises=("web",)), due=("web",)),), findings=()
        )
    },
    "an error under failure": {
        "under_failure": UnderFailure(
            reports=(msgspec.structs.replace(failure("n1-spine1"), findings=(error(),)),), findings=(error(),)
        )
    },
    "no failure simulated": {"under_failure": UnderFailure(reports=(), findings=())},
    "no row compared": {"comparisons": (compare("no failure", State(world="sim"), State(world="lab")),)},
    "no case compared": {"comparisons": ()},
    "a row that differs": {
        "comparisons": (
            compare(
                "no failure",
                State(world="sim", routes=(RouteRow("a", "default", "10.0.0.0/8", "bgp", ("x",)),)),
                State(world="lab", routes=(RouteRow("a", "default", "10.0.0.0/8", "bgp", ("y",)),)),
            ),
        )
    },
    "no ping": {"pings": ()},
    "only pings that must be silent": {"pings": (ping(False, False, "globex-prod"),)},
    "a ping without answer": {"pings": (ping(True, True), ping(True, False))},
    "a leak": {"pings": (ping(True, True), ping(False, True, "globex-prod"))},
    "no drill": {"drills": ()},
    "a drill that differs": {"drills": (drill("differs"),)},
    "a drill that proves nothing": {"drills": (drill("as-predicted"), drill("proves-nothing"))},
    "no checks": {"findings": None},
    "no sweep": {"under_failure": None},
}


@pytest.mark.parametrize("kind", BREAKS.values(), ids=BREAKS)
def test_what_is_not_proven_is_not_called_proven(kind):
    assert conclude(changed(**kind)).verdict == "not-proven"
    assert "Not proven" in write_html(changed(**kind))


def test_a_row_that_differs_is_shown_with_both_sides():
    text = write_html(changed(**BREAKS["a row that differs"]))
    assert "a default 10.0.0.0/8 protocol=bgp next_hops=x" in text
    assert "a default 10.0.0.0/8 protocol=bgp next_hops=y" in text


def test_a_leaked_ping_is_listed_with_both_ends():
    text = write_html(changed(**BREAKS["a leak"]))
    assert "Pings that did not do what they should" in text
    assert "b (globex-prod)" in text


def test_isolation_that_was_never_tried_is_not_claimed():
    assert "isolation is not proven" in write_html(changed(pings=(ping(True, True),)))


@pytest.mark.parametrize("inputs", [full_inputs(), ReportInputs(region="empty")], ids=["full", "empty"])
def test_the_page_is_well_formed_and_complete_in_itself(inputs):
    text = write_html(inputs)
    page = Page(text)
    assert not re.search(r"https?://|@import|url\(|<link|<img|<iframe", text)
    assert all("src" not in attributes for _, attributes in page.elements)
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for tag, a in page.elements if tag == "a"}
    assert targets <= set(ids)
    assert {tag for tag, _ in page.elements} >= {"nav", "main", "h1", "h2"}


def test_tables_can_be_read_aloud():
    page = Page(write_html(full_inputs()))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("table") == tags.count("caption") > 10
    assert all("scope" in a for tag, a in page.elements if tag == "th")


def test_pictures_have_words_for_them():
    page = Page(write_html(full_inputs()))
    assert all("aria-label" in a or a.get("aria-hidden") == "true" for tag, a in page.elements if tag == "svg")


def test_what_comes_from_the_network_cannot_inject_markup():
    evil = '<script>alert("x")</script>'
    text = write_html(
        changed(
            region=evil,
            findings=(error(evil),),
            facts=RunFacts(command=evil, notes=(evil,)),
            under_failure=UnderFailure(reports=(failure(evil, effect(3, scope=evil)),), findings=()),
        )
    )
    assert "alert(" in text
    assert "<script>alert" not in text
    assert text.count("<script>") == 1


def test_same_inputs_same_bytes():
    assert write_html(full_inputs()) == write_html(full_inputs())


def test_a_hundred_failures_stay_readable_and_every_loss_is_listed():
    reports = tuple(
        failure(f"leaf{i}--spine1" if i % 2 else f"leaf{i}", *([effect(i % 90, i % 90)] if i % 10 == 1 else []))
        for i in range(100)
    )
    text = write_html(changed(under_failure=UnderFailure(reports=reports, findings=())))
    assert "100 failures: 90 hurt nobody, 0 break what was promised to survive" in text
    assert "without spine leaf81--spine1, acme-prod: 81 of 90 pairs lost" in text
    assert "10 losses, worst first" in text
    widths = [int(w) for w in re.findall(r'<svg viewBox="[^"]*" width="(\d+)" height="\d+" class="sweep"', text)]
    assert len(widths) == 2
    assert max(widths) <= 1200


def test_cables_of_servers_are_counted_and_not_drawn_unless_they_break_a_promise():
    cables = [failure(f"server:h{i}--leaf", effect(1, 1), element="server cable") for i in range(5)]
    broken = failure("server:db--leaf", effect(1, 1, promises=("web",)), element="server cable", due=("web",))
    text = write_html(changed(under_failure=UnderFailure(reports=(*cables, broken, failure("s")), findings=())))
    assert "5 cables of servers not drawn" in text
    assert "2 failures by" in text


def test_a_big_region_makes_a_page_of_bearable_size():
    pods = tuple((f"p{i:02}", "n", 4, 32, 0) for i in range(14))
    region = clos(pods, tuple((f"core{i}", "n") for i in range(8)), servers=10)
    assert len(region.devices) > 500
    assert len(write_html(ReportInputs(region="big", blueprint=region, under_failure=sweep()))) < 400_000


def test_failed_elements_are_marked_in_the_picture():
    text = write_html(changed(blueprint=metro(), failed=("n1-spine1",)))
    assert re.search(r'class="node spine plane0 failed"', text)
