import shutil
from pathlib import Path

import pytest

from imagette.experiment import Experiment
from imagette.run.train import Begun, train_experiment
from imagette.train.events import Progress, Stop

DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture
def experiment(tmp_path):
    """A small experiment on the embedded sample, with chance in every place where it enters."""

    def make(**changes):
        values = {
            "data": {"limit": 300},
            "network": {
                "text": "conv 4 5x5\nrelu\nmaxpool 2\nflatten\ndropout 0.2\nlinear classes"
            },
            "recipe": {"epochs": 2, "batch": 64, "augment": ["flip", "shift"], "optimiser": "adam"},
            "run": {"title": "small", "folder": str(tmp_path / "runs")},
        }
        for key, value in changes.items():
            values[key] = {**values[key], **value} if key in values else value
        return Experiment(**values)

    return make


@pytest.fixture
def trained():
    """Runs an experiment to its end and returns its last event."""

    def run(experiment, **options):
        return list(train_experiment(experiment, **options))[-1]

    return run


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "Chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser):
    """Opens a file or an address at a size, and lists in `page.asked` what it asked for."""
    contexts = []

    def open_page(path: Path | str, size=DESKTOP, **options):
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path if isinstance(path, str) else path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def stopped_after():
    """Trains until so many chunks are done, then asks for an end; returns the run folder."""

    def run(events, num_chunks):
        folder, answer, chunks = None, None, 0
        while True:
            try:
                event = events.send(answer)
            except StopIteration:
                return folder
            folder = event.folder if isinstance(event, Begun) else folder
            chunks += isinstance(event, Progress)
            answer = Stop("enough") if chunks >= num_chunks else None

    return run
