"""Random changes of documents of all kinds, compiled: what a realiser is told, and what must be there after each."""

from __future__ import annotations

import random

from cloud_documents import REGION
from cloud_universe import UNIVERSE
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.realise import Batch, Unit
from crossconnect.cloud.resource import Resource


class CompiledHistory:
    """A first batch with everything, then changes of a few documents each. The compiler's own work is incremental."""

    def __init__(self, seed: int, changes: int) -> None:
        chance = random.Random(seed)
        compiler = Compiler(REGION, Features())
        state: dict[str, Resource] = {id: variants[0] for id, variants in UNIVERSE.items()}
        self.batches = [Batch(0, compiler.apply(sorted(state.items())).units)]
        self._states = [dict(state)]
        for number in range(1, changes):
            changed: dict[str, Resource | None] = {}
            for id in chance.sample(sorted(UNIVERSE), chance.randint(1, 6)):
                changed[id] = chance.choice([*UNIVERSE[id], UNIVERSE[id][0], None])
            for id, document in changed.items():
                state.pop(id, None)
                if document is not None:
                    state[id] = document
            self.batches.append(Batch(number, compiler.apply(sorted(changed.items())).units))
            self._states.append(dict(state))

    def at(self, number: int) -> dict[str, Unit]:
        """All units as of a change, by a compiler that knows nothing of what was before."""
        units = Compiler(REGION, Features()).apply(sorted(self._states[number].items())).units
        return {key: unit for key, unit in units.items() if unit is not None}
