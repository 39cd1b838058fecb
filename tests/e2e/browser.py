"""What a browser test asks of a page: nothing wrong behind it, accessible, readable on a small screen."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

AXE = Path(__file__).resolve().parent.parent / "vendor/axe-core/axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHROMIUM_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks for, no name but the loopback address is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
    tellViolation(`${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample}`));
"""
RUN_AXE = """
async (tags) => {
    const {violations} = await axe.run(document, {runOnly: {type: "tag", values: tags}});
    return violations.flatMap((rule) => rule.nodes.map((node) =>
        `${rule.id}: ${rule.help}\\n    ${node.html}\\n    ${node.failureSummary}`));
}
"""
FIND_WIDE = """
() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const wide = [...document.body.querySelectorAll("*")].filter(
        (element) => element.getBoundingClientRect().right + scrollX > room + 0.5);
    return [`the page is ${document.documentElement.scrollWidth} wide in ${room}`].concat(
        wide.slice(0, 8).map((element) => element.outerHTML.slice(0, 160)));
}
"""


class Watch:
    """Collects everything that goes wrong in a context while a test uses it.

    allowed_statuses: HTTP errors that the test provokes on purpose, for instance {422}.
    problems: one sentence for each thing seen.
    """

    def __init__(self, context: BrowserContext, host: str) -> None:
        self.host = host
        self.allowed_statuses: set[int] = set()
        self.problems: list[str] = []
        context.expose_function("tellViolation", self._violation)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _violation(self, text: str) -> None:
        self.problems.append(f"content security policy: {text}")

    def _console(self, message: ConsoleMessage) -> None:
        # An HTTP error is judged by its status, in _response.
        if message.type == "error" and not message.text.startswith("Failed to load resource: the server"):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != self.host:
            self.problems.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed_statuses:
            self.problems.append(f"HTTP {response.status}: {response.request.method} {response.url}")


def assert_accessible(page: Page) -> None:
    """Fail with every place on the page that axe finds against WCAG 2.0 to 2.2, A and AA."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(RUN_AXE, AXE_TAGS)
    assert not found, f"{page.url}\n" + "\n".join(found)


def assert_no_sideways_scroll(page: Page, width: int = 320) -> None:
    """Fail if the page is wider than a window of width CSS pixels (WCAG 1.4.10)."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 640})
    found = page.evaluate(FIND_WIDE)
    if before:
        page.set_viewport_size(before)
    assert not found, f"{page.url}\n" + "\n".join(found)


def screenshot(page: Page, name: str) -> None:
    """Write the whole page to KB_SCREENSHOTS/name.png, if that folder is set."""
    if folder := os.environ.get("KB_SCREENSHOTS"):
        safe = re.sub(r"[^\w.-]+", "-", name)
        page.screenshot(path=Path(folder) / f"{safe}.png", full_page=True)
