"""Token buckets: how many requests pass, and when the next one does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crossconnect.cloud.api.rate import Buckets, Limit

LIMIT = Limit(per_second=2, burst=5)


def test_a_bucket_empties_and_fills_again() -> None:
    buckets = Buckets(LIMIT)
    assert [buckets.take("acme", 10.0).remaining for _ in range(5)] == [4, 3, 2, 1, 0]
    refused = buckets.take("acme", 10.0)
    assert (refused.allowed, refused.wait_s) == (False, 0.5)
    assert dict(buckets.headers(refused))["retry-after"] == "1"
    assert buckets.take("globex", 10.0).allowed, "each project has its own"
    assert buckets.take("acme", 10.5).allowed


def test_who_waited_for_its_authentication_is_not_refused_for_it() -> None:
    """Input: a request that came at 10 s, and was overtaken by one that came at 20 s. Output: it passes, as any third
    one does, and no tokens are made of the time between them."""
    buckets = Buckets(LIMIT)
    assert buckets.take("acme", 20.0).remaining == 4
    assert buckets.take("acme", 10.0).remaining == 3
    assert buckets.take("acme", 20.0).remaining == 2


@given(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 1)), max_size=60))
def test_in_whatever_order_no_more_pass_than_may_and_none_less(asked: list[tuple[float, int]]) -> None:
    """Input: requests at any times, in any order. Output: as many pass as of the same requests at the time of the
    latest before each."""
    one, other = Buckets(LIMIT), Buckets(LIMIT)
    latest = 0.0
    for now, tokens in asked:
        latest = max(latest, now)
        assert one.take("acme", now, tokens) == other.take("acme", latest, tokens)
