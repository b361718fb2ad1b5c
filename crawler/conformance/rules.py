"""Every rule, chapter by chapter; and which are judged: by name, chapter or level. PURE."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from crawler.conformance.chapters.declaration import capabilities, naming, shape
from crawler.conformance.chapters.errors import refusals, survival
from crawler.conformance.chapters.listing import arrivals, cursors, lists, positions, reach
from crawler.conformance.chapters.objects import (
    extras,
    identity,
    people,
    references,
    required,
    showing,
    users,
    values,
)  # fmt: skip
from crawler.conformance.chapters.pushing import changing, creating, fields, once, operating, repeating, returning
from crawler.conformance.chapters.structured import shape as structured
from crawler.conformance.chapters.transport import answers, signatures, spellings
from crawler.conformance.rule import Level, Part, Rule
from crawler.errors import ConfigurationError

PARTS: Sequence[Part] = (
    *(answers.PART, signatures.PART, spellings.PART),
    *(shape.PART, capabilities.PART, naming.PART),
    *(lists.PART, positions.PART, cursors.PART, arrivals.PART, reach.PART),
    *(required.PART, values.PART, extras.PART, references.PART, users.PART, showing.PART, people.PART, identity.PART),
    *(creating.PART, repeating.PART, changing.PART, once.PART, returning.PART, fields.PART, operating.PART),
    *(refusals.PART, survival.PART),
    structured.PART,
)
"""Chapter by chapter, in the order in which their rules are judged and shown."""
RULES: Sequence[Rule] = tuple(rule for part in PARTS for rule in part.rules)
"""Every rule, in that order."""


def chosen(rules: Sequence[Rule], select: Iterable[str] = (), skip: Iterable[str] = ()) -> Sequence[Rule]:
    """The rules that `select` names, all where it names none, without those that `skip` names, in their order.

    A name is a rule's, a level, or a chapter's: with hyphens for blanks, or the chapter's first word alone.

    Raises `ConfigurationError` for a name that means nothing, and where no rule is left.
    """
    wanted = [_meant(rules, name) for name in select]
    unwanted = [_meant(rules, name) for name in skip]
    names = set().union(*wanted) if wanted else {rule.name for rule in rules}
    found = [rule for rule in rules if rule.name in names.difference(*unwanted)]
    if not found:
        raise ConfigurationError("no rule is left to judge", hint="select more, or skip less")
    return found


def named(rules: Iterable[Rule], name: str) -> Rule:
    """The rule of that name. Raises `ConfigurationError`."""
    by_name = {rule.name: rule for rule in rules}
    if name not in by_name:
        raise ConfigurationError(f"there is no rule '{name}'", hint=_hint(name, by_name))
    return by_name[name]


def _meant(rules: Sequence[Rule], name: str) -> set[str]:
    """The names of the rules that `name` means. Raises `ConfigurationError`."""
    meanings: dict[str, set[str]] = {level.value: set() for level in Level}
    for rule in rules:
        chapter = rule.chapter.replace(" ", "-")
        for key in (rule.level.value, chapter, chapter.partition("-")[0], rule.name):
            meanings.setdefault(key, set()).add(rule.name)
    key = name.strip().lower().replace(" ", "-")
    if key not in meanings:
        raise ConfigurationError(f"no rule, chapter or level is called '{name}'", hint=_hint(key, meanings))
    return meanings[key]


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(near)}?" if near else "`ringcx-crawler explain` lists all rules"
