"""The administrator of ``make run``."""

import pytest
from django.contrib.auth.models import User

from notification_engine import development_admin


@pytest.mark.django_db
def test_it_is_made_once_and_keeps_its_changed_password(settings, capsys):
    settings.DEBUG = True
    development_admin.main()
    admin = User.objects.get(username="admin")
    assert admin.is_superuser
    assert admin.check_password("admin")
    admin.set_password("changed")
    admin.save()
    development_admin.main()
    assert User.objects.get(username="admin").check_password("changed")
    assert "admin / admin" in capsys.readouterr().out


@pytest.mark.django_db
def test_it_is_refused_outside_development():
    with pytest.raises(SystemExit):
        development_admin.main()
    assert not User.objects.exists()
