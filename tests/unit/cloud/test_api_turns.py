"""Who is overtaken tries again, and is told in the end that it was for others, not for a condition of its own."""

from __future__ import annotations

import asyncio

import pytest

from crossconnect.cloud.api.turns import ATTEMPTS_MAX, others_first
from crossconnect.cloud.resource import Problem, Refused

OVERTAKEN = Refused(412, Problem("precondition.failed", "it is at revision 8, not 7"))


def test_who_is_overtaken_tries_again() -> None:
    asyncio.run(others_first(0, OVERTAKEN))
    asyncio.run(others_first(ATTEMPTS_MAX - 2, OVERTAKEN))


def test_after_the_last_attempt_it_is_not_the_clients_condition() -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(others_first(ATTEMPTS_MAX - 1, OVERTAKEN))
    assert (caught.value.status, caught.value.problems[0].code) == (503, "store.busy")


def test_other_refusals_stay_what_they_are() -> None:
    refused = Refused(409, Problem("vpc.in-use", "it is in use"))
    with pytest.raises(Refused) as caught:
        asyncio.run(others_first(0, refused))
    assert caught.value is refused
