"""Every `xc` command in the documentation exists as written, and those that need no lab work.

Input: README.md and docs/**/*.md (generated pages left out). A command is a line of an indented or unnamed fenced block
that begins with `xc`; named fences are output or YAML. Output: each parses against the commands' own definitions. The
tutorial and the how-to pages are then followed in a fresh region: their YAML is put where they say, their commands are
run in order, and each ends with 0, or with the code that `ENDS_WITH` says.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml

from crossconnect.cli.group import cli, run
from crossconnect.model.promise import ENDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    if not page.read_text(encoding="utf-8").startswith("<!-- Generated")
]
HOW_TO = ROOT / "docs" / "how-to"
TUTORIAL = ROOT / "docs" / "tutorials" / "first-region.md"

RUNNABLE = {
    "validate", "lock", "plan", "show", "render", "simulate", "trace", "explain", "prove", "what-if", "state", "query",
    "schema",
}  # fmt: skip
NEEDS_MORE = ("--from lab", "state/lab", "origin/", "measured.csv", "--scheduler")
"""Parts of commands that need a running lab, a remote repository, other machines or a file of the reader's own."""

ENDS_WITH = {
    "xc trace -C examples/metro acme-dev1 globex-shop1": 1,
    "xc explain -C examples/metro 192.0.2.0/24 --vrf acme/prod --device n1-leaf1 --fail-device transit1": 1,
    "xc trace web1 shop1": 1,
    'xc prove -C examples/metro "acme/prod cannot reach globex/prod"': 1,
    'xc prove -C examples/metro "role leaf reaches role border-leaf with width 2 surviving 1 link"': 1,
    'xc prove -C examples/metro "vrf acme/prod is never announced to transit1"': 1,
    'xc prove -C examples/metro "acme/prod can reach internet surviving 2 devices"': 1,
    'xc prove -C examples/metro "tenant acme can raech internet"': 2,
    "xc show plan plans/change.plan": 1,
}
"""Commands that are shown because they fail."""


class Step(NamedTuple):
    """A line to type, or a file's text."""

    line: int
    kind: str
    text: str


def steps_of(page: Path) -> Iterator[Step]:
    """Commands and YAML of a page, in its order."""
    fence, body, start = None, [], 0
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for number, line in enumerate(text.splitlines(), 1):
        mark = line.strip()
        if fence is not None:
            if mark == "```":
                if fence == "yaml":
                    yield Step(start, "yaml", "\n".join(body) + "\n")
                fence = None
            elif fence == "":
                yield Step(number, "command", line.strip())
            else:
                body.append(line)
        elif mark.startswith("```"):
            fence, body, start = mark[3:], [], number
        elif line.startswith("    "):
            yield Step(number, "command", line.strip())


def commands_of(page: Path) -> Iterator[tuple[int, str]]:
    """`xc` command lines, one each: comments cut off, `a && b` taken apart, of `a | b` the first."""
    for step in steps_of(page):
        if step.kind == "command":
            for part in re.sub(r"\s#\s.*", "", step.text).split("&&"):
                command = part.split(" | ")[0].strip()
                if re.match(r"xc -{0,2}[a-z]", command):
                    yield step.line, " ".join(command.split())


def mentions_of(page: Path) -> Iterator[str]:
    """`xc` commands in running text, perhaps without their arguments."""
    for found in re.findall(r"`(xc [^`]+)`", page.read_text(encoding="utf-8")):
        yield " ".join(found.split())


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and what is left of them. AssertionError when there is none."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        child = command.get_command(click.Context(command), words[0])
        assert child is not None, f"there is no command {words[0]!r}"
        command, words = child, words[1:]
    return command, words


def check(command_line: str, *, arguments_may_lack: bool = False) -> None:
    """AssertionError or UsageError when the command or an option does not exist, or a value cannot be one."""
    # Where output goes, and that it runs in the background, is the shell's affair.
    command, words = resolve(shlex.split(re.sub(r"\s(2?>.*|&)$", "", command_line))[1:])
    if isinstance(command, click.Group):
        assert all(word in ("-h", "--help", "--version") for word in words), command_line
        return
    if "--help" in words or "-h" in words:
        return
    context = click.Context(command, ignore_unknown_options=bool(command.context_settings))
    given, left, _ = command.make_parser(context).parse_args(list(words))
    assert not left, f"too many arguments: {left}"
    for parameter in command.params:
        value = given.get(parameter.name or "")
        if isinstance(parameter, click.Argument) and parameter.required and not arguments_may_lack:
            assert isinstance(value, str) or (value and parameter.nargs == -1), f"{parameter.name} is missing"
        if isinstance(parameter.type, click.Choice) and isinstance(value, str):
            assert value in parameter.type.choices, f"{value!r} is none of {parameter.type.choices}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_are_as_they_exist(page: Path) -> None:
    wrong = []
    for line, command in commands_of(page):
        try:
            check(command)
        except (AssertionError, click.ClickException) as error:
            wrong.append(f"{page.name}:{line}: {command}: {error}")
    for command in mentions_of(page):
        try:
            check(command, arguments_may_lack=True)
        except (AssertionError, click.ClickException) as error:
            wrong.append(f"{page.name}: {command}: {error}")
    assert not wrong


def test_the_check_itself_finds_mistakes() -> None:
    for wrong in ("xc lab upp", "xc plan --difff", "xc trace web1", "xc drill fire x", "xc lab down web1", "xc lbk"):
        with pytest.raises((AssertionError, click.ClickException)):
            check(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_yaml_is_yaml(page: Path) -> None:
    for step in steps_of(page):
        if step.kind == "yaml":
            yaml.safe_load(step.text)


# Following the pages.


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to type in, as somebody whom Git knows."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "newcomer")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "newcomer@example.invalid")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def region(start: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `xc init` writes, numbered and committed on `main`."""
    assert run(["init", "lab1"]) == 0
    monkeypatch.chdir(start / "lab1")
    assert run(["lock"]) == 0
    git("git init -q -b main")
    git("git add -A")
    git("git commit -qm first")
    return start / "lab1"


def git(command: str) -> None:
    subprocess.run(shlex.split(command), check=True, capture_output=True)


def runs_here(command: str) -> bool:
    return command.split()[1] in RUNNABLE and not any(part in command for part in NEEDS_MORE)


def follow(page: Path) -> int:
    """Run every command of a page that can run here; how many those were."""
    count = 0
    for line, command in commands_of(page):
        if runs_here(command):
            code = run(shlex.split(command)[1:])
            assert code == ENDS_WITH.get(command, 0), f"{page.name}:{line}: {command} ended with {code}"
            count += 1
    return count


def yaml_of(page: Path) -> list[str]:
    return [step.text for step in steps_of(page) if step.kind == "yaml"]


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_tutorial(start: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrote = 0
    for step in steps_of(TUTORIAL):
        if step.kind == "yaml":
            append(Path("fabric/pod1.yaml"), step.text)
            continue
        for part in re.sub(r"\s#\s.*", "", step.text).split("&&"):
            command = " ".join(part.split(" | ")[0].split())
            if command == "cd lab1":
                monkeypatch.chdir("lab1")
            elif command.startswith("git ") and Path("region.yaml").exists():
                git(command)
            elif command == "xc init lab1" or (command.startswith("xc ") and runs_here(command)):
                capsys.readouterr()
                assert run(shlex.split(command)[1:]) == 0, f"first-region.md:{step.line}: {command}"
                wrote += 1
                if command == "xc plan":
                    seen = capsys.readouterr().out
                    assert "3 devices, 16 numbers" in seen
                    assert "pod1-leaf3   frr  added" in seen
    assert wrote >= 16
    assert run(["lock", "--check"]) == 0


def rack(region: Path, snippets: list[str]) -> None:
    assert len(snippets) == 4
    append(region / "fabric" / "pod1.yaml", snippets[0])


def like_racks(region: Path, snippets: list[str]) -> None:
    append(region / "fabric" / "pod1.yaml", snippets[1])


def tenant(region: Path, snippets: list[str]) -> None:
    new, servers, promises = snippets
    put(region / "tenancy" / "globex.yaml", new)
    head = "      - name: pod1-rack2\n        servers:\n"
    replace(region / "fabric" / "pod1.yaml", head, head + servers)
    put(region / "checks" / "globex.yaml", promises)


def declared_leak(region: Path, snippets: list[str]) -> None:
    tenant(region, snippets)
    (region / "checks" / "globex.yaml").unlink()
    replace(
        region / "tenancy" / "globex.yaml", "        segments:\n", "        imports: [acme/prod]\n        segments:\n"
    )


def transit(region: Path, snippets: list[str]) -> None:
    pod, carrier, second = snippets
    assert yaml.safe_load(pod)["pods"][0]["border_leaves"] == {"count": 2}
    replace(
        region / "fabric" / "pod1.yaml",
        "    spines: {count: 2}\n",
        "    spines: {count: 2}\n    border_leaves: {count: 2}\n",
    )
    put(region / "edge" / "carrier.yaml", carrier)
    assert second


def preferred_border(region: Path, snippets: list[str]) -> None:
    transit(region, snippets)
    carrier = region / "edge" / "carrier.yaml"
    replace(carrier, "policies:\n", "policies:\n" + snippets[2])
    replace(
        carrier,
        "border2, vrf: acme/prod, import_policy: default-only",
        "border2, vrf: acme/prod, import_policy: default-second",
    )


def dual_homed_rack(region: Path, snippets: list[str]) -> None:
    append(region / "fabric" / "pod1.yaml", snippets[0])


def dual_homed_by_hand(region: Path, snippets: list[str]) -> None:
    pod = region / "fabric" / "pod1.yaml"
    lines = [line for line in pod.read_text().splitlines(keepends=True) if "name: web1" not in line]
    pod.write_text("".join(lines) + snippets[1])


def on_a_branch(region: Path, snippets: list[str]) -> None:
    git("git checkout -qb change")
    append(region / "fabric" / "pod1.yaml", "      - {name: pod1-rack3}\n")
    assert run(["lock"]) == 0


def cloud(region: Path, snippets: list[str]) -> None:
    choice, tenancy, servers, networks = snippets
    replace(region / "region.yaml", "  tenant_mtu: 9000\n", "  tenant_mtu: 9000\n" + choice)
    put(region / "tenancy" / "cloud.yaml", tenancy)
    put(region / "fabric" / "cloud.yaml", servers)
    put(region / "edge" / "cloud.yaml", networks)


def rack_under_rules(region: Path, snippets: list[str]) -> None:
    put(region / "checks" / "change-rules.yaml", snippets[0])
    git("git add -A")
    git("git commit -qm rules")
    on_a_branch(region, snippets)
    git("git add -A")
    git("git commit -qm rack")


def as_it_is(region: Path, snippets: list[str]) -> None:
    """Nothing to write down."""


@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        ("add-a-rack", rack),
        ("add-a-tenant", tenant),
        ("connect-a-transit-provider", transit),
        ("connect-a-transit-provider", preferred_border),
        ("connect-ovn-gateways", cloud),
        ("dual-home-a-server", dual_homed_rack),
        ("review-a-change", on_a_branch),
        ("plan-and-approve", rack_under_rules),
        ("editor-completion", as_it_is),
        ("run-a-lab", as_it_is),
        ("lab-does-not-come-up", as_it_is),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_how_to(region: Path, name: str, prepare: Callable[[Path, list[str]], None]) -> None:
    page = HOW_TO / f"{name}.md"
    prepare(region, yaml_of(page))
    assert run(["validate", "--strict"]) == 0
    assert follow(page) >= 1


@pytest.mark.parametrize(
    ("name", "prepare", "servers"),
    [
        ("add-a-rack", like_racks, 44),
        ("add-a-tenant", declared_leak, 5),
        ("dual-home-a-server", dual_homed_by_hand, 4),
    ],
    ids=["like-racks", "declared-leak", "second-leaf-by-hand"],
)
def test_variants_that_pages_show(
    region: Path,
    name: str,
    prepare: Callable[[Path, list[str]], None],
    servers: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare(region, yaml_of(HOW_TO / f"{name}.md"))
    capsys.readouterr()
    assert run(["validate", "--strict"]) == 0
    assert f"{servers} servers" in capsys.readouterr().err
    assert run(["plan"]) == 0
    assert run(["simulate", "--failures", "single"]) == 0


def test_renaming_keeps_every_number(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snippets = yaml_of(HOW_TO / "add-a-rack.md")
    rack(region, snippets)
    assert run(["lock"]) == 0
    git("git commit -qam rack3")
    replace(region / "fabric" / "pod1.yaml", "pod1-rack3\n", 'pod1-rack3\n        leaf_name: "edge-leaf{n}"\n')
    append(region / "region.yaml", snippets[2])
    capsys.readouterr()
    assert run(["plan", "--numbers"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if re.match(r"(loopback|asn|link)", line)]
    taken = {(pool, value) for pool, key, value in rows if "pod1-leaf3" in key}
    given = {(pool, value) for pool, key, value in rows if "edge-leaf3" in key}
    assert taken == given
    assert len(taken) == 7


def test_a_renamed_rack_takes_its_leaves_along(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snippets = yaml_of(HOW_TO / "add-a-rack.md")
    rack(region, snippets)
    assert run(["lock"]) == 0
    git("git commit -qam rack3")
    replace(region / "fabric" / "pod1.yaml", "pod1-rack3\n", "pod1-db\n")
    append(region / "region.yaml", snippets[3])
    capsys.readouterr()
    assert run(["plan", "-o", "json"]) == 0
    numbers = yaml.safe_load(capsys.readouterr().out)["numbers"]
    assert {(n["pool"], n["key"], n["old"], n["new"]) for n in numbers} == {
        ("leaf/pod1", "pod1-db#1", "", "3"),
        ("leaf/pod1", "pod1-rack3#1", "3", ""),
    }


def test_the_transit_page_says_how_to_prefer_a_border(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preferred_border(region, yaml_of(HOW_TO / "connect-a-transit-provider.md"))
    capsys.readouterr()
    of_leaves = "prefix = '0.0.0.0/0' and vrf = 'acme-prod' and device like '%leaf%'"
    sql = f"select distinct next_hops from routes where {of_leaves}"
    assert run(["query", "-o", "json", sql]) == 0
    out = capsys.readouterr().out
    assert yaml.safe_load(out)["items"] == [{"next_hops": ["10.255.0.5%5000"]}]


def test_questions_to_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = HOW_TO / "find-out-why.md"
    count = 0
    for line, command in commands_of(page):
        words = shlex.split(command.replace("/tmp/", f"{tmp_path}/"))
        assert run(words[1:]) == ENDS_WITH.get(command, 0), f"{page.name}:{line}: {command}"
        count += 1
    assert count >= 19


def test_proofs_of_the_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line of output that the page shows is printed by the command above it."""
    monkeypatch.chdir(ROOT)
    page = HOW_TO / "prove-a-promise.md"
    count = 0
    printed, fenced = "", False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = line == "```text"
        elif line.startswith("    xc prove "):
            command = line.strip()
            capsys.readouterr()
            assert run(shlex.split(command)[1:]) == ENDS_WITH.get(command, 0), command
            captured = capsys.readouterr()
            printed = captured.out + captured.err
            count += 1
        elif fenced and line != "...":
            assert line in printed.splitlines(), line
    assert count >= 8


def test_the_promises_that_the_page_shows_are_valid(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "metro", tmp_path / "metro")
    (promises,) = yaml_of(HOW_TO / "prove-a-promise.md")
    put(tmp_path / "metro" / "checks" / "promises.yaml", promises)
    assert {promise["kind"] for promise in yaml.safe_load(promises)["promises"]} == set(ENDS)
    assert run(["prove", "-C", str(tmp_path / "metro")]) == 0


def test_output_shown_is_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Explanations and traces on the page are those of today, to the letter."""
    monkeypatch.chdir(ROOT)
    page = HOW_TO / "find-out-why.md"
    printed: list[str] = []
    for _, command in commands_of(page):
        if command.split()[1] in ("explain", "trace"):
            run(shlex.split(command)[1:])
            printed.append(capsys.readouterr().out)
    shown = re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8").partition("## Questions as SQL")[0], re.S)
    assert len(shown) == 4
    for block in shown:
        assert any(block.rstrip("\n") in text for text in printed), block


def test_the_change_that_the_review_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page's output is what the described edit of the example prints."""
    region = tmp_path / "metro"
    shutil.copytree(ROOT / "examples" / "metro", region)
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", "-C", str(region), *words], check=True)
    transit = region / "edge" / "transit.yaml"
    lines = transit.read_text().splitlines(keepends=True)
    transit.write_text("".join(line for line in lines if "n1-border2, vrf: acme/prod" not in line))
    run(["plan", "-C", str(region)])
    printed = capsys.readouterr().out.splitlines()
    (shown,) = re.findall(r"```text\n(.*?)```", (HOW_TO / "review-a-change.md").read_text(encoding="utf-8"), re.S)
    assert all(line in printed for line in shown.splitlines())
