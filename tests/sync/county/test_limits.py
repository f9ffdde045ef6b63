"""A caller who asks too much waits; the others do not."""

import pytest

from sync.contract.errors import CountyBusy
from sync.county.limits import Limit


class Seconds:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def test_a_burst_is_served_then_slowed_to_the_rate():
    seconds = Seconds()
    limit = Limit(2, 5, seconds)
    for _ in range(5):
        limit.take("a")
    with pytest.raises(CountyBusy):
        limit.take("a")
    limit.take("b")
    seconds.now_s = 0.5
    limit.take("a")
    with pytest.raises(CountyBusy):
        limit.take("a")
