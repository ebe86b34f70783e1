"""The page of a sweep in a browser: table, lines and curves show the same jobs."""

import pytest
from browser import CHROMIUM, Browser

from kvae.sweep.folders import JobFolder, SweepFolder
from kvae.sweep.summary import summarise

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
N = 12
ROWS = "[...document.querySelectorAll('#sweep-jobs tbody tr')]"
SHOWN = f"{ROWS}.filter(row => !row.hidden).map(row => row.dataset.job)"
LINES = """[...document.querySelectorAll('#sweep-parallel path')]
    .filter(line => line.getAttribute('visibility') === 'visible').length"""
CURVES = "document.querySelectorAll('#sweep-curves path').length"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Job i has the latent dimension 2i, and a loss of 100 - i; the last failed."""
    path = tmp_path_factory.mktemp("sweep")
    jobs = [[f"model.latent_dim={2 * i + 2}", f"model={'mlp' if i % 2 else 'conv'}"] for i in range(N)]
    SweepFolder(path).write_plan(["model.latent_dim=2,4"], "val_loss", jobs)
    for number, overrides in enumerate(jobs):
        job = JobFolder(path / str(number))
        job.begin(number, overrides, {})
        rows = [{"iteration": i, "loss": 50.0 / i + number, "kl": 1.0} for i in range(1, 30)]
        job.run.vae.write_log("loss", rows, list(rows[0]))
        if number == N - 1:
            job.end("failed", "it went astray")
        else:
            job.run.write_metrics({"val_loss": 100.0 - number, "kl": 2.0 + number % 3, "seconds": 100.0 * number})
    summarise(path)
    return SweepFolder(path).page


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture
def page(browser, sweep):
    browser.open(sweep, 1300)
    return browser


def typed(page, text):
    """The jobs that a filter keeps, and what is said of it."""
    page.value(f"document.querySelector('#sweep-filter').value = {text!r}")
    page.value("document.querySelector('#sweep-filter').dispatchEvent(new Event('input'))")
    return sorted(map(int, page.value(SHOWN))), page.value("document.querySelector('#sweep-said').textContent")


def test_it_asks_for_nothing_and_nothing_scrolls_sideways(browser, sweep):
    for width, dark in ((1300, False), (390, True)):
        browser.open(sweep, width, dark)
        assert [url for url in browser.requests if not url.startswith("data:")] == [sweep.as_uri()]
        said = ("Log.entryAdded", "Runtime.exceptionThrown")
        assert not [event for event in browser.events if event.get("method") in said]
        assert browser.value("document.documentElement.scrollWidth <= window.innerWidth")
        assert browser.value("document.querySelectorAll('[data-script][hidden]').length") == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", list(range(N))),
        ("failed", [N - 1]),
        ("latent_dim>=20", [9, 10, 11]),
        ("model.latent_dim<6 val_loss<100", [1]),
        ("val_loss=100", [0]),
        ("model=conv latent_dim!=2", [2, 4, 6, 8, 10]),
        ('"went astray"', [N - 1]),
        ("seconds>120", list(range(2, 11))),  # shown as minutes
        ("val_loss<oh", []),
    ],
)
def test_the_filter_keeps_what_it_says(page, text, expected):
    assert typed(page, text) == (expected, f"{len(expected)} of {N} shown.")
    assert page.value(LINES) == page.value(CURVES) == len(expected)


def test_an_unknown_column_is_told(page):
    rows, said = typed(page, "latent_dmi>3")
    assert len(rows) == N and "No column is called “latent_dmi”" in said


def test_a_heading_sorts_and_what_is_empty_stays_last(page):
    click = "document.querySelector('th[data-key=\"{}\"] button').click()"
    page.value(click.format("model.latent_dim"))
    assert page.value(SHOWN) == [str(i) for i in range(N)]
    page.value(click.format("val_loss"))
    assert page.value(SHOWN) == [*map(str, reversed(range(N - 1))), str(N - 1)]
    page.value(click.format("val_loss"))
    assert page.value(SHOWN) == [str(i) for i in range(N)]
    sorted_by = "(one => one.dataset.key + ' ' + one.ariaSort)(document.querySelector('[aria-sort]'))"
    assert page.value(sorted_by) == "val_loss descending"


def test_a_part_of_an_axis_keeps_its_jobs_until_its_button_is_pressed(page):
    # The upper half of the axis of 2 to 24, which is logarithmic: from 6.9 on.
    box = page.value("""(() => {
        const titles = [...document.querySelectorAll('#sweep-parallel .title')];
        const at = titles.findIndex((title) => title.textContent.includes('latent'));
        const area = document.querySelectorAll('#sweep-parallel .brush')[at];
        area.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { x, y, width, height } = area.getBoundingClientRect();
        return [x + width / 2, y + 6, height - 12];
    })()""")
    x, top, height = box
    for kind, y in (("mousePressed", top), ("mouseMoved", top + height / 4), ("mouseReleased", top + height / 2)):
        page.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
    assert sorted(map(int, page.value(SHOWN))) == list(range(3, N))
    assert page.value(LINES) == page.value(CURVES) == 9
    assert "model.latent_dim from" in page.value("document.querySelector('#sweep-kept').textContent")
    page.value("document.querySelector('#sweep-kept button').click()")
    assert len(page.value(SHOWN)) == N and page.value("document.querySelector('#sweep-kept').textContent") == ""


def test_curves_of_another_quantity(page):
    page.value("""(() => {
        const quantity = document.querySelector('#sweep-quantity');
        quantity.value = 'kl';
        quantity.dispatchEvent(new Event('change'));
    })()""")
    assert "kl, nats per observation" in page.value("document.querySelector('#sweep-curves').textContent")
    assert page.value(CURVES) == N


def test_a_row_that_is_pointed_at_lights_its_lines(page):
    page.value("document.querySelector('tr[data-job=\"3\"]').dispatchEvent(new Event('pointerenter'))")
    assert page.value("document.querySelectorAll('path.lit').length") == 2
    assert (
        page.value("document.querySelector('#sweep-pointed').textContent")
        == "#3 model.latent_dim=8 model=mlp: val_loss 97"
    )


def test_without_scripts_it_is_a_table(browser, sweep):
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(sweep, 1300)
    finally:
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.value(f"{ROWS}.length") == N
    assert browser.value("document.querySelector('#compare').hidden")
    assert browser.value("document.querySelector('#sweep-filter').checkVisibility()") is False
