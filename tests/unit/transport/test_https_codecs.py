"""What devices say over HTTPS, as published: replies by their vendors' documentation and by issues of public projects;
and configurations of a region that asks for every feature, as they are sent."""

from __future__ import annotations

import contextlib
import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.nos.document import parse
from crossconnect.nos.eos.names import MAIN as EOS_MAIN
from crossconnect.nos.lines import header_of
from crossconnect.nos.nxos.names import MAIN as NXOS_MAIN
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import MARK, secret_references, secret_token
from crossconnect.nos.srlinux.tree import MAIN as SRL_MAIN
from crossconnect.transport.https import CommandRefused, HttpsError, NotUnderstood, eapi, jsonrpc, nxapi, srlinux
from crossconnect.transport.https.nxos_running import aligned, masked, shown
from crossconnect.transport.https.redaction import HIDDEN, secrets_of_lines, secrets_of_value, without
from nos_region import cases


def reply(**members: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, **members}).encode()


# --- EOS ---


def test_eos_up_to_4_31_says_the_session_that_waits_by_its_state() -> None:
    """napalm #2166."""
    session = {
        "state": "pendingCommitTimer",
        "completedTime": 1739832190.8418295,
        "commitBy": 1739835851.8256721,
        "commitUser": "adminuser",
        "description": "",
        "instances": {},
    }
    found = eapi.sessions(
        {
            "sessions": {"troubleshooting": session},
            "maxSavedSessions": 1,
            "maxOpenSessions": 5,
            "mergeOnCommit": False,
            "saveToStartupConfigOnCommit": False,
        }
    )
    assert (found.timer, found.ends, found.open, found.open_max, found.saves) == (
        "troubleshooting",
        1739835851.8256721,
        (),
        5,
        False,
    )


def test_eos_from_4_32_says_it_beside_the_sessions() -> None:
    """napalm #2166: the session itself is `committed` at once."""
    session = {"state": "committed", "completedTime": 1739832020.1816368, "commitUser": "adminuser", "instances": {}}
    found = eapi.sessions(
        {
            "sessions": {"troubleshooting": session},
            "commitTimerSessionName": "troubleshooting",
            "commitTimerExpireTime": 3661.5,
            "maxOpenSessions": 5,
        }
    )
    assert (found.timer, found.ends) == ("troubleshooting", 3661.5)


def test_eos_end_of_a_timer_counts_from_its_start_or_from_1970() -> None:
    def left(ends: object, version: dict[str, object]) -> float | None:
        found = {"sessions": {}, "commitTimerSessionName": "x", "commitTimerExpireTime": ends}
        return eapi.timer_left(eapi.sessions(found), version)  # type: ignore[arg-type]

    version: dict[str, object] = {"uptime": 3600.0, "bootupTimestamp": 1739831000.0}
    assert left(3810.0, version) == 210.0
    assert left(1739834810.0, version) == 210.0
    assert left(-1, version) is left(5e12, version) is left(3810.0, {}) is None


def test_eos_without_a_timer_lists_sessions_that_are_open() -> None:
    """The reply in the documentation of `asynceapi`."""
    blank = {"instances": {}, "commitUser": "", "description": ""}
    found = eapi.sessions(
        {
            "maxSavedSessions": 1,
            "maxOpenSessions": 5,
            "sessions": {
                "jeremy1": {"state": "pending", **blank},
                "ansible_167510439362": {"state": "completed", "completedTime": 1675104396.4500246, **blank},
            },
        }
    )
    assert (found.timer, found.ends, found.open) == ("", None, ("jeremy1",))


def test_eos_says_which_command_is_refused() -> None:
    data = [{"modelName": "vEOS", "version": "4.15.0F"}, {"errors": ["Invalid input (at token 1: 'bogus')"]}]
    message = "CLI command 2 of 2 'show bogus command' failed: invalid command"
    refused = reply(error={"code": 1002, "message": message, "data": data})
    with pytest.raises(CommandRefused, match=r"command 2 `show bogus command` .*1002.*token 1: 'bogus'"):
        eapi.results(refused, ["show version", "show bogus command"], "ask")


def test_eos_repeats_no_secret() -> None:
    line = "neighbor 10.0.0.0 password 0 hunter22"
    data = [{}, {"errors": [f"Invalid input (at token 4: 'hunter22') in {line}"]}]
    refused = reply(error={"code": 1002, "message": f"CLI command 2 of 2 '{line}' failed", "data": data})
    with pytest.raises(CommandRefused) as caught:
        eapi.results(refused, ["configure session x", line], "commit")
    assert "hunter22" not in str(caught.value)
    assert f"neighbor 10.0.0.0 password 0 {HIDDEN}" in str(caught.value)


def test_eos_differences_are_lines_that_come_or_go() -> None:
    diff = """--- system:/running-config
+++ session:/xc-1-session-config
@@ -12,6 +12,8 @@
 vlan 100
    name blue
 !
+vlan 200
+   name green
+!
-   description old
"""
    assert eapi.changed_lines(diff) == ("+vlan 200", "+name green", "-description old")
    assert eapi.changed_lines("") == ()


def test_eos_commit_timer_is_hours_minutes_and_seconds() -> None:
    assert (eapi.clock(210), eapi.clock(3661), eapi.clock(86399)) == ("00:03:30", "01:01:01", "23:59:59")
    for wrong in (0, 86400):
        with pytest.raises(ValueError, match="possible"):
            eapi.clock(wrong)


# --- NX-OS ---

SCHEDULES = """Schedule Name       : check_routes
--------------------------
User Name           : admin
Schedule Type       : Run every 0 Days 0 Hrs 5 Mins
Start Time          : Mon Nov 13 16:53:45 2023
Last Execution Time : Mon Nov 13 17:39:45 2023
Last Completion Time: Mon Nov 13 17:39:46 2023
Execution count     : 47
-----------------------------------------------
     Job Name            Last Execution Status
-----------------------------------------------
route_monitor                      Success (0)
==============================================================================
Schedule Name       : ROLLBACK
--------------------------
User Name           : admin
Schedule Type       : Run once on Mon Nov 13 17:45:00 2023
Last Execution Time : Yet to be executed
-----------------------------------------------
     Job Name            Last Execution Status
-----------------------------------------------
kctl                            -NA-
==============================================================================
"""


def test_nxos_schedules() -> None:
    periodic, once = nxapi.schedules(SCHEDULES)
    assert (periodic.name, periodic.once_at, periodic.waits, periodic.jobs) == (
        "check_routes",
        None,
        False,
        ("route_monitor",),
    )
    at = datetime.datetime(2023, 11, 13, 17, 45)
    assert (once.name, once.once_at, once.waits, once.jobs) == ("ROLLBACK", at, True, ("kctl",))
    assert nxapi.schedules("") == ()


def test_nxos_checkpoints_of_users_are_counted() -> None:
    text = """User Checkpoint Summary
--------------------------------------------------------------------------------
1) Checkpoint-1:
Created by admin
Created at Thu, 08:10:29 22 May 2017
Size is 15,568 bytes
Description: *** Testing the checkpoint feature ***

System Checkpoint Summary
--------------------------------------------------------------------------------
2) system-fm-vrrp:
Created by admin
"""
    assert nxapi.checkpoints(text) == ("Checkpoint-1",)


@pytest.mark.parametrize(
    "text", ["10:00:25.123 UTC Fri Nov 27 2026\n", "Time source is NTP\n10:00:25.123 CET Fri Nov 27 2026\n"]
)
def test_nxos_clock_and_the_minute_of_a_schedule(text: str) -> None:
    now = nxapi.clock(text)
    assert now == datetime.datetime(2026, 11, 27, 10, 0, 25)
    assert nxapi.minute_after(now, 210) == datetime.datetime(2026, 11, 27, 10, 4)
    assert nxapi.minute_after(now, 95) == datetime.datetime(2026, 11, 27, 10, 2)
    assert nxapi.minute_after(now, 24 * 3600) == datetime.datetime(2026, 11, 28, 10, 1)
    assert "time start 2026:11:27:10:04" in nxapi.guard("xc-1", nxapi.minute_after(now, 210))
    with pytest.raises(NotUnderstood):
        nxapi.clock("% Invalid command")


def test_nxos_refuses_with_500_and_a_reason() -> None:
    """napalm #1461."""
    error = {"code": -32602, "message": "Invalid params", "data": {"msg": "SNMP community entry not found.\n"}}
    with pytest.raises(CommandRefused, match=r"`no snmp-server community \*\*\*` .*-32602.*entry not found"):
        nxapi.results(reply(error=error), ["no snmp-server community hunter22"], "change")
    batch = json.dumps(
        [{"jsonrpc": "2.0", "result": None, "id": 1}, {"jsonrpc": "2.0", "error": error, "id": 2}]
    ).encode()
    with pytest.raises(CommandRefused, match="command 2 `vlan 7`"):
        nxapi.results(batch, ["configure terminal", "vlan 7", "end"], "change")


def test_nxos_running_configuration_beside_the_meant_one() -> None:
    of = system("nxos")
    running = of.parse(
        NXOS_MAIN,
        """!Command: show running-config
!Time: Fri Nov 27 10:00:25 2026

version 10.3(3) Bios:version 07.69
hostname leaf1
vdc leaf1 id 1
  limit-resource vlan minimum 16 maximum 4094
feature scheduler
feature bgp
interface Ethernet1/1
  description to spine1
interface Ethernet1/30
router bgp 65001
  neighbor 10.0.0.0
    password 3 9125d59c18a9b015
scheduler job name xc-1
  rollback running-config checkpoint xc-1 atomic
line console
""",
    )
    wanted = of.parse(
        NXOS_MAIN,
        """hostname leaf1
feature bgp
interface Ethernet1/1
  description to spine1
router bgp 65001
  neighbor 10.0.0.0
    password 0 hunter22
""",
    )
    assert isinstance(running, tuple)
    assert isinstance(wanted, tuple)
    assert aligned(running, wanted, ("xc-1",)) == wanted
    kept = {header_of(item) for item in aligned(running, wanted)}
    assert "scheduler job name xc-1" in kept
    assert not [line for line in shown(wanted) if "hunter22" in line]


# --- SR Linux ---


def test_srlinux_refuses_with_a_message() -> None:
    message = "Path not valid - unknown element 'version'. Options are [contact, location]"
    refused = reply(error={"code": -1, "message": message})
    with pytest.raises(CommandRefused, match=r"ask is refused \(-1\): Path not valid"):
        srlinux.results(refused, "ask")


def test_srlinux_differences() -> None:
    assert srlinux.changed_lines([]) == ()
    diff = (
        '  {\n    "system": {\n      "information": {\n+       "contact": "differ",\n'
        '+       "location": "from the diff"\n      }\n    }\n  }\n'
    )
    assert srlinux.changed_lines([diff]) == ('+"contact": "differ",', '+"location": "from the diff"')


def test_srlinux_secrets_that_are_hashed_count_as_equal_and_others_are_hidden() -> None:
    hashed = '-   "password": "$aes1$AT=="\n+   "srl_nokia-bgp:password": "hunter22"\n'
    assert srlinux.changed_lines([hashed]) == ()
    comes = '+   "password": "hunter22"\n'
    assert srlinux.changed_lines([comes]) == (f'+"password": {HIDDEN}',)
    goes = '-   "password": "$aes1$AT=="\n'
    assert srlinux.changed_lines([goes]) == (f'-"password": {HIDDEN}',)


def test_srlinux_commits() -> None:
    commit = {"id": 5, "type": "private", "username": "rollout"}
    waits = [{"commit": [{**commit, "status": "complete"}, {**commit, "id": 6, "status": "unconfirmed"}]}]
    assert srlinux.unconfirmed(waits) == ("rollout",)
    assert srlinux.unconfirmed([{}]) == srlinux.unconfirmed([]) == ()
    named = [{"srl_nokia-configuration:commit": [{"status": "unconfirmed"}]}]
    assert srlinux.unconfirmed(named) == ("",)


def test_srlinux_times() -> None:
    request = json.loads(srlinux.change("set", [("delete", "/interface[name=lo0]", None)], 210))
    assert request["params"] == {
        "datastore": "candidate",
        "commands": [{"action": "delete", "path": "/interface[name=lo0]"}],
        "confirm-timeout": 210,
    }
    with pytest.raises(ValueError, match="possible"):
        srlinux.change("set", [], 86_401)


# --- whatever is sent or answered ---


@pytest.mark.parametrize("nos", ["eos", "nxos"])
def test_every_line_of_a_configuration_is_sent_in_its_order_and_no_secret_of_it_would_be_repeated(nos: str) -> None:
    main = {"eos": EOS_MAIN, "nxos": NXOS_MAIN}[nos]
    seen = 0
    for device in cases(nos).values():
        text = render_files(device)[main]
        tree = system(nos).parse(main, text)
        assert isinstance(tree, tuple)
        sent = [eapi.text_of(c) for c in (eapi.commands_of(tree) if nos == "eos" else nxapi.commands_of(tree))]
        lines = [line.strip() for line in text.splitlines() if line.strip() not in ("", "!")]
        if nos == "nxos" or "banner" not in text:
            assert [line for line in sent if line != "exit"] == [line for line in lines if line != "exit"]
        secrets = secrets_of_lines(sent)
        tokens = {secret_token(reference) for reference in secret_references(text)}
        assert tokens <= {secret.strip('"') for secret in secrets}
        assert MARK not in without("\n".join(sent), secrets) or not tokens
        seen += len(tokens)
        if nos == "nxos":
            kept = [masked(line) for line in sent if MARK in line and " 5 " not in line]
            assert not [line for line in kept if MARK in line]
    assert seen > 10


def test_every_secret_of_srlinux_is_known_as_one() -> None:
    seen = 0
    for device in cases("srlinux").values():
        text = render_files(device)[SRL_MAIN]
        tokens = {secret_token(reference) for reference in secret_references(text)}
        assert tokens <= secrets_of_value(parse(text))
        seen += len(tokens)
    assert seen > 10


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["jsonrpc", "id", "result", "error", "code", "data", "msg", "sessions", "errors", "x"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_answer_is_understood_or_refused(value: object) -> None:
    octets = json.dumps(value).encode()
    for ask in (
        lambda: eapi.sessions(eapi.results(octets, ["a"], "ask")[0]),
        lambda: nxapi.output(nxapi.results(octets, ["a", "b"], "ask")[0]),
        lambda: srlinux.changed_lines(srlinux.results(octets, "ask")),
        lambda: eapi.sessions(value),  # type: ignore[arg-type]
        lambda: srlinux.unconfirmed([value]),  # type: ignore[list-item]
    ):
        with contextlib.suppress(HttpsError):
            ask()


@given(st.binary(max_size=60))
def test_any_octets_are_understood_or_refused(octets: bytes) -> None:
    with contextlib.suppress(NotUnderstood):
        jsonrpc.answer_of(octets)
    with contextlib.suppress(NotUnderstood):
        jsonrpc.answers_of(octets, 3)


@given(st.text(min_size=1), st.lists(st.text(min_size=3, max_size=9).filter(lambda t: "*" not in t), max_size=3))
def test_no_secret_is_left_in_words(words: str, secrets: list[str]) -> None:
    said = without(words + " ".join(secrets), secrets)
    assert not [secret for secret in secrets if secret in said]
