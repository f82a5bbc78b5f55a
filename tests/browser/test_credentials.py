"""User tokens: given, renewed before they end and after they did, and asked for when there is none."""

import json
import time

import jwt
import pytest
from playwright.sync_api import expect

from tests.service import TOKEN_KEY


def token(user: int, seconds: float) -> str:
    now = time.time()
    claims = {"sub": str(user), "aud": "notifications", "iat": int(now), "exp": now + seconds}
    return jwt.encode(claims, TOKEN_KEY, algorithm="HS256", headers={"kid": "test"})


def provider_of(*tokens: str) -> str:
    """A script that has the element's questions answered with these, before the element's own script is here."""
    return f"""window.asked = 0;
    const answer = async () => {json.dumps(tokens)}[window.asked++] ?? null;
    document.addEventListener('readystatechange', () => {{
      document.querySelector('notification-inbox').tokenProvider = answer;
    }}, {{ once: true }});"""


def test_a_token_opens_the_own_inbox_and_is_in_no_address(shop, user, visit):
    page = visit(token=token(user, 60)).is_live()
    shop.send(user)
    page.until(lambda: page.counts() == (1, 1))
    assert "bearer" not in page.sockets[0].url


def test_a_token_is_renewed_before_it_ends_without_a_new_socket(shop, user, visit):
    page = visit(script=provider_of(token(user, 3600)), token=token(user, 6)).is_live()
    page.until(lambda: page.page.evaluate("window.asked") == 1)
    page.page.wait_for_timeout(4000)  # past the end of the first one
    shop.send(user)
    page.until(lambda: page.counts() == (1, 1))
    assert len(page.sockets) == 1


def test_a_token_that_has_ended_is_replaced(shop, user, visit):
    page = visit(script=provider_of(token(user, 3600)), token=token(user, -5)).is_live()
    assert page.page.evaluate("window.asked") == 1


@pytest.mark.parametrize("whose", ["nobody", "somebody else"])
def test_without_a_good_token_it_says_so_and_can_be_tried_again_until_it_has_one(shop, user, visit, whose):
    page = visit(token="rubbish" if whose == "nobody" else token(shop.new_user(), 60))
    page.forgives = True
    page.until(lambda: page.get("connection") == "closed")
    page.open()
    text = "Sign in again" if whose == "nobody" else "not for you"
    expect(page.panel).to_contain_text(text)
    page.panel.get_by_role("button", name="Try again").click()
    page.until(lambda: len(page.sockets) == 2 and page.get("connection") == "closed")
    page.get(f"setAttribute('token', {token(user, 60)!r})")
    page.is_live()


@pytest.mark.parametrize("who", ["the tab with the socket", "another tab"])
def test_forgetting_in_one_tab_is_forgetting_in_all(shop, user, visit, device, who):
    shop.send(user)
    browser = device()
    first = visit(on=browser, token=token(user, 60)).is_live()
    second = visit(on=browser, token=token(user, 60)).is_live()
    first.until(first.stored_seq)
    (second if who == "another tab" else first).get("forget()")
    shop.send(user)
    first.page.wait_for_timeout(500)  # five times as long as what changed waits to be stored
    assert first.stored_seq() is None


def test_a_tab_that_another_one_had_forget_says_so_and_can_be_tried_again(shop, user, visit, device):
    browser = device()
    first = visit(on=browser, token=token(user, 60)).is_live()
    second = visit(on=browser, token=token(user, 60)).is_live()
    second.get("forget()")
    first.open()
    expect(first.panel).to_contain_text("Sign in again")
    first.panel.get_by_role("button", name="Try again").click()
    first.is_live()
