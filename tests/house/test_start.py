"""What a starting server says."""

from tests.house.commands import PRODUCTION, python


def test_an_open_server_says_that_it_is_open_to_this_machine():
    ended = python(
        "-c", "import notification_engine.asgi", DJANGO_SETTINGS_MODULE="notification_engine.settings.development"
    )
    assert ended.returncode == 0, ended.stderr
    assert "Open to this machine only" in ended.stdout
    assert "/admin/" in ended.stdout
    assert "/api/docs" in ended.stdout


def test_a_closed_development_server_does_not_claim_to_be_open():
    ended = python(
        "-c",
        "import notification_engine.asgi",
        DJANGO_SETTINGS_MODULE="notification_engine.settings.development",
        NOTIFICATIONS_DEV_OPEN="false",
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""


def test_asgi_is_production_unless_told_otherwise():
    ended = python(
        "-c", "import notification_engine.asgi", **(PRODUCTION | {"DJANGO_SETTINGS_MODULE": None, "SECRET_KEY": None})
    )
    assert ended.returncode != 0
    assert "SECRET_KEY" in ended.stderr
