"""Functions on a lab that run where the lab is: here, or inside the user-mode-linux guest that has it.

    @operation
    def ping_matrix(lab, pings): ...

    caller (host)                                              guest
    ping_matrix(lab, pings)  -- lab is in a guest -->  name, arguments (pickle)  -->  the same function, its own Lab
                             <-- result, or the error it raised ----------------------

Arguments and results are pickled: both sides run the same code out of the same files, and a guest is no stranger to
its host (it is the caller's own process, which could as well write the caller's files).
"""

from __future__ import annotations

import functools
import importlib
import pickle
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from crossconnect.errors import BadInput
from crossconnect.lab.handle import Lab
from crossconnect.lab.uml.backend import running
from crossconnect.lab.uml.machine import call

P = ParamSpec("P")
R = TypeVar("R")

PROGRESS = "progress"
"""Name of the one argument that may be a function: of strings, called while the operation goes on."""

_MARK = "operation_name"
_ROOM = "crossconnect.lab."
_SEPARATOR = "\x1f"


def operation(function: Callable[Concatenate[Lab, P], R]) -> Callable[Concatenate[Lab, P], R]:
    """Make a function of a lab run where the lab is. Arguments and result must be data (`PROGRESS` excepted, given by
    name); what lives on between two operations must be found again by data."""
    name = f"{function.__module__}:{function.__qualname__}"

    @functools.wraps(function)
    def there(lab: Lab, *args: P.args, **kwargs: P.kwargs) -> R:
        if lab.record.backend != "uml":
            return function(lab, *args, **kwargs)
        return _call(lab, name, args, dict(kwargs))

    setattr(there, _MARK, name)
    return there


def serve_operation(lab: Lab, name: str, payload: bytes, progress: Callable[[str], None]) -> bytes:
    """Guest's side: the operation of that name on the guest's own lab. Raises BadInput where there is no such one."""
    module_name, _, function_name = name.partition(":")
    if not module_name.startswith(_ROOM):
        raise BadInput(f"{name} is not an operation of a lab")
    function = getattr(importlib.import_module(module_name), function_name, None)
    if getattr(function, _MARK, "") != name or function is None:
        raise BadInput(f"{name} is not an operation of a lab")
    args, kwargs, told = pickle.loads(payload)
    if told:
        kwargs[PROGRESS] = lambda *words: progress(_SEPARATOR.join(words))
    return pickle.dumps(function(lab, *args, **kwargs))


def _call(lab: Lab, name: str, args: tuple[object, ...], kwargs: dict[str, Any]) -> Any:
    progress = kwargs.pop(PROGRESS, None)
    payload = pickle.dumps((args, kwargs, progress is not None))
    listener = None if progress is None else lambda line: progress(*line.split(_SEPARATOR))
    return pickle.loads(call(running(lab.directory), name, payload, progress=listener))
