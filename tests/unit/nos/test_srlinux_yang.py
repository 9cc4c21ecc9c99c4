"""What is rendered for SR Linux is valid by Nokia's YANG models."""

from __future__ import annotations

import pytest
from srlinux_yang import errors, with_secrets

from crossconnect.nos.rendering import render_files
from nos_region import cases


@pytest.mark.parametrize("case", cases("srlinux"))
def test_every_case_is_valid_by_the_models(case: str) -> None:
    (text,) = render_files(cases("srlinux")[case]).values()
    assert errors(with_secrets(text)) == []


def test_a_reference_to_nothing_is_caught() -> None:
    (text,) = render_files(cases("srlinux")["border-numbered"]).values()
    assert errors(text.replace('"prefix-set": "carrier"', '"prefix-set": "nothing"'))
