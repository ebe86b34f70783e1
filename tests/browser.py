"""A headless Chromium that opens a page for tests, through the protocol of its developer tools over two pipes."""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 60


class Browser:
    """A page in Chromium. `requests` are the addresses of all that it asked for, the page's own first."""

    def __init__(self, profile):
        to_browser, self.to = os.pipe()
        self.answers, from_browser = os.pipe()
        # Chromium reads commands from descriptor 3 and writes to 4, where a shell puts them.
        flags = "--headless=new --no-sandbox --disable-gpu --no-first-run --remote-debugging-pipe"
        of_profile = f"--user-data-dir={profile}"
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" {flags} "$1" 3<&{to_browser} 4>&{from_browser}', CHROMIUM, of_profile],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.read, self.attached, self.events = 0, b"", None, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **arguments):
        """Give a command and wait for what it gives."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": arguments}
        message |= {"sessionId": self.attached} if self.attached else {}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (answer := self.next()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def next(self):
        """The next message of the browser."""
        end = time.monotonic() + SECONDS
        while b"\0" not in self.read:
            ready = select.select([self.answers], [], [], max(0.0, end - time.monotonic()))[0]
            piece = os.read(self.answers, 1 << 20) if ready else b""
            assert piece, "the browser said nothing, or ended"
            self.read += piece
        message, _, self.read = self.read.partition(b"\0")
        return json.loads(message)

    def open(self, path, width, dark=False):
        """Open a file in a window of so many pixels, and wait until it is drawn."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.events.clear()
        self.ask("Page.navigate", url=path.absolute().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.next())
        decoded = "Promise.all([...document.images].map(image => image.decode())).then(() => document.fonts.ready)"
        self.ask("Runtime.evaluate", expression=decoded, awaitPromise=True)

    def value(self, expression):
        """The value of a JavaScript expression in the page."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return result["result"].get("value")

    @property
    def requests(self):
        sent = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent]

    def screenshot(self, path):
        """Write the whole page, as high as it is, as a picture."""
        taken = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def print(self, path):
        """Write the page as a PDF, as it would be printed."""
        printed = self.ask("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)
        path.write_bytes(base64.b64decode(printed["data"]))

    def close(self):
        with contextlib.suppress(AssertionError, OSError):
            self.attached = None
            self.ask("Browser.close")
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        os.close(self.to)
        os.close(self.answers)
