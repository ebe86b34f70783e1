"""The index of runs in a browser."""

import pytest
from browser import CHROMIUM, Browser

from kvae.report.index import write_index
from kvae.runs import RunFolder


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_it_asks_for_nothing_and_is_filtered(tmp_path):
    for name, value in (("first", 3.0), ("second", 2.0)):
        run = RunFolder(tmp_path / "outputs" / name)
        run.write_run({"name": name, "objective": "loss", "mode": {"name": "learn"}})
        run.write_metrics({"loss": value})
    page = write_index(tmp_path / "outputs")
    browser = Browser(tmp_path / "profile")
    try:
        for width, dark in ((1300, False), (390, True)):
            browser.open(page, width, dark)
            assert [url for url in browser.requests if not url.startswith("data:")] == [page.as_uri()]
            assert not [event for event in browser.events if event.get("method") == "Log.entryAdded"]
            assert browser.value("document.documentElement.scrollWidth <= window.innerWidth")
        browser.value("document.querySelector('#index-filter').value = 'result<2.5'")
        browser.value("document.querySelector('#index-filter').dispatchEvent(new Event('input'))")
        assert browser.value("document.querySelector('#index-said').textContent") == "1 of 2 shown."
        shown = "[...document.querySelectorAll('tbody tr')].filter(row => !row.hidden).map(row => row.textContent)"
        assert "second" in browser.value(shown)[0]
    finally:
        browser.close()
