"""``/docs`` in a real browser: drawn from /openapi.json, with nothing loaded from elsewhere."""

from pathlib import Path

from playwright.async_api import expect

from tests.web.conftest import Visit


async def test_the_description_is_drawn_from_here_alone(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    # The reader's own model of a schema is narrower than OpenAPI 3.1; it draws them all the same.
    visit.expected.append(r"^warning: .*/docs/scalar\.js")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{visit.product.address}/docs")
    await page.get_by_role("button", name="Gifts", exact=False).first.click()
    await page.get_by_role("button", name="Send gift").first.click()
    await expect(page.get_by_text("/v1/gifts/send").first).to_be_visible()
    await expect(page.get_by_text("Send a gift to up to 20 users").first).to_be_visible()
    assert f"{visit.product.address}/openapi.json" in asked
    picture = tmp_path / "docs.png"
    await page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000
