"""One assertion in one state, whatever its kind."""

from __future__ import annotations

from crossconnect.checks.assertion import Judgement
from crossconnect.checks.assertion_routes import judge_routes
from crossconnect.checks.assertion_switches import judge_ways
from crossconnect.checks.assertion_traffic import judge_traffic
from crossconnect.checks.assertion_world import World
from crossconnect.model.promise import Promise


def judge(world: World, promise: Promise, pairs_max: int = 0) -> Judgement:
    """Evaluate a promise; `pairs_max` limits the pairs of endpoint classes tried, 0 tries all."""
    if promise.kind in ("width", "length"):
        return judge_ways(world, promise)
    if promise.kind in ("no-leak", "not-announced"):
        return judge_routes(world, promise)
    return judge_traffic(world, promise, pairs_max)
