"""``python -m tests.browser.measure``: takes the bell's figures of docs/bell.md, its size and frame to painted."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.browser.shop import Shop, Visit
from tests.service import ROOT

SERVED = ROOT / "notifications" / "static" / "notifications" / "notification-inbox.js"
NOTIFICATIONS = 60
WATCH = """
window.took = [];
let began = 0;
const channel = new MessageChannel();
channel.port1.onmessage = () => { took.push(performance.now() - began); began = 0; };
const isNews = ({ type, items }) => type === 'changes' && items.some((item) => !item.deleted && !item.seen_at);
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) => { if (isNews(JSON.parse(data))) began = performance.now(); });
  }
};
document.addEventListener('DOMContentLoaded', () => {
  let isAwaited = false;
  new MutationObserver(() => {
    if (!began || isAwaited) return;
    isAwaited = true;
    requestAnimationFrame(() => { isAwaited = false; channel.port2.postMessage(0); });
  }).observe(document.querySelector('notification-inbox').shadowRoot, {
    subtree: true, childList: true, characterData: true, attributes: true,
  });
});
"""


def main() -> None:
    print(f"size                    {len(gzip.compress(SERVED.read_bytes(), 9, mtime=0)) / 1024:.2f} KB, gzip -9")
    with TemporaryDirectory() as directory, sync_playwright() as playwright:
        shop = Shop(Path(directory), f"sqlite:///{directory}/shop.sqlite3")
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=shop.environment(), check=True)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with shop.open():
            for where in ("badge", "list"):
                took = frames_to_painted(shop, browser, is_open=where == "list")
                ninetieth = quantiles(took, n=10)[-1]
                print(f"frame to painted, {where}  median {median(took):.1f} ms, 9 of 10 within {ninetieth:.1f} ms")
        browser.close()


def frames_to_painted(shop: Shop, browser: Browser, *, is_open: bool) -> list[float]:
    """Milliseconds from the socket's event to the first task after the frame that shows what changed."""
    context = browser.new_context(reduced_motion="reduce")
    page = Visit(shop, context, {"user-id": str(user := shop.new_user()), "toasts": "off"}, WATCH).is_live()
    if is_open:
        page.open()
    for n in range(NOTIFICATIONS):
        shop.send(user, f"Number {n}", description="With a sentence.")
        page.until(lambda n=n: page.page.evaluate("took.length") > n)
    took = page.page.evaluate("took")
    assert page.counts()[0] == NOTIFICATIONS and not page.problems
    context.close()
    return took


if __name__ == "__main__":
    main()
