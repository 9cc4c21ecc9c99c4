"""What real daemons answered once (FRR 8.4.4, recorded in `samples`) becomes the rows that the simulator foretold.

Input: the blueprint of a small region, and every answer of one of its switches. Output: state rows, equal to
`simulate(blueprint)` for that switch.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Unreachable
from crossconnect.lab.collection import lldp_neighbors, read_device, state_of
from crossconnect.lab.rows import Surroundings
from crossconnect.simulate import simulate
from crossconnect.state.difference import difference, difference_text
from crossconnect.state.tables import TABLES, State

SAMPLES = Path(__file__).parent / "samples"
SWITCHES = (("border", "a-leaf1"), ("border", "a-border1"), ("unnumbered", "a-leaf1"))
SWITCH_TABLES = tuple(name for name in TABLES if name != "devices")


def recorded(case: str) -> Blueprint:
    return msgspec.json.decode((SAMPLES / case / "blueprint.json").read_bytes(), type=Blueprint)


def state_from_samples(case: str, device: str) -> State:
    blueprint = recorded(case)
    configuration = next(d for d in blueprint.devices if d.name == device)

    def ask(daemon: str, command: str) -> bytes:
        return (SAMPLES / case / f"{device}.{command.replace(' ', '_')}").read_bytes()

    report = read_device(ask, configuration, TABLES)
    assert report is not None
    lldp = lldp_neighbors((SAMPLES / case / f"{device}.lldp").read_text())
    return state_of({device: msgspec.structs.replace(report, lldp=lldp)}, Surroundings(blueprint), ())


def of_device(state: State, device: str) -> State:
    parts = {name: tuple(r for r in getattr(state, name) if r.device == device) for name in SWITCH_TABLES}
    return msgspec.structs.replace(state, **parts)


@pytest.mark.parametrize(("case", "device"), SWITCHES)
def test_recorded_answers_are_what_the_simulation_said(case: str, device: str) -> None:
    actual = state_from_samples(case, device)
    expected = of_device(simulate(recorded(case)), device)
    found = difference(expected, actual, SWITCH_TABLES)
    assert not found, difference_text(found, "simulated", "recorded")


def test_every_table_of_a_leaf_has_rows() -> None:
    state = state_from_samples("border", "a-leaf1")
    assert not [name for name in SWITCH_TABLES if not getattr(state, name)]


def test_link_local_next_hops_are_the_neighbour_of_the_port() -> None:
    state = state_from_samples("unnumbered", "a-leaf1")
    hops = {
        hop for route in state.routes if route.vrf == "default" and route.protocol == "bgp" for hop in route.next_hops
    }
    assert hops == {"a-spine1%swp64", "a-spine2%swp63"}


def test_routes_over_vxlan_name_the_remote_vtep_and_the_l3vni() -> None:
    state = state_from_samples("border", "a-leaf1")
    default = next(r for r in state.routes if r.prefix == "0.0.0.0/0" and r.vrf == "red-v1")
    v6 = next(r for r in state.routes if r.prefix == "::/0" and r.vrf == "red-v1")
    assert default.next_hops == v6.next_hops  # IPv4-mapped next hops are IPv4 again
    assert all(hop.endswith("%5000") for hop in default.next_hops)


def test_paths_over_several_spines_are_one_row_named_by_the_route_distinguisher() -> None:
    state = state_from_samples("border", "a-leaf1")
    rows = [r for r in state.bgp_routes if r.vrf == "red-v1" and r.prefix == "0.0.0.0/0"]
    assert sorted(r.peer for r in rows) == sorted({r.peer for r in rows})
    assert all(r.peer.startswith("evpn:") and "?" not in r.peer for r in rows)
    assert [r.best for r in rows].count(True) == 1
    assert all(r.multipath for r in rows)


def test_a_switch_whose_zebra_does_not_answer_is_down() -> None:
    def ask(daemon: str, command: str) -> bytes:
        raise Unreachable(daemon)

    assert read_device(ask, recorded("border").devices[0], TABLES) is None


def test_a_switch_without_bgpd_keeps_its_interfaces_and_has_no_sessions() -> None:
    blueprint = recorded("border")
    leaf = next(d for d in blueprint.devices if d.name == "a-leaf1")

    def ask(daemon: str, command: str) -> bytes:
        if daemon == "bgpd":
            raise Unreachable(daemon)
        return (SAMPLES / "border" / f"a-leaf1.{command.replace(' ', '_')}").read_bytes()

    report = read_device(ask, leaf, TABLES)
    assert report is not None
    assert report.interfaces
    assert not report.sessions
    assert not report.evpn
