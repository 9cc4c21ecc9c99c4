"""Every network OS that there is keeps the contract of `NetworkOs`, on a region that asks for everything."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration, Extra
from crossconnect.nos.facts import MEASURES, fact_findings
from crossconnect.nos.features import FEATURES, used_features
from crossconnect.nos.registry import known, system
from crossconnect.nos.rendering import device_commands, device_findings, render_files
from crossconnect.nos.secrets import secret_references
from nos_region import GOLDEN_CASES, VARIANTS, Variant, cases, reference_blueprint, reference_region
from regions import compiled

GOLDEN = Path(__file__).parents[2] / "golden"
SYSTEMS = known()
KEYS = {feature.key for feature in FEATURES}
MLAG: Variant = "mlag"
"""Asked for apart: most systems refuse it."""


def test_the_reference_region_asks_for_every_feature() -> None:
    used: set[str] = set()
    for variant in (*VARIANTS, MLAG):
        for device in reference_blueprint("frr", variant).devices:
            used |= used_features(device).keys()
    with_extra = compiled(reference_region("frr", extra="log syslog debugging\n")).blueprint
    assert with_extra is not None
    used |= {key for device in with_extra.devices for key in used_features(device)}
    assert used == KEYS


@pytest.mark.parametrize("name", SYSTEMS)
def test_support_is_said_of_every_feature_and_with_reasons(name: str) -> None:
    support = system(name).support
    assert support.keys() == KEYS
    assert not [key for key, of in support.items() if of.state == "none" and not (of.reason and of.nearest)]


@pytest.mark.parametrize("name", SYSTEMS)
def test_facts_have_sources_and_measure_what_can_be_measured(name: str) -> None:
    facts = system(name).facts
    assert facts.names_source
    assert facts.bfd_source
    assert all(reserved.source and reserved.first <= reserved.last for reserved in facts.vlans_reserved)
    assert facts.limits.keys() <= MEASURES.keys()
    assert all(limit.source for limit in facts.limits.values())


@pytest.mark.parametrize("name", SYSTEMS)
def test_text_reads_back_as_the_same_tree(name: str) -> None:
    nos = system(name)
    for case, device in cases(name).items():
        for file, tree in nos.trees(device).items():
            assert nos.parse(file, nos.text(file, tree)) == tree, (case, file)


@pytest.mark.parametrize("case", GOLDEN_CASES)
@pytest.mark.parametrize("name", SYSTEMS)
def test_one_design_in_every_system(name: str, case: str) -> None:
    """Input: the same region. Output: every file of the device, rewritten by UPDATE_GOLDEN=1."""
    directory = GOLDEN / name / "reference" / case
    files = render_files(cases(name)[case])
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for file, text in files.items():
            (directory / file).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()}


@pytest.mark.parametrize("name", SYSTEMS)
def test_rendering_twice_gives_the_same_and_equal_devices_need_no_command(name: str) -> None:
    for device in cases(name).values():
        assert render_files(device) == render_files(device)
        assert device_commands(device, device) == ()


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_change_has_commands_and_so_has_its_inverse(name: str) -> None:
    for device in cases(name).values():
        drained = replace(device, system=replace(device.system, ntp=(), syslog=("10.253.0.99",)), interfaces=())
        if render_files(drained) == render_files(device):
            continue
        there, back = device_commands(device, drained), device_commands(drained, device)
        if system(name).trees(drained) != system(name).trees(device):
            assert there
            assert back
            assert all(command.text.strip() for command in (*there, *back))


@pytest.mark.parametrize("name", SYSTEMS)
def test_secrets_are_references_in_everything_that_is_printed(name: str) -> None:
    """Where the system has the feature, the reference of every secret is in the files."""
    device = cases(name)["border-numbered"]
    files = "\n".join(render_files(device).values())
    support = system(name).support
    secrets = {
        "tcp-md5": {"env:TRANSIT1_MD5"},
        "snmpv3": {"env:SNMP_AUTH", "env:SNMP_PRIV"},
        "aaa": {"env:TACACS_KEY", "file:tacacs/key"},
        "users": {"env:EMERGENCY_HASH"},
    }
    expected = set[str]().union(*(of for key, of in secrets.items() if support[key].state != "none"))
    assert secret_references(files) == expected


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_not_possible_is_said_with_its_place_and_the_nearest_thing(name: str) -> None:
    support = system(name).support
    for case, device in cases(name).items():
        said = {f.message: f for f in device_findings(device) if f.code == "nos.unsupported"}
        missing = [key for key in used_features(device) if support[key].state == "none"]
        assert len(said) == len(missing), case
        assert all(finding.hint and finding.place.path for finding in said.values())


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_reference_region_is_within_the_facts(name: str) -> None:
    nos = system(name)
    for case, device in cases(name).items():
        assert [f.message for f in fact_findings(device, nos.title, nos.facts)] == [], case


@pytest.mark.parametrize("name", SYSTEMS)
def test_extra_configuration_is_merged_and_reads_back(name: str) -> None:
    """The device's own configuration as extra one changes nothing and overrides nothing."""
    nos = system(name)
    device = cases(name)["leaf-numbered"]
    main, tree = next(iter(nos.trees(device).items()))
    again: DeviceConfiguration = replace(device, extra=(Extra(file="x", text=nos.text(main, tree)),))
    assert render_files(again) == render_files(device)
    assert not [f for f in device_findings(again) if f.code.startswith("nos.extra")]


@pytest.mark.parametrize("name", SYSTEMS)
def test_an_answer_is_read_or_refused_with_a_value_error(name: str) -> None:
    for query in system(name).queries(cases(name)["border-numbered"]):
        for answer in (b"", b"{}", b"[]", b"nonsense", json.dumps({"a": [1, {"b": None}]}).encode()):
            try:
                reports = query.parse(answer)
            except ValueError:
                continue
            assert isinstance(reports, tuple), query.ask
