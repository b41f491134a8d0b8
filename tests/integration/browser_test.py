"""A page in a real browser subscribes over the loopback address, if its origin is allowed."""

import http.server
import json
import queue
import struct
import threading
import unittest

import chromium
from feed_case import HEAD, FeedTestCase, numbers_of
from sidecar_process import IS_SANITIZED

REPORT_SECONDS = 60
PAGE = """<!DOCTYPE html>
<title>heads</title>
<ol id="heads"></ol>
<script>
let told = Promise.resolve(); // one report after the other
const report = (what) => {
  const body = JSON.stringify({ origin: location.origin, ...what });
  told = told.then(() => fetch('/report', { method: 'POST', body }));
};
const heads = [];
const socket = new WebSocket('WS_URL');
socket.onopen = () => {
  report({ is: 'open' });
  socket.send(JSON.stringify(
    { jsonrpc: '2.0', id: 'mine', method: 'eth_subscribe', params: ['newHeads'] }));
};
socket.onclose = ({ code }) => report({ is: 'closed', code });
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.id === 'mine') {
    report({ is: 'subscribed', id: message.result });
    return;
  }
  const row = document.createElement('li');
  row.textContent = JSON.stringify(message.params);
  document.getElementById('heads').append(row);
  heads.push(message.params);
  if (heads.length === 3) {
    const rows = [...document.querySelectorAll('#heads li')].map((one) => one.textContent);
    report({ is: 'shown', rows });
  }
};
</script>
"""


class Site:
    """Serves `page`, when it has one, and takes what that reports."""

    def __init__(self):
        self.page = None
        self.reports = queue.Queue()
        site = self

        class Requests(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                is_page = self.path == "/" and site.page is not None
                self.answer(200 if is_page else 404, site.page.encode() if is_page else b"")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.reports.put(json.loads(body))
                self.answer(200, b"")

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.port = self.server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@unittest.skipIf(IS_SANITIZED, "what it proves does not depend on the build")
@unittest.skipUnless(chromium.BINARY, "chromium is not installed: scripts/setup test")
class BrowserTest(FeedTestCase):
    def site(self):
        site = Site()
        self.addCleanup(site.close)
        return site

    def open(self, site, sidecar, host="127.0.0.1"):
        """The site's page in a browser, which then calls the sidecar."""
        site.page = PAGE.replace("WS_URL", f"ws://{sidecar.http_address}/v1/ws/dev")
        self.browser = chromium.start(f"http://{host}:{site.port}/")
        self.addCleanup(self.browser.stop)

    def report(self, site):
        try:
            return site.reports.get(timeout=REPORT_SECONDS)
        except queue.Empty:
            self.fail(f"the page said nothing: {self.browser.log_text()[-2000:]}")

    def test_a_page_of_an_allowed_origin_shows_heads(self):
        mock, site = self.mock(), self.site()
        sidecar = self.serve(self.source("mock", mock), http={"origins": [site.origin]})
        self.open(site, sidecar)
        self.assertEqual(self.report(site), {"origin": site.origin, "is": "open"})
        subscribed = self.report(site)
        self.assertEqual(subscribed["is"], "subscribed", subscribed)
        mock.mine(3)
        shown = self.report(site)

        self.assertEqual(shown["is"], "shown", shown)
        told = [json.loads(row) for row in shown["rows"]]
        self.assertEqual({one["subscription"] for one in told}, {subscribed["id"]})
        heads = [one["result"] for one in told]
        self.assertEqual(numbers_of(heads), [HEAD + 1, HEAD + 2, HEAD + 3])
        self.browser.stop()
        self.assert_none_leaked(mock)

    def test_a_page_of_another_origin_is_refused(self):
        mock, site, stranger = self.mock(), self.site(), self.site()
        sidecar = self.serve(self.source("mock", mock), http={"origins": [site.origin]})
        # Another port is another origin, and so is another name for the same place.
        for other, host in ((stranger, "127.0.0.1"), (site, "localhost")):
            with self.subTest(host):
                self.open(other, sidecar, host)
                report = self.report(other)

                self.assertEqual((report["is"], report["code"]), ("closed", 1006), report)
                self.assertNotEqual(report["origin"], site.origin)
                self.browser.stop()
        self.assertEqual(mock.ws_stats()["total"], 0)

    def test_a_picture_of_a_page_can_be_had(self):
        site = self.site()
        site.page = "<!DOCTYPE html><title>one</title><body style='background: #123456'>"
        path = self.folder / "page.png"

        chromium.screenshot(site.origin + "/", path, width=400, height=300)

        data = path.read_bytes()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", data[16:24]), (400, 300))


if __name__ == "__main__":
    unittest.main()
