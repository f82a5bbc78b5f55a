"""Creations at the same moment share a transaction, and nobody loses anything by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, get_ident
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from notifications.actions import group_commit
from notifications.actions.group_commit import MaybeStored, create, store_shared
from notifications.actions.notify import Stored
from notifications.models import Inbox, Notification, numbering
from notifications.models.change import Head
from notifications.signals import inbox_changed
from tests.actions.test_turns import until
from tests.commits import lost_on_the_way
from tests.held import held
from tests.hooks import after_commits, lose_to_a_rival

pytestmark = pytest.mark.django_db(transaction=True)


def fields(user_id: str, **more: object) -> dict[str, object]:
    return {"user_id": user_id, "title": "Hi", "identifier": "MESSAGE", **more}


class Crowd:
    """Creates in threads; the first one's transaction is held up until all others wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self._is_storing, self._may_store = Event(), Event()
        store = group_commit.store

        def held_up(drafts: Sequence[Notification]) -> list[Stored]:
            self.sizes.append(len(drafts))
            self._is_storing.set()
            assert self._may_store.wait(10)
            return store(drafts)

        monkeypatch.setattr(group_commit, "store", held_up)

    @contextmanager
    def busy(self, body: dict[str, object]) -> Iterator[Future[Stored]]:
        """Within it the first transaction goes on."""
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(_create, body)
            assert self._is_storing.wait(10)
            yield first
            self._may_store.set()

    def create(self, bodies: Sequence[dict[str, object]]) -> list[Future[Stored]]:
        with ThreadPoolExecutor(len(bodies)) as pool, self.busy(bodies[0]) as first:
            asked = [first]
            for place, body in enumerate(bodies[1:], 1):
                asked.append(pool.submit(_create, body))
                until(lambda place=place: len(group_commit._turns._waiting) == place)  # type: ignore[misc]
        return asked


def _create(body: dict[str, object]) -> Stored:
    try:
        return create(body)
    finally:
        connections.close_all()


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    return Crowd(monkeypatch)


def test_who_comes_while_another_commits_shares_the_next_transaction(crowd: Crowd) -> None:
    asked = crowd.create([fields("alice", title=f"n{number}") for number in range(5)])
    stored = [each.result() for each in asked]
    assert crowd.sizes == [1, 4]
    assert [(row.title, row.seq, is_new) for row, is_new in stored] == [(f"n{n}", n + 1, True) for n in range(5)]
    assert Inbox.objects.get(pk="alice").unread == 5


def test_the_same_dedupe_key_at_once_is_one_notification(crowd: Crowd) -> None:
    asked = crowd.create([fields("alice", dedupe_key="order-7") for _ in range(4)])
    stored = [each.result() for each in asked]
    assert [is_new for _, is_new in stored] == [True, False, False, False]
    assert len({row.pk for row, _ in stored}) == Notification.objects.count() == 1


def test_one_that_cannot_be_stored_keeps_no_other_from_it(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = numbering.advance

    def refuse_bob(using: str, steps: Iterable[numbering.Step]) -> dict[str, Head]:
        taken = list(steps)
        if any(step.user_id == "bob" for step in taken):
            raise ZeroDivisionError
        return advance(using, taken)

    monkeypatch.setattr(numbering, "advance", refuse_bob)
    alice, bob, carol = crowd.create([fields("alice"), fields("bob"), fields("carol")])
    assert crowd.sizes == [1, 2]
    assert alice.result()[1] and carol.result()[1]
    assert isinstance(bob.exception(), ZeroDivisionError)
    assert sorted(Notification.objects.values_list("user_id", flat=True)) == ["alice", "carol"]


def test_a_commit_that_fails_is_never_done_again(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "transaction", SimpleNamespace(atomic=lost_on_the_way))
    asked = crowd.create([fields("alice") for _ in range(3)])
    assert [repr(each.exception()) for each in asked] == [repr(MaybeStored("the connection is lost"))] * 3
    assert Notification.objects.count() == 3


def test_what_fails_after_the_commit_undoes_nothing(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def told_too_soon() -> Iterator[None]:
        with transaction.atomic():
            yield
        raise ZeroDivisionError

    monkeypatch.setattr(group_commit, "transaction", SimpleNamespace(atomic=told_too_soon))
    asked = crowd.create([fields("alice") for _ in range(3)])
    assert [each.result()[1] for each in asked] == [True] * 3
    assert Notification.objects.count() == 3


def lose_the_connection() -> None:
    raise InterfaceError("connection already closed")


@pytest.mark.parametrize("work", [lose_to_a_rival, lose_the_connection])
def test_a_database_that_refuses_a_commit_hook_undoes_nothing(
    work: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    with after_commits(work, inbox_changed):
        parts = store_shared([[Notification.from_input(fields(user))] for user in ("alice", "bob")])
    assert [(row.seq, is_new) for part in parts for row, is_new in part] == [(1, True)] * 2
    assert Notification.objects.count() == 2
    assert work.__name__ in caplog.text, "the traceback is logged"


def test_what_the_database_undid_is_done_again(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    class Serialization(Exception):
        sqlstate = "40001"

    @contextmanager
    def undone() -> Iterator[None]:
        with transaction.atomic():
            yield
            raise OperationalError("could not serialize") from Serialization()

    monkeypatch.setattr(group_commit, "transaction", SimpleNamespace(atomic=undone))
    asked = crowd.create([fields("alice") for _ in range(3)])
    assert sorted(each.result()[0].seq for each in asked) == [1, 2, 3]


@pytest.mark.on_postgresql
def test_who_waits_for_a_held_inbox_waits_alone() -> None:
    with held("held") as let_go, ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(_create, fields("held"))
        assert pool.submit(_create, fields("alice")).result(5)[1]
        assert not waiting.done()
        let_go()
        assert waiting.result(5)[0].seq == 1


@pytest.mark.on_postgresql
def test_within_a_transaction_it_is_a_part_of_that(crowd: Crowd) -> None:
    with crowd.busy(fields("alice")), pytest.raises(ZeroDivisionError), transaction.atomic():
        assert create(fields("bob"))[1]
        raise ZeroDivisionError
    assert list(Notification.objects.values_list("user_id", flat=True)) == ["alice"]


def test_who_hears_of_each_row_hears_it_in_the_thread_of_its_request() -> None:
    heard: list[tuple[int, int, bool]] = []

    def hear(instance: Notification, created: bool, **_: object) -> None:
        heard.append((get_ident(), instance.pk, created))

    post_save.connect(hear, sender=Notification)
    try:
        row, _ = create(fields("alice"))
        with ThreadPoolExecutor(1) as pool:
            other, ident = pool.submit(lambda: (_create(fields("bob"))[0], get_ident())).result()
    finally:
        post_save.disconnect(hear, sender=Notification)
    assert heard == [(get_ident(), row.pk, True), (ident, other.pk, True)]


def test_a_lone_creation_takes_a_handful_of_statements() -> None:
    create(fields("alice"))
    with CaptureQueriesContext(connections["default"]) as captured:
        create(fields("alice"))
    statements = [query["sql"].split()[0] for query in captured if "SET LOCAL" not in query["sql"]]
    assert statements == ["BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"]


@pytest.mark.on_postgresql
def test_the_statements_of_a_shared_transaction_travel_together() -> None:
    create(fields("alice"))
    seen: list[tuple[str, bool]] = []

    def see(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        link = connections["default"].connection
        seen.append((sql.split(maxsplit=1)[0], link.info.pipeline_status.name == "ON"))
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(see):
        assert store_shared([[Notification.from_input(fields("alice"))] for _ in range(3)])
    assert {name for name, _ in seen} == {"SET", "INSERT"}
    assert all(together for _, together in seen)


def test_a_connection_that_is_lost_before_the_commit_has_stored_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def lost() -> Iterator[None]:
        yield
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(group_commit, "_few_trips", lost)
    with pytest.raises(OperationalError) as caught:
        store_shared([[Notification.from_input(fields("alice"))]])
    assert not isinstance(caught.value, MaybeStored)
    assert not Notification.objects.exists()
