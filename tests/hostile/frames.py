"""Frames a socket should not be sent, each with the code and the id of the error it gets."""

from __future__ import annotations

import json

MALFORMED, INVALID, REQUIRED = "malformed_json", "invalid", "required"
UNKNOWN_TYPE, UNKNOWN_FIELD, TOO_LARGE = "unknown_type", "unknown_field", "too_large"


def command(kind: object = "read", **members: object) -> str:
    return json.dumps({"type": kind, "id": "c", **members})


def padded(length: int) -> str:
    """A ping of exactly so many bytes."""
    return '{"type":"ping"}'.ljust(length)


ERRORS: dict[str, tuple[str, str, object]] = {
    # What is no JSON, or not in the way the contract reads it
    "nothing": ("", MALFORMED, None),
    "blanks": (" \t\r\n", MALFORMED, None),
    "a word": ("ping", MALFORMED, None),
    "half an object": ('{"type":"ping"', MALFORMED, None),
    "two objects": ('{"type":"ping"}{"type":"ping"}', MALFORMED, None),
    "a trailing comma": ('{"type":"ping",}', MALFORMED, None),
    "single quotes": ("{'type':'ping'}", MALFORMED, None),
    "a comment": ('{"type":"ping"}//', MALFORMED, None),
    "a byte order mark": ('\ufeff{"type":"ping"}', MALFORMED, None),
    "a raw line break in a string": ('{"type":"pi\nng"}', MALFORMED, None),
    "a raw NUL": ('{"type":"ping"}\x00', MALFORMED, None),
    "a member twice": ('{"type":"ping","type":"ping"}', MALFORMED, None),
    "a nested member twice": ('{"type":"ping","x":{"a":1,"a":2}}', MALFORMED, None),
    "NaN": ('{"type":"sync","since":NaN}', MALFORMED, None),
    "Infinity": ('{"type":"sync","since":Infinity}', MALFORMED, None),
    "a number beyond every float": ('{"type":"sync","since":1e999}', MALFORMED, None),
    "a number of 5,000 digits": ('{"type":"sync","since":%s}' % ("9" * 5000), MALFORMED, None),
    "a lone surrogate": ('{"type":"ping","id":"\\ud800"}', MALFORMED, None),
    "a lone surrogate in a key": ('{"type":"ping","\\udfff":1}', MALFORMED, None),
    "NUL in a string": ('{"type":"read","up_to":1,"identifier":"\\u0000"}', MALFORMED, None),
    "17 levels": ('{"x":' + "[" * 16 + "]" * 16 + "}", MALFORMED, None),
    "8,000 levels": ("[" * 8000, MALFORMED, None),
    "8,000 levels of objects": ('{"a":' * 3000, MALFORMED, None),
    # What is JSON and no command
    "a number": ("1", INVALID, None),
    "a string": ('"ping"', INVALID, None),
    "null": ("null", INVALID, None),
    "true": ("true", INVALID, None),
    "a list of commands": ('[{"type":"ping"}]', INVALID, None),
    "an empty object": ("{}", UNKNOWN_TYPE, None),
    "no type": ('{"id":"c"}', UNKNOWN_TYPE, "c"),
    "a null type": (command(None), UNKNOWN_TYPE, "c"),
    "a number as type": (command(1), UNKNOWN_TYPE, "c"),
    "a list as type": (command(["read"]), UNKNOWN_TYPE, "c"),
    "an object as type": (command({"read": 1}), UNKNOWN_TYPE, "c"),
    "another case": (command("Read", ids=[1]), UNKNOWN_TYPE, "c"),
    "a server's frame": (command("welcome"), UNKNOWN_TYPE, "c"),
    "a verb of the inside": (command("unseen", ids=[1]), UNKNOWN_TYPE, "c"),
    "a handler of the consumer": (command("websocket.disconnect"), UNKNOWN_TYPE, "c"),
    "a dunder": (command("__class__"), UNKNOWN_TYPE, "c"),
    # Ids of commands
    "a boolean as id": (command("ping", id=True), INVALID, None),
    "a float as id": (command("ping", id=1.5), INVALID, None),
    "a list as id": (command("ping", id=[]), INVALID, None),
    "an object as id": (command("ping", id={}), INVALID, None),
    "an id of 65 characters": (command("ping", id="x" * 65), INVALID, None),
    "an id beyond 2^53": (command("ping", id=2**53), INVALID, None),
    # Marking
    "read nothing": (command(), REQUIRED, "c"),
    "ids null": (command(ids=None), INVALID, "c"),
    "ids a number": (command(ids=1), INVALID, "c"),
    "ids a string": (command(ids="1"), INVALID, "c"),
    "ids an object": (command(ids={"1": 1}), INVALID, "c"),
    "no ids": (command(ids=[]), INVALID, "c"),
    "501 ids": (command(ids=list(range(1, 502))), INVALID, "c"),
    "an id that is a string": (command(ids=["1"]), INVALID, "c"),
    "an id that is a boolean": (command(ids=[True]), INVALID, "c"),
    "an id that is a float": (command(ids=[1.0]), INVALID, "c"),
    "an id that is null": (command(ids=[None]), INVALID, "c"),
    "an id that is a list": (command(ids=[[1]]), INVALID, "c"),
    "id zero": (command(ids=[0]), INVALID, "c"),
    "a negative id": (command(ids=[-1]), INVALID, "c"),
    "an id beyond bigint": (command(ids=[2**63]), INVALID, "c"),
    "an id of 4,000 digits": ('{"type":"read","id":"c","ids":[%s]}' % ("9" * 4000), INVALID, "c"),
    "ids and a bound": (command(ids=[1], up_to=1), INVALID, "c"),
    "ids and an identifier": (command(ids=[1], identifier="M"), INVALID, "c"),
    "a bound that is null": (command(up_to=None), INVALID, "c"),
    "a bound that is a string": (command(up_to="1"), INVALID, "c"),
    "a bound that is a boolean": (command(up_to=True), INVALID, "c"),
    "a bound that is a float": (command(up_to=1.5), INVALID, "c"),
    "bound zero": (command(up_to=0), INVALID, "c"),
    "a bound beyond bigint": (command(up_to=2**63), INVALID, "c"),
    "an identifier alone": (command(identifier="M"), REQUIRED, "c"),
    "an identifier that is a number": (command(up_to=1, identifier=7), INVALID, "c"),
    "an empty identifier": (command(up_to=1, identifier=""), INVALID, "c"),
    "an identifier of 101 characters": (command(up_to=1, identifier="x" * 101), INVALID, "c"),
    "a member that is not known": (command("delete", ids=[1], user_id="alice"), UNKNOWN_FIELD, "c"),
    "the prototype of objects": (command("delete", ids=[1], __proto__={}), UNKNOWN_FIELD, "c"),
    # Syncing and acknowledging
    "sync from nowhere": (command("sync"), REQUIRED, "c"),
    "sync from null": (command("sync", since=None), INVALID, "c"),
    "sync from a string": (command("sync", since="5"), INVALID, "c"),
    "sync from a float": (command("sync", since=0.5), INVALID, "c"),
    "sync from a boolean": (command("sync", since=False), INVALID, "c"),
    "sync from below zero": (command("sync", since=-1), INVALID, "c"),
    "sync from beyond bigint": (command("sync", since=2**63), INVALID, "c"),
    "sync in an epoch that is a number": (command("sync", since=0, epoch=1), INVALID, "c"),
    "sync in an epoch of 65 characters": (command("sync", since=0, epoch="x" * 65), INVALID, "c"),
    "sync for somebody else": (command("sync", since=0, user_id="alice"), UNKNOWN_FIELD, "c"),
    "acknowledge nothing": (command("ack"), REQUIRED, "c"),
    "acknowledge a string": (command("ack", seq="1"), INVALID, "c"),
    "acknowledge below zero": (command("ack", seq=-1), INVALID, "c"),
    "acknowledge beyond bigint": (command("ack", seq=10**30), INVALID, "c"),
    "ping with a load": (command("ping", load="x"), UNKNOWN_FIELD, "c"),
    # Renewing
    "renew with nothing": (command("auth"), REQUIRED, "c"),
    "renew with null": (command("auth", token=None), REQUIRED, "c"),
    "renew with a number": (command("auth", token=5), INVALID, "c"),
    "renew with an empty token": (command("auth", token=""), INVALID, "c"),
    "renew with a word": (command("auth", token="word"), "not_authenticated", "c"),
    "renew with three dots": (command("auth", token="..."), "not_authenticated", "c"),
    "renew with an unknown key": (command("auth", token="ntf_" + "x" * 43), "not_authenticated", "c"),
    "renew with other letters": (command("auth", token="ntf_ä"), "not_authenticated", "c"),
    "renew with 5,000 letters": (command("auth", token="x" * 5000), "not_authenticated", "c"),
    # Sizes
    "16 KiB and a byte": (padded(16 * 1024 + 1), TOO_LARGE, None),
    "16 KiB and more in UTF-8 alone": (json.dumps("ä" * 9000, ensure_ascii=False), TOO_LARGE, None),
    "60 KiB of brackets": ("[" * 60 * 1024, TOO_LARGE, None),
}
