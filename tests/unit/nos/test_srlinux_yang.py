"""What is rendered for SR Linux is valid by Nokia's YANG models."""

from __future__ import annotations

import pytest
import test_srlinux_collect as answers
from srlinux_yang import errors, state_errors, with_secrets

from crossconnect.nos.rendering import render_files
from nos_region import cases


@pytest.mark.parametrize("case", cases("srlinux"))
def test_every_case_is_valid_by_the_models(case: str) -> None:
    (text,) = render_files(cases("srlinux")[case]).values()
    assert errors(with_secrets(text)) == []


def test_a_reference_to_nothing_is_caught() -> None:
    (text,) = render_files(cases("srlinux")["border-numbered"]).values()
    assert errors(text.replace('"prefix-set": "carrier"', '"prefix-set": "nothing"'))


@pytest.mark.parametrize("answer", ["BGP_RIB", "VNIS", "INSTANCES", "VXLANS", "MAC_TABLE"])
def test_the_answers_that_the_collector_s_tests_read_have_the_form_of_the_models(answer: str) -> None:
    text: bytes = getattr(answers, answer)
    assert state_errors(text.decode()) == []


def test_an_answer_with_a_member_of_another_version_is_caught() -> None:
    assert state_errors(answers.BGP_RIB.decode().replace("mac-ip-route", "mac-ip-routes"))
