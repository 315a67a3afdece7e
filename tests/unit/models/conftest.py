"""One thread, as steps have: a boosted tree on a busy machine waits for the others at each bin."""

from collections.abc import Iterator

import pytest
import sklearn.ensemble  # noqa: F401 so that its threads are there to be limited
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield
