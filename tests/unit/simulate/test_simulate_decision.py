"""Each step of the decision process, with everything before it equal."""

from __future__ import annotations

import pytest

from crossconnect.simulate.attributes import INCOMPLETE, Attributes
from crossconnect.simulate.decision import Candidate, possible, select


def path(next_hop: str = "10.0.0.1", rank: tuple[int, ...] = (1, 1), **attributes: object) -> Candidate:
    return Candidate(Attributes(**({"as_path": (65001, 65002)} | attributes)), next_hop, rank)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(path(weight=32768, local_pref=0), path(local_pref=200), id="weight"),
        pytest.param(path(local_pref=120, as_path=(1, 2, 3)), path(), id="local_pref before path length"),
        pytest.param(path(as_path=(65001,), origin=INCOMPLETE), path(), id="path length before origin"),
        pytest.param(path(med=9), path(origin=INCOMPLETE), id="origin before MED"),
        pytest.param(path(med=1, rank=(9, 9)), path(med=2), id="MED of one neighbouring AS"),
        pytest.param(path(rank=(9, 9)), path()._replace(internal=True), id="eBGP before iBGP"),
        pytest.param(path(rank=(1, 9)), path(rank=(2, 1)), id="router id"),
        pytest.param(path(rank=(1, 1)), path(rank=(1, 2)), id="peer address"),
        pytest.param(path(local_pref=100)._replace(local=True), path(as_path=()), id="own before learned"),
    ],
)
def test_the_better_path_wins_whatever_the_order(better: Candidate, worse: Candidate) -> None:
    assert select([better, worse], 1, True).best == 0
    assert select([worse, better], 1, True).best == 1


def test_med_does_not_compare_different_neighbouring_ases() -> None:
    high = path(med=50, as_path=(65001, 7), rank=(1, 1))
    low = path(med=1, as_path=(65009, 7), rank=(2, 2))
    assert select([high, low], 1, True).best == 0, "the router id decides"


def test_deterministic_med_decides_within_each_as_before_between_ases() -> None:
    # Without grouping, a-b-c would go round in circles: b beats a by MED, c beats b by router id, a beats c likewise.
    a = path(as_path=(1, 9), med=10, rank=(1, 1))
    b = path(as_path=(1, 9), med=5, rank=(3, 3))
    c = path(as_path=(2, 9), med=7, rank=(2, 2))
    for order in ([a, b, c], [c, a, b], [b, c, a], [c, b, a]):
        assert order[select(order, 1, True).best] == c


def test_multipath_takes_equal_paths_with_other_next_hops() -> None:
    best = path("10.0.0.9", rank=(1, 1))
    equal = path("10.0.0.2", rank=(2, 1), as_path=(65003, 65002))
    same_hop = path("10.0.0.9", rank=(3, 1))
    longer = path("10.0.0.3", rank=(2, 2), as_path=(1, 2, 3))
    dearer = path("10.0.0.4", rank=(2, 3), med=5)
    chosen = select([longer, equal, best, same_hop, dearer], 64, True)
    assert chosen.best == 2
    assert chosen.multipath == (2, 1)
    strict = select([equal, best], 64, False)
    assert strict.multipath == (1,), "without relax, another neighbouring AS is not equal"


def test_one_next_hop_leaked_from_two_vrfs_is_two_and_an_own_path_by_it_is_none() -> None:
    """An external router has one link-local address on all its subinterfaces (bgp_path_info_nexthop_cmp)."""
    own = path("transit1", rank=(1, 5))
    blue = path("transit1", rank=(1, 3))._replace(leaked_from="blue-v1")
    red = path("transit1", rank=(1, 7))._replace(leaked_from="red-v1")
    assert set(select([own, blue, red], 64, True).multipath) == {1, 2}
    assert select([own, blue._replace(rank=(1, 6)), red], 64, True).multipath == (0,)
    elsewhere = path("10.0.0.9", rank=(1, 1))
    assert set(select([elsewhere, own, blue, red], 64, True).multipath) == {0, 1}
    assert set(select([elsewhere, blue, red], 64, True).multipath) == {0, 1, 2}


def test_multipath_does_not_mix_evpn_and_plain_paths() -> None:
    plain = path("10.0.0.1", rank=(1, 1))
    imported = path("10.0.0.2", rank=(2, 2))._replace(labels=(5000,))
    assert select([plain, imported], 64, True).multipath == (0,)


@pytest.mark.parametrize(
    ("blue", "red", "together"),
    [
        ((5000,), (5001,), True),
        ((5000,), (5002,), False),
        ((5002,), (5003,), True),
        ((5000,), (5004,), True),
        ((10000, 5000), (10001, 5002), True),
        ((10000, 5000), (10002, 5000), False),
        ((5000,), (10000, 5000), False),
    ],
)
def test_leaked_paths_are_multipath_where_frr_takes_their_vnis_for_one_kind_of_label(
    blue: tuple[int, ...], red: tuple[int, ...], together: bool
) -> None:
    """The first label decides, which is the L2VNI of a host route, and bit 1 of it (bgp_is_valid_label)."""
    one = path("10.0.0.1", rank=(1, 1))._replace(leaked_from="blue-v1", labels=blue)
    other = path("10.0.0.2", rank=(1, 1))._replace(leaked_from="red-v1", labels=red)
    assert len(select([one, other], 64, True).multipath) == (2 if together else 1)
    assert len(possible([one, other], select([one, other], 64, True), 64, True)) == 2


def test_maximum_paths_keeps_the_lowest_next_hops() -> None:
    paths = [path(f"10.0.0.{n}", rank=(n, 1)) for n in (3, 20, 100, 9)]
    assert [paths[i].next_hop for i in select(paths, 3, True).multipath] == ["10.0.0.3", "10.0.0.9", "10.0.0.20"]
    assert select(paths, 1, True).multipath == (0,)


def test_nothing_is_chosen_of_nothing() -> None:
    assert select([], 64, True).best == -1
