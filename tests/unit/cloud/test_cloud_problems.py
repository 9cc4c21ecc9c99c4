"""The catalogue of refusals is what the code refuses with."""

from __future__ import annotations

import ast
from pathlib import Path

from crossconnect.cloud import decisions
from crossconnect.cloud.problems import PROBLEMS

STATUS = {"invalid": 422, "conflict": 409, "forbidden": 403}
CLOUD = Path(decisions.__file__).resolve().parents[1]


def _raised() -> dict[str, set[int]]:
    """Codes that decisions and what they call raise, with their statuses."""
    found: dict[str, set[int]] = {}
    for path in [*CLOUD.glob("*.py"), *CLOUD.glob("decisions/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATUS:
                code = node.args[0]
                assert isinstance(code, ast.Constant), f"{path.name}:{node.lineno}: a code is written out"
                found.setdefault(str(code.value), set()).add(STATUS[node.func.id])
    return found


def test_every_code_is_in_the_catalogue_with_its_status_and_none_is_too_much() -> None:
    documented = {problem.code: {problem.status} for problem in PROBLEMS if not problem.code.startswith("<kind>")}
    assert _raised() == documented


def test_codes_are_there_once() -> None:
    codes = [problem.code for problem in PROBLEMS]
    assert len(set(codes)) == len(codes)


def test_every_code_has_a_test() -> None:
    """A code that no test provokes may have become one that nothing raises."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_decisions_*.py"))
    untested = [code for code in _raised() if f'"{code}"' not in tests and code.split(".")[1] not in tests]
    assert not untested
