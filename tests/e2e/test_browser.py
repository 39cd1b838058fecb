"""The browser tests notice what they are there to notice: each kind of fault, on a page that has it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e import browser as look

CLEAN = "<!doctype html><html lang=ja><title>題</title><link rel=icon href=data:,><main><h1>題</h1>"
FAULTS = {
    "clean": (CLEAN, ""),
    "inline_script": (CLEAN + "<script>document.title = 1</script>", "content security policy: script-src"),
    "inline_style": (CLEAN + "<p style='color: red'>赤", "content security policy: style-src"),
    "script_error": (CLEAN + "<script src=/bad.js></script>", "script error: "),
    "console_error": (CLEAN + "<script src=/console.js></script>", "console: 困った"),
    "other_host": (CLEAN + "<img alt='' src=http://example.com/x.png>", "request to another host: "),
    "missing_file": (CLEAN + "<img alt='' src=/missing.png>", "HTTP 404: GET "),
}
SCRIPTS = {"/bad.js": "nothing.there()", "/console.js": "console.error('困った')"}


class Pages(BaseHTTPRequestHandler):
    """Serves FAULTS by their names, under the policy that the product has."""

    def do_GET(self):
        page = FAULTS.get(self.path[1:], (None,))[0]
        body = page or SCRIPTS.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", f"text/{'html' if page else 'javascript'}; charset=utf-8")
        self.send_header("Content-Security-Policy", "script-src 'self'; style-src 'self'")
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *_):
        """Keep the output of the tests quiet."""


@pytest.fixture(scope="module")
def site():
    """The pages of FAULTS on a loopback port."""
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def context(chromium):
    with chromium.new_context() as context:
        yield context


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_a_page_is_noticed(context, site, name):
    watch = look.Watch(context, site)

    context.new_page().goto(f"http://{site}/{name}", wait_until="networkidle")

    expected = FAULTS[name][1]
    assert any(expected in problem for problem in watch.problems) if expected else watch.problems == []


def test_a_status_that_is_allowed_is_no_fault(context, site):
    watch = look.Watch(context, site)
    watch.allowed_statuses.add(404)

    context.new_page().goto(f"http://{site}/missing_file", wait_until="networkidle")

    assert watch.problems == []


def test_axe_runs_under_the_policy_and_names_the_place(context, site):
    page = context.new_page()
    page.goto(f"http://{site}/clean")
    look.assert_accessible(page)

    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    with pytest.raises(AssertionError, match=r"button-name: [\s\S]*<button></button>"):
        look.assert_accessible(page)


def test_a_page_wider_than_the_window_is_told_with_what_sticks_out(context, site):
    page = context.new_page()
    page.goto(f"http://{site}/clean")
    look.assert_no_sideways_scroll(page)

    page.evaluate("document.querySelector('h1').style.width = '400px'")

    with pytest.raises(AssertionError, match=r"wide in 320\n.*<h1"):
        look.assert_no_sideways_scroll(page)
    assert page.viewport_size == {"width": 1280, "height": 720}


def test_a_screenshot_is_written_where_asked(context, site, tmp_path, monkeypatch):
    page = context.new_page()
    page.goto(f"http://{site}/clean")

    look.screenshot(page, "nowhere")
    monkeypatch.setenv("KB_SCREENSHOTS", str(tmp_path))
    look.screenshot(page, "検索/結果")

    assert [file.name for file in tmp_path.iterdir()] == ["検索-結果.png"]
