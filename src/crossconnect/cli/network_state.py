"""What the devices' network is, and which plans have made it so: kept in a directory, wherever a plan's file lies.

    STATE/lease                           locked by whoever carries a plan out on the network
    STATE/plans/0007-NAME-HASH.plan       the octets that were carried out, numbered in the order of beginning
    STATE/plans/0007-NAME-HASH.plan.*     its journal, and the approvals that it had when it was begun
    STATE/adopted.json                    a network that all devices were seen to run, where no plan has led to it

Nothing says what runs but the journals, so that no crash can leave the two at odds. The order is that of the numbers,
which are given under the lease: no clock decides it.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from crossconnect.cli.past_plans import SUFFIX, PastPlan, past_plans
from crossconnect.cli.plan_saving import approvals_file, read_plan
from crossconnect.cli.replacing import replace_file
from crossconnect.cli.sole import sole
from crossconnect.errors import BadInput, Stale
from crossconnect.rollout.journal_file import look
from crossconnect.rollout.saved_plan import SavedPlan

_DIGITS = 4
_HASH = 16
"""Hexadecimal digits of a plan's hash in its name: enough that two never have the same."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A network that is known to run."""

    content_hash: str
    commit: str
    """Git commit of the region's files."""
    drained: tuple[str, ...]
    """Devices that are drained beside what the files say."""
    why: str
    """From what it is known."""


class _Adopted(msgspec.Struct, frozen=True, kw_only=True):
    content_hash: str
    commit: str
    drained: tuple[str, ...]
    at: str
    """RFC 3339, UTC, for people."""
    tip: str
    """Of the last plan's journal then: with another one it is out of date. Empty before the first plan."""


class NetworkState:
    """The state directory of one network."""

    def __init__(self, directory: Path, option: str = "") -> None:
        """It need not be there yet. `option` is what names it in a command, with a space before it."""
        self.directory, self.option = directory, option
        self.plans = directory / "plans"
        self._adopted_file = directory / "adopted.json"

    @property
    def begun(self) -> bool:
        """Whether anything is known."""
        return any(self.plans.glob("*.plan")) or self._adopted_file.exists()

    def past(self) -> tuple[PastPlan, ...]:
        """Plans that were begun on the network, the oldest first, each with its number for good."""
        found = past_plans(self.plans) if self.plans.is_dir() else ()
        numbered = [msgspec.structs.replace(past, number=_number(Path(past.file))) for past in found]
        return tuple(sorted(numbered, key=lambda past: past.number))

    def standing(self) -> Standing | None:
        """What runs; None where nobody has seen it yet. Stale where a plan is in the middle of it, BadInput where what
        is kept cannot be read."""
        plans = self.past()
        for past in plans:
            match past.outcome:
                case "unreadable":
                    raise BadInput(f"what runs cannot be told: {past.failure}")
                case "running":
                    raise Stale(f"{past.file} was begun and has not ended: first --resume or --abort it")
                case "stopped" | "stuck":
                    raise Stale(f"{past.file} has ended half-way ({past.outcome}): `xc apply` it with --abort")
                case _:
                    pass
        adopted = self._adopted()
        if adopted is not None and adopted.tip == _tip(plans):
            why = f"all devices were seen to run it on {adopted.at[:10]}"
            return Standing(content_hash=adopted.content_hash, commit=adopted.commit, drained=adopted.drained, why=why)
        # What was undone has left the network as it was, and has not always seen all of it.
        last = next((past for past in reversed(plans) if past.outcome == "done"), None)
        if last is None:
            return None
        why = f"by plan {last.number} of {self.directory}"
        return Standing(content_hash=last.new, commit=last.new_commit, drained=last.new_drained, why=why)

    def overtaken(self, kept: Path) -> str:
        """Why a plan that was begun cannot be gone on with: what came after it, and stands. Empty where nothing did."""
        later = [past for past in self.past() if past.number > _number(kept) and past.outcome != "undone"]
        return f"{later[0].file} was carried out after it: `xc rollback {_number(kept)}`" if later else ""

    def stale(self, plan: SavedPlan) -> str:
        """Why a plan does not start from what runs; empty where it does, or where nobody knows: then each device is
        compared with the plan when it is prepared. Stale and BadInput as in `standing`; BadInput for the state of
        another region."""
        regions = {read_plan(Path(past.file))[0].region for past in self.past()[-1:] if past.outcome != "unreadable"}
        if regions - {plan.region}:
            raise BadInput(f"{self.directory} is of {regions.pop()}, the plan of {plan.region}")
        now = self.standing()
        if now is None or now.content_hash == plan.parent:
            return ""
        if now.content_hash == plan.new:
            return f"by {self.directory} the network is already as the plan would have it"
        drained = sorted(set(now.drained) - set(plan.parent_drained))
        which = f"{', '.join(drained)} drained" if drained else f"{now.why} it is commit {now.commit[:12]}"
        return f"the plan does not start from the network that runs: {which}; make the plan anew"

    def adopt(self, content_hash: str, commit: str, at: str) -> None:
        """Keep that all devices were seen to run this network. Stale while a plan is not at its end."""
        with self._lease():
            self.standing()
            adopted = _Adopted(content_hash=content_hash, commit=commit, drained=(), at=at, tip=_tip(self.past()))
            replace_file(self._adopted_file, msgspec.json.encode(adopted) + b"\n")

    @contextlib.contextmanager
    def held(self, file: Path, digest: str, anew: bool) -> Iterator[Path]:
        """Have the network to oneself, with the plan kept here: the path beside which its journal is. Busy where
        somebody else has it. A plan of which nothing is begun leaves nothing behind. With `anew` one that has ended is
        another one when it is carried out again: undone, or after others, the same octets may be right again."""
        with self._lease():
            self._forget_what_was_not_begun()
            kept = self._kept(digest, anew) or self._keep(file, digest)
            try:
                yield kept
            finally:
                self._forget_what_was_not_begun()

    @contextlib.contextmanager
    def _lease(self) -> Iterator[None]:
        self.plans.mkdir(parents=True, exist_ok=True)
        ignored = self.directory / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n")
        with sole(self.directory / "lease"):
            yield

    def _adopted(self) -> _Adopted | None:
        try:
            return msgspec.json.decode(self._adopted_file.read_bytes(), type=_Adopted)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise BadInput(f"{self._adopted_file} cannot be read: {error}") from error

    def _kept(self, digest: str, anew: bool) -> Path | None:
        plans = self.past()
        same = [past for past in plans if past.file.endswith(f"-{digest[:_HASH]}.plan")]
        if not same:
            return None
        last = same[-1]
        over = last.outcome == "undone" or (last.outcome == "done" and last is not plans[-1])
        return None if anew and over else Path(last.file)

    def _keep(self, file: Path, digest: str) -> Path:
        number = max((_number(path) for path in self.plans.glob("*.plan")), default=0) + 1
        kept = self.plans / f"{number:0{_DIGITS}}-{_stem(file, digest)}-{digest[:_HASH]}.plan"
        if approvals_file(file).exists():
            shutil.copy(approvals_file(file), approvals_file(kept))
        replace_file(kept, file.read_bytes())
        return kept

    def _forget_what_was_not_begun(self) -> None:
        """Else it would have its number before others that are begun earlier."""
        for kept in self.plans.glob("*.plan"):
            if not _is_begun(kept):
                for path in (kept, *self.plans.glob(f"{kept.name}.*")):
                    path.unlink()


def _is_begun(kept: Path) -> bool:
    journal = kept.with_name(kept.name + SUFFIX)
    if not journal.exists() or not journal.stat().st_size:
        return False
    read = look(kept.parent, kept.name, read_plan(kept)[1])
    return bool(read.problem) or any(record.kind != "note" for record in read.records)


def _tip(plans: tuple[PastPlan, ...]) -> str:
    return plans[-1].tip if plans else ""


def _number(path: Path) -> int:
    number = path.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0


def _stem(file: Path, digest: str) -> str:
    """The plan's name as its maker has it, also where a kept one is copied."""
    stem = file.name.removesuffix(".plan").removesuffix(f"-{digest[:_HASH]}")
    number, _, rest = stem.partition("-")
    return rest if len(number) == _DIGITS and number.isdecimal() and rest else stem
