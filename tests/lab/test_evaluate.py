"""The suite on real FRR: what `xc evaluate --answers` makes of the daemons' answers."""

from __future__ import annotations

import pytest
from fidelity import FRR, proof
from patience import eventually

from crossconnect import lab as labs
from crossconnect.evaluate import Test, Verdict, judged, plan_tests
from crossconnect.evaluate.candidate import suite_blueprint
from crossconnect.evaluate.suite import Underlay
from crossconnect.nos.registry import system


@pytest.mark.skipif(FRR != "8.4", reason="user-mode Linux runs FRR 8.4 only")
@pytest.mark.parametrize("underlay", ["numbered"])
def test_the_answers_of_real_daemons_pass(underlay: Underlay) -> None:
    blueprint = suite_blueprint("frr", underlay)
    with proof(f"suite-{underlay}", blueprint, secrets={"env:TRANSIT_MD5": "correct-horse"}) as proved:
        proved.agrees()
        for test in plan_tests(blueprint):
            if test.situation != "healthy":
                continue
            verdicts: list[Verdict] = []

            def passes(test: Test = test, verdicts: list[Verdict] = verdicts) -> bool:
                device = next(d for d in blueprint.devices if d.name == test.device)
                answers: dict[int, bytes] = {}
                for place, query in enumerate(system("frr").queries(device)):
                    done = labs.execute(proved.lab, device.name, ["vtysh", "-c", query.ask])
                    answers[place] = done.stdout.encode()
                verdicts.append(judged(test, device, answers))
                return verdicts[-1].passed

            assert eventually(passes), verdicts[-1]
