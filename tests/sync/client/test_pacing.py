"""How much at once, and how long to wait."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from sync.client.pacing import LARGEST_BYTES, LONGEST_WAIT_S, SMALLEST_BYTES, Pace, waits_s


@given(st.lists(st.floats(0, 100), max_size=30))
def test_a_request_never_grows_or_shrinks_out_of_bounds(times_s):
    pace = Pace()
    for took_s in times_s:
        pace = pace.after(took_s)
        assert SMALLEST_BYTES <= pace.size_bytes <= LARGEST_BYTES


def test_a_fast_line_gets_more_and_a_slow_one_less():
    assert Pace().after(0.1).size_bytes == 2 * Pace().size_bytes
    assert Pace().after(30).size_bytes == Pace().size_bytes // 2
    assert Pace().after(3).size_bytes == Pace().size_bytes
    assert Pace().after_a_cut().size_bytes < Pace().size_bytes


def test_waits_double_up_to_ten_minutes_and_are_spread_by_chance():
    assert list(islice(waits_s(lambda: 1.0), 4)) == [2.0, 4.0, 8.0, 16.0]
    assert next(waits_s(lambda: 0.0)) == 1.0
    assert max(islice(waits_s(lambda: 1.0), 20)) == LONGEST_WAIT_S
