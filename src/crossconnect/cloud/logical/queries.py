"""Memoised questions about documents, computed again only when something that they read has changed.

    documents, indexes  <--reads--  questions  <--asks--  questions, units
          |
          '---- a change: who read it is asked again, then who asked one that answers otherwise now, and so on

A question is a function of `Queries` and an id; it may fail (`Unrealisable`), and failing is an answer too.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, Self, TypeAlias, TypeVar, cast

from crossconnect.cloud.logical.world import Index, Source, Up, World
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resource import Resource

R = TypeVar("R", bound=Resource)
T = TypeVar("T")


BROKEN = "internal error"
"""How the reason begins where the compiler itself is at fault."""


class Unrealisable(Exception):
    """A resource that cannot be, with the reason for its owner. What needs it cannot be either."""


class Question(NamedTuple):
    """A function and what it is asked about."""

    function: Callable[[Any, str], Any]
    """Of `Queries`, or of a class made of it."""
    id: str


Key: TypeAlias = Source | Question


class _Answer(Generic[T]):
    """What a question answered, on what it depends, and who depends on it."""

    __slots__ = ("dependents", "failure", "height", "reads", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self.failure: str | None = None
        self.reads: dict[Key, None] = {}
        self.dependents: set[Question] = set()
        self.height = 0
        """Above all questions that this one asks: the order of answering again."""


class Queries:
    """Answers to questions about a world, kept as long as anybody depends on them."""

    def __init__(self, world: World, region: CloudRegion) -> None:
        """About a world; `region` never changes."""
        self.region = region
        self._world = world
        self._answers: dict[Question, _Answer[Any]] = {}
        self._readers: dict[Source, set[Question]] = {}
        self._reading: list[dict[Key, None]] = []

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

    def ask(self, function: Callable[[Self, str], T], id: str) -> T:
        """What another question answers; its failure is the asking one's, too."""
        question = Question(function, id)
        if self._reading:
            self._reading[-1][question] = None
        answer = self._answer(question)
        if answer.failure is not None:
            raise Unrealisable(answer.failure)
        return cast("T", answer.value)

    # What the compiler calls.

    def settle(self, touched: Iterable[Source]) -> set[Question]:
        """Answer again what read a source that changed, then what asked a question that answers otherwise now, and so
        on; the questions that do. Lower ones first, so that most are answered once; who asked one too early is told by
        its change."""
        heap: list[tuple[int, int, Question]] = []
        waiting: set[Question] = set()
        changed: set[Question] = set()
        numbers = itertools.count()

        def wait(questions: Iterable[Question]) -> None:
            for question in questions:
                if question not in waiting:
                    waiting.add(question)
                    heapq.heappush(heap, (self._answers[question].height, next(numbers), question))

        for source in touched:
            wait(self._readers.get(source, ()))
        while heap:
            question = heapq.heappop(heap)[2]
            waiting.discard(question)
            answer = self._answers.get(question)
            if answer is not None and self._compute(question, answer):
                changed.add(question)
                wait(answer.dependents)
        return changed

    def answer(self, function: Callable[[Self, str], T], id: str) -> tuple[T | None, str | None]:
        """(answer, None), or (None, why not): for units, which nobody may depend on but which are kept."""
        found = self._answer(Question(function, id))
        return found.value, found.failure

    def forget(self, function: Callable[[Self, str], Any], id: str) -> None:
        """Nobody wants a unit's answer any more."""
        question = Question(function, id)
        answer = self._answers.get(question)
        if answer is not None and not answer.dependents:
            self._drop(question, answer)

    def _read(self, key: Key) -> None:
        if self._reading:
            self._reading[-1][key] = None

    def _answer(self, question: Question) -> _Answer[Any]:
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = _Answer()
            self._compute(question, answer)
        return answer

    def _compute(self, question: Question, answer: _Answer[Any]) -> bool:
        """Ask a question; whether its answer is another one than before."""
        reads: dict[Key, None] = {}
        self._reading.append(reads)
        value, failure = None, None
        try:
            value = question.function(self, question.id)
        except Unrealisable as e:
            failure = str(e)
        except Exception as e:
            # A fault of ours, met in one tenant's document: that resource fails, and no other tenant waits for it.
            failure = f"{BROKEN}: {type(e).__name__}: {e}"
        finally:
            self._reading.pop()
        before, answer.reads = answer.reads, reads
        height = -1
        for key in reads:
            if isinstance(key, Question):
                below = self._answers[key]
                below.dependents.add(question)
                height = max(height, below.height)
            elif (readers := self._readers.get(key)) is None:
                self._readers[key] = {question}
            else:
                readers.add(question)
        answer.height = height + 1
        if before:
            for key in before.keys() - reads.keys():
                self._leave(question, key)
        is_other = value != answer.value or failure != answer.failure
        answer.value, answer.failure = value, failure
        return is_other

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
