"""Who calls, and whether it is within its rates: asked for all the calls at once that are answered together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import chain
from typing import NamedTuple

from notifications.actions.access import Principal
from notifications.actions.credentials import authenticate_header
from notifications.api.rates import Counted, admit, counted_principal, is_used_up

from .calls import Call


class UsedUp(Exception):
    """A rate of the caller is: Django says so."""


class Caller(NamedTuple):
    """Who it is, and how its calls are counted: by that, and by their address."""

    principal: Principal
    counted: frozenset[Counted]


class Callers:
    """Those of the calls that are answered together; each is looked up once."""

    def __init__(self) -> None:
        self._principals: dict[str, Principal] = {}
        self._found: dict[Hashable, Caller] = {}

    def of(self, call: Call) -> Caller:
        """Raises NotAuthenticated, and UsedUp before anything is done for one that is."""
        if (caller := self._found.get(call.whose)) is None:
            header, address = call.authorization, call.counted_address
            if is_used_up(address):
                raise UsedUp
            principal = self._principals.get(header) or authenticate_header(header)
            counted = counted_principal(principal)
            if counted is not None and is_used_up(counted):
                raise UsedUp
            self._principals[header] = principal
            caller = self._found[call.whose] = Caller(principal, frozenset(one for one in (address, counted) if one))
        return caller


def admitted(calls: Sequence[tuple[Call, Caller]]) -> list[tuple[Call, Caller]]:
    """Those that are within their rates; the cache is asked once for all."""
    asked = Counter(chain.from_iterable(caller.counted for _, caller in calls))
    room = admit(asked)
    scarce = {counted: left for counted, left in room.items() if left < asked[counted]}
    for call, caller in calls:
        call.admitted = caller.counted
        for counted in caller.counted & scarce.keys():
            if scarce[counted]:
                scarce[counted] -= 1
            else:
                call.admitted -= {counted}
    return [(call, caller) for call, caller in calls if call.admitted == caller.counted]
