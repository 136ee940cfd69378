"""A flood in small: tables and mailboxes stay bounded, and honest visitors are served."""

from flood import VICTIMS, Flood


def test_a_flood_keeps_nobody_out_and_fills_no_mailbox() -> None:
    told = Flood(posts=400, networks=40).run()
    assert told.served == told.honest == 8
    assert told.letters["honest"] == 8, "late perhaps, and all of them"
    assert told.most_to_a_victim_in_the_hour <= 5
    assert told.letters["victim"] <= 45 * VICTIMS
    assert told.most_to_one_of_staff_in_the_hour <= 31, "thirty forms, and one alert"
    assert told.letters["rita.roy"] <= 36, "the rest is in a digest"
    # A file is found by the beginnings of its words, each a row; a held form by none.
    assert sum(told.rows.values()) <= 14 * (told.posts + told.honest)
    assert told.outcomes["held"]
    assert told.outcomes["refused for what is in them"]
    assert told.owed == 0
