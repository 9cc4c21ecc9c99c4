"""The house stays readable: sizes and names that style asks for."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "crossconnect"
MODULES = sorted(SOURCE.rglob("*.py"))
LINES_MAX = 800
FUNCTION_LINES_MAX = 90
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}


def test_no_module_is_over_its_limit() -> None:
    assert not [str(m) for m in MODULES if len(m.read_text().splitlines()) > LINES_MAX]


def test_functions_fit_a_screen() -> None:
    long = []
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long.append(f"{module.name}:{node.lineno} {node.name} {lines}")
    assert not long


def test_module_names_say_something() -> None:
    assert not [str(m) for m in MODULES if m.stem in FORBIDDEN_NAMES]


def test_project_imports_stand_at_the_top_outside_the_command_line() -> None:
    inner = []
    for module in MODULES:
        if "cli" in module.relative_to(SOURCE).parts:
            continue
        for function in ast.walk(ast.parse(module.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crossconnect"):
                        inner.append(f"{module}:{node.lineno}")
    assert not inner
