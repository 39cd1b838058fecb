"""Fixtures of the browser tests: the real server, Debian's Chromium, pages that notice what goes wrong.

A test asks for `page` (or `new_page` for several, other sizes, no script), signs in with
`sign_in(page, "engineer")` and opens addresses of this site by path: `page.goto("/search")`.
"""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from app import create_app
from kb.settings import from_environment
from tests.conftest import CAST, PASSWORD
from tests.e2e import browser as look
from tests.e2e.server import Server


def pytest_collection_modifyitems(items):
    """Mark what lies here, so that `-m 'not browser'` leaves it out."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium. Without one the test is skipped, or fails where CI=true."""
    path = shutil.which("chromium")
    if path is None:
        reason = "there is no chromium here; as root: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    arguments = look.CHROMIUM_ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory, chromium):
    """The real server on a free port with the starter articles and the cast of tests/conftest.py."""
    running = Server(tmp_path_factory.mktemp("kb"))
    running.flask("init")
    add_cast(running)
    running.start()
    yield running
    running.stop()


def add_cast(server):
    """Run `flask people add` for each of the cast; in this process, which is quicker than starting six."""
    app = create_app(from_environment(server.environment))
    for login, (role, organisation, trained) in CAST.items():
        terms = ["--name", f"試験 {login}", "--role", role, "--organisation", organisation]
        terms += ["--trained-on", "2026-11-01"] if trained else []
        if organisation != "ward":
            terms += ["--access-until", "2099-03-31", "--consent-reference", "試験-1"]
        arguments = ["people", "add", login, *terms, "--password-stdin"]
        added = app.test_cli_runner().invoke(args=arguments, input=PASSWORD + "\n")
        assert added.exit_code == 0, added.output
    app.extensions["kb.engine"].dispose()


@pytest.fixture
def new_page(chromium, server):
    """A function that opens a page in a browser profile of its own.

    Its options are Playwright's for a context, for instance java_script_enabled=False.
    The page's `watch` has `allowed_statuses` and what went wrong; anything there fails the test.
    """
    opened = []

    def open_page(width=1366, height=768, **options):
        options = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo"} | options
        context = chromium.new_context(
            base_url=server.url, viewport={"width": width, "height": height}, **options
        )
        watch = look.Watch(context, server.host)
        opened.append((context, watch))
        page = context.new_page()
        page.watch = watch
        return page

    yield open_page
    for context, _ in opened:
        context.close()
    problems = [problem for _, watch in opened for problem in watch.problems]
    assert not problems, "the browser noticed:\n" + "\n".join(problems)


@pytest.fixture
def page(new_page):
    """One page, 1366 by 768, Japanese."""
    return new_page()


@pytest.fixture(scope="session")
def signed_in():
    """Cookies by login, so that each of the cast goes through the slow form once."""
    return {}


@pytest.fixture
def sign_in(signed_in):
    """A function that makes page one of the cast's; fresh=True goes through the form in any case."""

    def sign_in(page, login, *, fresh=False):
        if login in signed_in and not fresh:
            page.context.add_cookies(signed_in[login])
            page.goto("/")
            if page.locator("[data-signed-in]").count():
                return
        page.goto("/sign-in")
        page.locator("input[name=login]").fill(login)
        page.locator("input[name=password]").fill(PASSWORD)
        with page.expect_navigation():
            page.locator("input[name=password]").press("Enter")
        assert page.locator("[data-signed-in]").count(), page.locator("main").inner_text()
        if not fresh:
            signed_in[login] = page.context.cookies()

    return sign_in


@pytest.fixture
def assert_accessible():
    """A function of a page: axe finds nothing (WCAG 2.0 to 2.2, A and AA)."""
    return look.assert_accessible


@pytest.fixture
def assert_no_sideways_scroll():
    """A function of a page and a width (320 unless told): nothing sticks out."""
    return look.assert_no_sideways_scroll


@pytest.fixture
def screenshot():
    """A function of a page and a name: a picture, if KB_SCREENSHOTS names a folder."""
    return look.screenshot
