"""Every code that the service or the store says is in the reference, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from crossconnect.cloud import problems as decisions
from crossconnect.cloud.api import problems as api
from crossconnect.cloud.service import problems

SOURCE = Path(problems.__file__).parent
SAID = re.compile(r'(?:Problem|conflict|invalid)\(\s*f?"([a-z{}]+\.[a-z-]+|\{[^}]*\}\.[a-z-]+)"')


def test_codes_are_documented() -> None:
    said = set()
    for module in (*SOURCE.glob("*.py"), *(SOURCE.parent / "store").glob("*.py")):
        said |= {re.sub(r"\{.*\}", "<kind>", code) for code in SAID.findall(module.read_text())}
    known = {problem.code for problem in problems.PROBLEMS}
    others = {problem.code for problem in (*decisions.PROBLEMS, *api.PROBLEMS)}
    assert len(said) > 20
    assert said <= known | others
    assert known <= said | {"text.too-long", "text.control-character", "tags.no-key"}
    assert not known & others
