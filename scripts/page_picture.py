"""Take docs/images/page.png anew: the page on a running ``fly.py up`` with its demo guests.

    python3 fly.py exec python scripts/page_picture.py http://127.0.0.1:8000/ [OUT.png]

Comes in as a new listener, recharges at the sandbox, sits down in the liveliest room, gives
something, and waits for a gift in the air. Needs Debian's Chromium (or FLYLIVE_CHROMIUM).
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "page.png"
ENOUGH_EVENTS = 12


def take(address: str, out: Path) -> None:
    """Write the picture, 1280 × 800."""
    chromium = os.environ.get("FLYLIVE_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="dark", locale="en-AE"
        )
        page.set_default_timeout(60_000)
        page.goto(address)
        page.fill("#register [name=name]", "Sami")
        page.click("#register button")
        page.locator(".room-card").first.click()
        page.click("#purse")
        page.locator(".package").nth(3).click()
        page.locator(".seat[aria-label$='take it']").first.click()
        page.locator("#categories button", has_text="Lucky").click()
        page.locator(".gift:enabled").first.click()
        page.fill("#quantity", "3")
        page.click("#send")
        page.locator(f".frame[data-op=event] >> nth={ENOUGH_EVENTS}").wait_for()
        # Words that came in passing are read by now.
        page.wait_for_function("document.querySelectorAll('.toast').length === 0")
        page.locator(".flying").first.wait_for()
        page.wait_for_timeout(300)
        out.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else OUT)
