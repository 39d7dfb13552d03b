from kiosk.call.congestion.drain import Drain


def test_no_picture_is_added_to_a_long_queue_but_only_for_a_second() -> None:
    drain = Drain()
    drain.begin(0.3, 1e6, 10.0)
    assert not drain.is_long(0.25, 0.0, 10.1)
    assert drain.is_long(0.35, 0.0, 10.1)
    assert not drain.is_long(0.35, 0.1, 10.1)
    assert not drain.is_long(0.35, 0.0, 11.1)


def test_a_queue_that_does_not_shrink_is_a_longer_way() -> None:
    drain = Drain()
    drain.begin(0.3, 1e6, 10.0)
    assert not drain.is_vain(0.3, 12.0)  # too early to tell
    assert drain.is_vain(0.3, 13.1)
    assert not drain.is_vain(0.29, 15.0)  # it was looked at two seconds ago
    assert not drain.is_vain(0.2, 16.2)


def test_a_packet_on_its_way_is_no_queue() -> None:
    assert Drain.is_done(0.02, 0.0)
    assert not Drain.is_done(0.05, 0.0)
    assert Drain.is_done(0.05, 0.1)
