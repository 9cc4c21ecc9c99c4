"""The suite on real FRR: what `xc evaluate --answers` makes of the daemons' answers."""

from __future__ import annotations

import time

import pytest
from fidelity import FRR, proof

from crossconnect import lab as labs
from crossconnect.evaluate import judged, plan_tests
from crossconnect.evaluate.candidate import suite_blueprint
from crossconnect.evaluate.suite import Underlay
from crossconnect.nos.registry import system

ROUNDS = 15


@pytest.mark.skipif(FRR != "8.4", reason="user-mode Linux runs FRR 8.4 only")
@pytest.mark.parametrize("underlay", ["numbered"])
def test_the_answers_of_real_daemons_pass(underlay: Underlay) -> None:
    blueprint = suite_blueprint("frr", underlay)
    with proof(f"suite-{underlay}", blueprint, secrets={"env:TRANSIT_MD5": "correct-horse"}) as proved:
        proved.agrees()
        for test in plan_tests(blueprint):
            if test.situation != "healthy":
                continue
            device = next(d for d in blueprint.devices if d.name == test.device)
            for _ in range(ROUNDS):
                answers: dict[int, bytes] = {}
                for place, query in enumerate(system("frr").queries(device)):
                    done = labs.execute(proved.lab, device.name, ["vtysh", "-c", query.ask])
                    answers[place] = done.stdout.encode()
                verdict = judged(test, device, answers)
                if verdict.passed:
                    break
                time.sleep(1)
            assert verdict.passed, verdict
