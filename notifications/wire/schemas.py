"""The JSON Schema of each value that REST takes or gives."""

from __future__ import annotations

from typing import Any, Final

from notifications import limits

Schema = dict[str, Any]


def integer(minimum: int, maximum: int, **more: object) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **more}


def or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


VISIBLE_ASCII: Final = "^[!-~]+$"
_SPACE = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_NOT_IN_LINE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_NOT_IN_URL = rf"{_NOT_IN_LINE}{_SPACE}\\\\"
_PORT = "([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"

USER_ID: Final[Schema] = {
    "anyOf": [
        integer(1, limits.MAX_SAFE_INTEGER),
        {
            "type": "string",
            "pattern": r"^[A-Za-z0-9][A-Za-z0-9._@+:-]{0,63}$",
            "not": {"anyOf": [{"enum": ["0", *sorted(limits.RESERVED_USER_IDS)]}, {"pattern": "^[0-9]+(_[0-9]+)+$"}]},
        },
    ],
    "description": 'The id of a user in your product: 123 and "123" are the same user.',
}
ID: Final[Schema] = integer(1, limits.MAX_ID)
NUMBER: Final[Schema] = {"type": "integer", "minimum": 0}
TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
TITLE: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": limits.TITLE_MAX,
    "pattern": f"^[^{_NOT_IN_LINE}]*[^{_NOT_IN_LINE}{_SPACE}][^{_NOT_IN_LINE}]*$",
}
DESCRIPTION: Final[Schema] = {
    "type": "string",
    "maxLength": limits.DESCRIPTION_MAX,
    "pattern": r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$",
}
IDENTIFIER: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": limits.IDENTIFIER_MAX,
    "pattern": r"^[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]*$",
}
TOPIC: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": limits.TOPIC_MAX,
    "pattern": r"^[A-Za-z0-9][A-Za-z0-9 ._:@+#-]*$",
}
DATA: Final[Schema] = {
    "type": "object",
    "description": f"Yours: at most {limits.DATA_MAX_BYTES} bytes of compact JSON, {limits.DATA_MAX_DEPTH} deep.",
    "propertyNames": {"not": {"const": "__proto__"}},
    "additionalProperties": True,
}
ACTION_URL: Final[Schema] = {
    "type": ["string", "null"],
    "maxLength": limits.ACTION_URL_MAX,
    "description": "Hosts outside ASCII and IPv6 addresses are taken as well.",
    "pattern": (
        rf"^(https?://[A-Za-z0-9][A-Za-z0-9.-]*(:{_PORT})?([/?#][^{_NOT_IN_URL}]*)?"
        rf"|/([^/{_NOT_IN_URL}][^{_NOT_IN_URL}]*)?)$"
    ),
}
PRIORITY: Final[Schema] = {"type": "string", "enum": list(limits.PRIORITIES)}
DEDUPE_KEY: Final[Schema] = {
    "type": ["string", "null"],
    "minLength": 1,
    "maxLength": limits.DEDUPE_KEY_MAX,
    "pattern": VISIBLE_ASCII,
}
LINK: Final[Schema] = {"type": ["string", "null"], "format": "uri"}
TOMBSTONE: Final[Schema] = {
    "type": "object",
    "description": "A deleted notification.",
    "properties": {"id": ID, "seq": ID, "deleted": {"type": "boolean", "const": True}},
    "required": ["id", "seq", "deleted"],
}
ITEM: Final[Schema] = {"anyOf": [{"$ref": "#/components/schemas/Notification"}, TOMBSTONE]}
