"""The frames as the golden examples, the AsyncAPI document and the prose have them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from notifications.models import Change, Notification
from notifications.models.change import Changes, Head, Snapshot
from notifications.wire import frames
from notifications.wire.codes import Close, ErrorCode
from notifications.wire.commands import VERBS, parse_command
from notifications.wire.notification import to_text, to_wire

ROOT = Path(__file__).parents[2]
EXAMPLES = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "examples").glob("*.json")}
ASYNCAPI = json.loads((ROOT / "docs/asyncapi.json").read_text())
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
MOMENT = datetime(2026, 11, 22, 10, tzinfo=UTC)
HEAD = Head(user_id="123", epoch="3f6c", seq=63, unread=4, unseen=2)


def message(seq: int = 57, **changes: object) -> Notification:
    values = {
        "pk": 812,
        "user_id": "123",
        "seq": seq,
        "title": "New Message Received",
        "description": "This is a new message from John Doe",
        "identifier": "MESSAGE",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
    return Notification(**{**values, **changes})


def head_at(seq: int, unread: int) -> Head:
    return Head(user_id="123", epoch="3f6c", seq=seq, unread=unread, unseen=unread)


def made() -> dict[str, str]:
    """What the server makes, by the name of the example it must equal."""
    gone = message(58, deleted_at=MOMENT, title="")
    change = frames.of_change(Change(start=56, head=head_at(57, 1), rows=[message()]))
    tombstone = frames.of_change(Change(start=57, head=head_at(58, 0), rows=[gone]))
    assert change is not None
    assert tombstone is not None
    return {
        "welcome": frames.welcome(HEAD, 25),
        "snapshot": frames.of_snapshot(Snapshot(reason="first", head=HEAD, more=True, rows=[message()])).text,
        "changes": change.text,
        "changes_tombstone": tombstone.text,
        "changes_empty": frames.of_changes(Changes(start=63, to=63, head=HEAD, more=False, rows=[])).text,
        "ok": frames.ok("c1", seq=63, changed=2),
        "error": frames.error("c1", ErrorCode.UNKNOWN_TYPE, EXAMPLES["error"]["detail"]),
        "heartbeat": frames.heartbeat(seq=63, unread=4, unseen=2),
        "bye": frames.bye(Close.RESTART, "restart", (0, 15)),
        "bye_final": frames.bye(Close.FORBIDDEN, "This inbox is not yours."),
    }


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith("command_")])
def test_a_frame_is_its_golden_example(name: str) -> None:
    assert json.loads(made()[name]) == EXAMPLES[name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_obeys_the_asyncapi_document(name: str) -> None:
    kind = EXAMPLES[name]["type"]
    schema = {"$ref": f"#/components/schemas/{'mark' if kind in VERBS else kind}", "components": ASYNCAPI["components"]}
    Draft202012Validator(schema).validate(EXAMPLES[name])


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("command_")])
def test_an_example_of_a_command_is_understood(name: str) -> None:
    command_id, _ = parse_command(json.dumps(EXAMPLES[name]))
    assert command_id == EXAMPLES[name].get("id")


def test_the_asyncapi_document_knows_every_code() -> None:
    schemas = ASYNCAPI["components"]["schemas"]
    assert set(schemas["bye"]["properties"]["code"]["enum"]) == {int(code) for code in Close}
    assert set(ErrorCode) <= set(schemas["error"]["properties"]["code"]["enum"])


@pytest.mark.parametrize(
    "word", [*(str(int(code)) for code in Close), *ErrorCode, *VERBS, "too_old", "behind", "ack=1"]
)
def test_the_protocol_page_explains(word: str) -> None:
    assert re.search(rf"[`\"?]{re.escape(word)}[`\"]|\| {word} \|", PROTOCOL)


def test_the_text_of_a_notification_is_made_once_for_each_change() -> None:
    row = Notification.from_input({"user_id": "alice", "title": "Hi", "identifier": "M"})
    row.pk, row.seq = 1, 1
    assert to_text(row) is to_text(row)
    row.title, row.seq = "Hi again", 2
    assert json.loads(to_text(row)) == to_wire(row)


def test_a_frame_too_large_for_a_library_is_cut_and_says_that_more_follows() -> None:
    rows = [message(seq, pk=seq, data={"text": "x" * 8000}) for seq in range(1, 101)]
    frame = frames.of_changes(Changes(start=0, to=100, head=head_at(100, 100), more=False, rows=rows))
    assert len(frame.text) < 300 * 1024
    body = json.loads(frame.text)
    assert body["more"] is True
    assert body["to"] == body["items"][-1]["seq"] == frame.to < 100
