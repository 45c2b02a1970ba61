"""What the tests of formats share: a small trained run as they read it, and its real images."""

import pytest

from imagette.run.export import examples_of, trained_of
from imagette.run.ready import ready


@pytest.fixture(scope="session")
def opened(small_run):
    return ready(small_run)


@pytest.fixture(scope="session")
def trained(opened):
    return trained_of(opened)


@pytest.fixture(scope="session")
def examples(opened):
    return examples_of(opened, None)
