"""Memoised questions about documents, computed again only when something that they read has changed.

    documents, indexes  <--reads--  questions  <--asks--  questions, units
          |                                                    ^
          '---- a change marks all that may have changed ------'   then only those are looked at again, and a question
                                                                   whose answer stayed the same changes nothing further

A question is a function of `Queries` and an id; it may fail (`Unrealisable`), and failing is an answer too.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.ovn.world import Index, Source, Up, World
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resource import Resource

R = TypeVar("R", bound=Resource)
T = TypeVar("T")


class Unrealisable(Exception):
    """A resource that cannot be, with the reason for its owner. What needs it cannot be either."""


class Question(NamedTuple):
    """A function and what it is asked about."""

    function: Callable[[Queries, str], Any]
    id: str


Key: TypeAlias = Source | Question


class _State(enum.Enum):
    CLEAN = 0
    MAYBE = 1
    """Something below it may answer otherwise."""
    DIRTY = 2


class _Answer(Generic[T]):
    """What a question answered, on what it depends, and who depends on it."""

    __slots__ = ("changed", "dependents", "failure", "reads", "state", "value", "verified")

    def __init__(self) -> None:
        self.value: T | None = None
        self.failure: str | None = None
        self.reads: dict[Key, None] = {}
        self.dependents: set[Question] = set()
        self.state = _State.DIRTY
        self.changed = 0
        self.verified = 0


class Queries:
    """Answers to questions about a world, kept as long as anybody depends on them."""

    def __init__(self, world: World, region: CloudRegion, features: Features) -> None:
        """About a world; `region` and `features` never change."""
        self.region = region
        self.features = features
        self._world = world
        self._answers: dict[Question, _Answer[Any]] = {}
        self._readers: dict[Source, set[Question]] = {}
        self._reading: list[dict[Key, None]] = []
        self._now = 1

    # What questions call.

    def get(self, kind: type[R], id: str) -> R | None:
        """A document, if there is one of that kind."""
        self._read(id)
        found = self._world.documents.get(id)
        return found if isinstance(found, kind) else None

    def need(self, kind: type[R], id: str) -> R:
        """A document without which the question has no answer."""
        found = self.get(kind, id)
        if found is None:
            raise Unrealisable(f"{id or 'something it needs'} does not exist")
        return found

    def referring(self, kind: type[Resource], field: str, id: str) -> list[str]:
        """Ids of the resources of a kind that name another one in a field."""
        index = Index(kind, field, id)
        self._read(index)
        return self._world.members(index)

    def is_up(self, id: str) -> bool:
        """Whether an interface is plugged in somewhere."""
        self._read(Up(id))
        return self._world.is_up(id)

    def ask(self, function: Callable[[Queries, str], T], id: str) -> T:
        """What another question answers; its failure is the asking one's, too."""
        question = Question(function, id)
        if self._reading:
            self._reading[-1][question] = None
        answer = self._refresh(question)
        if answer.failure is not None:
            raise Unrealisable(answer.failure)
        return cast("T", answer.value)

    # What the compiler calls.

    def mark(self, touched: Iterable[Source]) -> set[Question]:
        """Take note that sources changed; the questions that may answer otherwise now."""
        self._now += 1
        marked: set[Question] = set()
        above: list[Question] = []
        for source in touched:
            for question in self._readers.get(source, ()):
                self._answers[question].state = _State.DIRTY
                if question not in marked:
                    marked.add(question)
                    above.append(question)
        while above:
            for question in self._answers[above.pop()].dependents:
                answer = self._answers[question]
                if answer.state is _State.CLEAN:
                    answer.state = _State.MAYBE
                if question not in marked:
                    marked.add(question)
                    above.append(question)
        return marked

    def answer(self, function: Callable[[Queries, str], T], id: str) -> tuple[T | None, str | None]:
        """(answer, None), or (None, why not): for units, which nobody may depend on but which are kept."""
        found = self._refresh(Question(function, id))
        return found.value, found.failure

    def forget(self, function: Callable[[Queries, str], Any], id: str) -> None:
        """Nobody wants a unit's answer any more."""
        question = Question(function, id)
        answer = self._answers.get(question)
        if answer is not None and not answer.dependents:
            self._drop(question, answer)

    def is_known(self, function: Callable[[Queries, str], Any], id: str) -> bool:
        """Whether a question was asked, and is kept."""
        return Question(function, id) in self._answers

    def _read(self, key: Key) -> None:
        if self._reading:
            self._reading[-1][key] = None

    def _refresh(self, question: Question) -> _Answer[Any]:
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = _Answer()
        elif answer.state is _State.CLEAN:
            return answer
        elif answer.state is _State.MAYBE and not self._below_changed(answer):
            answer.state = _State.CLEAN
            answer.verified = self._now
            return answer
        self._compute(question, answer)
        return answer

    def _below_changed(self, answer: _Answer[Any]) -> bool:
        """Whether an answer that this one depends on is another than when it was made; in the order of asking, for what
        comes later may have been asked only because of what came before."""
        return any(isinstance(key, Question) and self._refresh(key).changed > answer.verified for key in answer.reads)

    def _compute(self, question: Question, answer: _Answer[Any]) -> None:
        reads: dict[Key, None] = {}
        self._reading.append(reads)
        value, failure = None, None
        try:
            value = question.function(self, question.id)
        except Unrealisable as e:
            failure = str(e)
        finally:
            self._reading.pop()
        for key in reads.keys() - answer.reads.keys():
            if isinstance(key, Question):
                self._answers[key].dependents.add(question)
            else:
                self._readers.setdefault(key, set()).add(question)
        gone = answer.reads.keys() - reads.keys()
        answer.reads = reads
        for key in gone:
            self._leave(question, key)
        if value != answer.value or failure != answer.failure or not answer.changed:
            answer.value, answer.failure, answer.changed = value, failure, self._now
        answer.verified = self._now
        answer.state = _State.CLEAN

    def _leave(self, question: Question, key: Key) -> None:
        """A question depends on something no more."""
        if not isinstance(key, Question):
            readers = self._readers[key]
            readers.discard(question)
            if not readers:
                del self._readers[key]
            return
        below = self._answers.get(key)
        if below is not None:
            below.dependents.discard(question)
            if not below.dependents:
                self._drop(key, below)

    def _drop(self, question: Question, answer: _Answer[Any]) -> None:
        del self._answers[question]
        for key in answer.reads:
            self._leave(question, key)
