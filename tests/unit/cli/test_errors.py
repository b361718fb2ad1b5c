import pytest

from crawler import errors
from crawler.cli.errors import advise
from crawler.errors import (
    ActionRefused,
    ConnectionBroken,
    CrawlerError,
    DatabaseTooNew,
    DeadlineExceeded,
    EndpointUnreachable,
    LeaseLost,
    PartnerError,
    ResourceError,
    SourceBusy,
    UnknownContent,
)

WHERE = {"source": "shop", "action": "messages.list", "expected": "an array"}


def every_kind(base: type[CrawlerError] = CrawlerError) -> list[type[CrawlerError]]:
    return [base] + [kind for child in base.__subclasses__() for kind in every_kind(child)]


def example(kind: type[CrawlerError]) -> CrawlerError:
    if kind is errors.ErrorStatus:
        return errors.ErrorStatus("shop", "messages.list", expected="HTTP 2xx", came="HTTP 500", status=500)
    if issubclass(kind, PartnerError):
        return kind(**WHERE, came="something")
    if kind is SourceBusy:
        return SourceBusy("shop", "process 7 on here", 90)
    if kind is ActionRefused:
        return ActionRefused("no", rule="PU12", hint="name somebody")
    return kind("what went wrong")


CONCRETE = [kind for kind in every_kind() if kind not in (CrawlerError, PartnerError, errors.StoreError)]


@pytest.mark.parametrize("kind", CONCRETE)
def test_every_error_has_an_exit_code_and_its_text(kind: type[CrawlerError]) -> None:
    error = example(kind)
    advice = advise(error)
    assert advice.exit_code in (1, 2, 3)
    assert str(error) in advice.text


@pytest.mark.parametrize("kind", [kind for kind in CONCRETE if issubclass(kind, PartnerError)])
def test_every_failed_exchange_comes_with_advice(kind: type[CrawlerError]) -> None:
    assert advise(example(kind)).advice


def test_advice_is_whole_sentences() -> None:
    sentences = [sentence for kind in CONCRETE for sentence in advise(example(kind)).advice]
    assert [sentence for sentence in sentences if not sentence.endswith((".", "?"))] == []
    assert [sentence for sentence in sentences if sentence[0].islower()] == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (EndpointUnreachable, 3),
        (DeadlineExceeded, 1),
        (ConnectionBroken, 1),
        (ActionRefused, 1),
        (UnknownContent, 2),
        (errors.ConfigurationError, 2),
        (SourceBusy, 1),
        (DatabaseTooNew, 1),
        (LeaseLost, 1),
    ],
)
def test_exit_codes_are_as_documented(kind: type[CrawlerError], code: int) -> None:
    assert advise(example(kind)).exit_code == code


def test_a_refused_action_names_its_rule() -> None:
    advice = advise(ActionRefused("nobody acts", rule="PU12", hint="set agent_id"))
    assert advice.text == "nobody acts (PU12)"
    assert advice.advice == ("Set agent_id.",)


def test_an_untrusted_certificate_has_advice_of_its_own() -> None:
    error = EndpointUnreachable(**WHERE, came="no connection: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    assert "--ca-bundle" in advise(error).advice[0]


def test_http_where_https_was_asked_for_has_advice_of_its_own() -> None:
    error = EndpointUnreachable(**WHERE, came="no connection: [SSL: WRONG_VERSION_NUMBER] wrong version number")
    assert "is it http and not https" in advise(error).advice[0]


def test_a_hint_becomes_a_sentence_and_names_keep_their_spelling() -> None:
    said = [
        advise(errors.ConfigurationError("x", hint=hint)).advice for hint in ("ca_bundle is", "write it", "is it?", "")
    ]
    assert said == [("ca_bundle is.",), ("Write it.",), ("Is it?",), ()]


@pytest.mark.parametrize("fatal", [True, False])
def test_a_resource_error_says_whether_it_is_tried_again(fatal: bool) -> None:
    said = advise(ResourceError(**WHERE, came="an error", fatal=fatal)).advice[0]
    assert ("not tried again" in said) is fatal
