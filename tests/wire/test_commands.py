"""What a socket asks, as it is parsed."""

import pytest

from notifications.wire.commands import CommandError, Mark, parse_command


def test_a_command_is_parsed_with_its_id() -> None:
    asked = '{"type": "read", "id": "c1", "ids": [812, 813, 812]}'
    assert parse_command(asked) == ("c1", Mark(verb="read", ids=(812, 813)))


def test_of_several_unknown_members_the_first_by_name_is_told() -> None:
    with pytest.raises(CommandError) as caught:
        parse_command('{"type": "ping", "id": 7, "zebra": 1, "all": true}')
    assert (caught.value.code, caught.value.detail) == ("unknown_field", "all: There is no such member.")
    assert caught.value.command_id == 7
