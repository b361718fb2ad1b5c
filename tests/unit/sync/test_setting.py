from dataclasses import dataclass
from typing import Annotated, Literal

from crawler.sync.setting import MOST, YEAR, Setting, count, days, keys_of, seconds, size


@dataclass
class Garden:
    name: str
    owner: Annotated[str, "no setting"]
    address: Annotated[str, Setting("Where it is.", "an address")]
    water: Annotated[float, seconds("How long it is watered.", option="--water SECONDS")] = 60
    season: Annotated[float | None, days("How long it blooms.", example="90")] = None
    beds: Annotated[int, count("How many beds it has.", most=9)] = 3
    book: Annotated[int, size("How much is written of it.", least=0)] = 1_024
    fence: Annotated[Literal["wood", "wire"] | None, Setting("Its fence.")] = None
    open: Annotated[bool, Setting("Whether it is open.", option="--closed")] = True
    motto: Annotated[str | None, Setting("Its motto.")] = None


def test_the_settings_are_the_fields_that_say_what_they_are() -> None:
    keys = keys_of(Garden)
    assert list(keys) == ["address", "water", "season", "beds", "book", "fence", "open", "motto"]
    assert [key.name for key in keys.values() if key.is_required] == ["address"]
    assert [key.name for key in keys.values() if key.is_number] == ["water", "season", "beds", "book"]
    assert keys["water"].setting.option == "--water SECONDS"
    assert keys["fence"].choices == ("wood", "wire")
    assert (keys["beds"].default, keys["motto"].type, keys["season"].default) == (3, str, None)


def test_what_is_expected_is_a_sentence_with_the_bounds() -> None:
    assert {name: key.expected for name, key in keys_of(Garden).items()} == {
        "address": "an address",
        "water": f"a number of seconds from 0.001 to {YEAR:,}",
        "season": "a number of days from 0.001 to 36,500",
        "beds": "a whole number from 1 to 9",
        "book": f"a whole number of bytes from 0 to {MOST:,}",
        "fence": '"wood" or "wire"',
        "open": "true or false",
        "motto": "a text that is not empty",
    }
