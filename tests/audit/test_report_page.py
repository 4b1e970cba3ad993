"""The page in a real browser: at a phone's, a tablet's and a desk's width, light and dark, and on paper.

axe-core judges accessibility by the rules that WCAG 2.1 A and AA can be checked by. A person has to look at the rest:
`enforcer audit report -o FILE.html`, then look.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from event_fixtures import CUT_OFF, HOSTILE, event
from playwright.sync_api import Browser, Page, sync_playwright
from report_fixtures import DAY, report, usual

from enforcer.audit.charts import Tick
from enforcer.audit.report_html import as_html
from enforcer.model.verdict import Verdict

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's package chromium")

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}
A4 = (703, 1000)
"""CSS pixels of the sheet without its margins: 210 mm less twice 12, at 96 to the inch."""
LONG = "a name as long as names get, such as " + "x" * 60 + ".kaspersky.example, and more words after it"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, timeout=60_000)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with something of everything: many clients, long reasons, hostile names, IPv6, what was only seen."""
    kept = [*usual(), *(event(client=f"fd00::{n:x}", reason=LONG, service="telemetry") for n in range(6))]
    kept += [event(name=text, client=text, reason=text, waiver=text) for text in HOSTILE]
    kept += [event(action="seen", mode="tap")]
    days = {int(CUT_OFF // DAY) + n: {Verdict.BLOCK: 20 + n, Verdict.FLAG: 2, Verdict.OBSERVE: 5} for n in range(9)}
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(as_html(report(kept), days, [Tick(CUT_OFF + 3600, "full"), Tick(CUT_OFF + 5 * DAY, "resale")]))
    return path


def opened(browser: Browser, file: Path, size: tuple[int, int], scheme: str = "light") -> tuple[Page, list[str]]:
    """The page, and what the browser complained of."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type] # light or dark
    context.set_default_timeout(60_000)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url == file.as_uri() else said.append(request.url))
    page.goto(file.as_uri())
    return page, said


@pytest.mark.parametrize(
    ("size", "scheme"), [("phone", "dark"), ("tablet", "light"), ("desk", "light"), ("desk", "dark")]
)
def test_it_is_accessible_and_fits_and_the_browser_has_no_complaint(
    browser: Browser, file: Path, size: str, scheme: str
) -> None:
    page, said = opened(browser, file, SIZES[size], scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    # What is wide scrolls in a box of its own, never the page.
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert said == []
    page.context.close()


def test_axe_would_tell(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<title>of no language</title><main><h1>one fault</h1></main>")
    assert Axe().run(page).violations_count == 1
    page.context.close()


def test_nothing_is_cut_on_paper(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, A4)
    page.emulate_media(media="print")
    cut = page.evaluate(
        "[...document.querySelectorAll('.wide, table, svg, td')]"
        ".filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    assert cut == []
    # A browser in a dark room prints on white paper all the same.
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF-")
    page.context.close()


def test_a_keyboard_reaches_what_scrolls_and_a_reader_can_name_it(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, SIZES["phone"])
    names = page.evaluate("[...document.querySelectorAll('.wide')].map(one => [one.tabIndex, one.ariaLabel])")
    assert all(index == 0 and name for index, name in names)
    assert page.get_by_role("heading", level=1).inner_text() == "Restricted vendors: what was seen and what was done"
    page.context.close()
