"""Who calls, and whether it is within its rates: asked for all the calls at once that are answered together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from notifications.actions.access import Principal
from notifications.actions.credentials import authenticate_header
from notifications.api.rates import admit, counted_principal, is_used_up

from .calls import Call

Caller = tuple[Call, Principal]


class UsedUp(Exception):
    """A rate of the caller is: Django says so."""


def authenticated(call: Call, known: dict[str, Principal]) -> Principal:
    """The caller; ``known``: those of this moment, by their header. Raises UsedUp before anything is done for one."""
    if is_used_up(call.counted_address):
        raise UsedUp
    principal = known.get(call.authorization) or authenticate_header(call.authorization)
    if (counted := counted_principal(principal)) and is_used_up(counted):
        raise UsedUp
    known[call.authorization] = principal
    return principal


def admitted(callers: Sequence[Caller]) -> list[Caller]:
    """Those that are within their rates; the cache is asked once for all."""
    counted = [call.counted(principal) for call, principal in callers]
    room = admit(Counter(one for each in counted for one in each))
    for (call, _), each in zip(callers, counted, strict=True):
        call.admitted = {one for one in each if room[one]}
        room.update({one: room[one] - 1 for one in call.admitted})
    return [caller for caller, each in zip(callers, counted, strict=True) if len(caller[0].admitted) == len(each)]
