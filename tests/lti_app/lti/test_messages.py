"""Claims of every wrong type, and what right ones become."""

from dataclasses import asdict
from typing import Any

import pytest

from lti_app.lti.messages import LaunchMessage, message_type_of, parse_launch
from lti_app.lti.refusals import Check, LaunchRefused
from lti_app.lti.service_claims import AgsClaim, NrpsClaim
from tests.lti_app.lti.launching import AGS, LTI, NRPS, RESOURCE_LINK

NOT_TEXT: list[Any] = [None, 5, 5.5, True, [], ["a"], {}, {"id": "a"}]
NOT_AN_ID: list[Any] = [*NOT_TEXT, "", "x" * 256, "nul\x00", "\ud800", "a\udc00b"]
NOT_A_MAPPING: list[Any] = [5, True, "text", "", [], [1], 0, False]
NOT_A_URL: list[Any] = [5, True, ["https://lms.example"], {"u": 1}, "lms.example/1", "ftp://lms.example/1",
                        "javascript:alert(1)", "//lms.example", "https://lms.example/nul\x00",
                        "https://lms.example/\ud800", "https://lms.example/" + "x" * 2048]  # fmt: skip


def _claims(**changes: Any) -> dict[str, Any]:
    return {
        "sub": "102",
        "name": "Jonas Lindqvist",
        f"{LTI}version": "1.3.0",
        f"{LTI}message_type": RESOURCE_LINK,
        f"{LTI}roles": ["Learner"],
        f"{LTI}context": {"id": "7", "label": "IND-1", "title": "Induction"},
        f"{LTI}resource_link": {"id": "3", "title": "Weekly reflection"},
        **changes,
    }


def _parse(claims: dict[str, Any]) -> LaunchMessage:
    return parse_launch(claims, registration_id=1, deployment_id=2, deployment_id_on_platform="d")


def _refused(claims: dict[str, Any]) -> tuple[Check, str, int]:
    with pytest.raises(LaunchRefused) as caught:
        _parse(claims)
    return _said(caught.value)


def _said(refused: LaunchRefused) -> tuple[Check, str, int]:
    return refused.check, refused.explanation, refused.status


def test_message_when_complete_then_every_part_is_taken_over() -> None:
    scopes = ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]
    endpoint = {"lineitem": "https://l.example/1?type_id=1", "lineitems": "https://l.example/", "scope": scopes}
    presentation = {"locale": "de", "return_url": "https://l.example/back?sesskey=secret"}
    roster = {"context_memberships_url": "https://l.example/members?x=1", "service_versions": ["1.0", "2.0"]}
    claims = {AGS: endpoint, f"{LTI}launch_presentation": presentation, NRPS: roster}

    message = _parse(_claims(**claims))

    assert asdict(message) == {
        "registration_id": 1,
        "deployment_id": 2,
        "deployment_id_on_platform": "d",
        "sub": "102",
        "name": "Jonas Lindqvist",
        "locale": "de",
        "roles": ("Learner",),
        "course": {"id_on_platform": "7", "label": "IND-1", "title": "Induction"},
        "resource_link_id": "3",
        "resource_link_title": "Weekly reflection",
        "custom": {},
        "ags": {
            "line_item_url": "https://l.example/1?type_id=1",
            "line_items_url": "https://l.example/",
            "scopes": tuple(scopes),
        },
        "nrps": {"memberships_url": "https://l.example/members?x=1"},
        "groups": None,
        "told_groups": None,
        "notice_service_url": "",
    }


@pytest.mark.parametrize("value", NOT_AN_ID, ids=repr)
def test_sub_when_it_is_no_identifier_then_refused(value: Any) -> None:
    refused = _refused(_claims(sub=value))

    assert refused == (Check.MESSAGE, "“sub” is missing or malformed.", 400)


@pytest.mark.parametrize("value", NOT_AN_ID, ids=repr)
@pytest.mark.parametrize("claim", ["resource_link", "context"])
def test_id_when_it_is_no_identifier_then_refused(claim: str, value: Any) -> None:
    refused = _refused(_claims(**{LTI + claim: {"id": value, "title": "t"}}))

    assert refused == (Check.MESSAGE, "“id” is missing or malformed.", 400)


@pytest.mark.parametrize("value", [None, *NOT_A_MAPPING], ids=repr)
def test_resource_link_when_it_is_no_object_then_refused(value: Any) -> None:
    refused = _refused(_claims(**{f"{LTI}resource_link": value}))

    assert refused == (Check.MESSAGE, "“resource_link” is missing or malformed.", 400)


@pytest.mark.parametrize("value", NOT_A_MAPPING, ids=repr)
@pytest.mark.parametrize("claim", [f"{LTI}context", f"{LTI}launch_presentation", f"{LTI}custom", AGS, NRPS])
def test_optional_claim_when_it_is_no_object_then_refused(claim: str, value: Any) -> None:
    check, explanation, status = _refused(_claims(**{claim: value}))

    name = claim.rpartition("/")[2]
    assert (check, explanation, status) == (Check.MESSAGE, f"“{name}” is missing or malformed.", 400)


@pytest.mark.parametrize("claim", [f"{LTI}context", f"{LTI}launch_presentation", AGS, NRPS, "name", "given_name"])
def test_optional_claim_when_null_then_as_if_it_was_not_there(claim: str) -> None:
    with_null, without = _claims(**{claim: None}), _claims()
    without.pop(claim, None)

    assert _parse(with_null) == _parse(without)


@pytest.mark.parametrize(
    "value", [None, 5, True, "Learner", "", {}, {"Learner": 1}, [5], ["Learner", None], [["Learner"]]], ids=repr
)
def test_roles_when_they_are_no_list_of_texts_then_refused(value: Any) -> None:
    refused = _refused(_claims(**{f"{LTI}roles": value}))

    assert refused == (Check.MESSAGE, "The roles are missing or are no list of texts.", 400)


def test_roles_when_very_many_then_the_first_hundred_count() -> None:
    message = _parse(_claims(**{f"{LTI}roles": [f"role-{number}" for number in range(5000)]}))

    assert message.roles == tuple(f"role-{number}" for number in range(100))


@pytest.mark.parametrize("value", [5, 5.5, True, False, 0, [], ["Jonas"], {}, {"first": "Jonas"}], ids=repr)
@pytest.mark.parametrize("claim", ["name", "given_name", "family_name"])
def test_name_when_it_is_no_text_then_refused(claim: str, value: Any) -> None:
    claims = {**_claims(), claim: value}
    if claim != "name":
        del claims["name"]

    assert _refused(claims) == (Check.MESSAGE, f"“{claim}” is no text.", 400)


@pytest.mark.parametrize(
    ("claim", "field"),
    [("context", "label"), ("context", "title"), ("resource_link", "title"), ("launch_presentation", "locale")],
)
@pytest.mark.parametrize("value", [5, True, [], {}], ids=repr)
def test_words_when_they_are_no_text_then_refused(claim: str, field: str, value: Any) -> None:
    refused = _refused(_claims(**{LTI + claim: {"id": "1", field: value}}))

    assert refused == (Check.MESSAGE, f"“{field}” is no text.", 400)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Jonas  ", "Jonas"),
        ("Jo\x00nas", "Jonas"),
        ("Jo\ud800nas", "Jonas"),
        ("Jo\u202enas\u2066", "Jonas"),
        ("\x00\x01\x02", ""),
        ("n" * 300, "n" * 255),
        ("Νίκη Παπαδάκη", "Νίκη Παπαδάκη"),
        ("Jo\u0301nas 👩🏽", "Jo\u0301nas 👩🏽"),
    ],
    ids=repr,
)
def test_name_when_it_holds_what_no_name_holds_then_cleaned(given: str, kept: str) -> None:
    assert _parse(_claims(name=given)).name == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Jonas\u00a0Lindqvist", "Jonas Lindqvist"),
        ("Jonas\tLindqvist", "Jonas Lindqvist"),
        ("Jonas\nLindqvist", "Jonas Lindqvist"),
        ("张\u3000伟", "张 伟"),
    ],
    ids=repr,
)
def test_name_when_its_words_are_parted_by_other_spaces_then_they_stay_parted(given: str, kept: str) -> None:
    assert _parse(_claims(name=given)).name == kept


@pytest.mark.parametrize("name", ["می\u200cخواهم", "ක්\u200dරිස්", "👩\u200d🏫 Ada"], ids=ascii)
def test_name_when_written_with_joiners_then_they_stay(name: str) -> None:
    assert _parse(_claims(name=name)).name == name


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Jonas Lindqvist", "given_name": "X"}, "Jonas Lindqvist"),
        ({"given_name": "Jonas", "family_name": "Lindqvist"}, "Jonas Lindqvist"),
        ({"given_name": "Jonas"}, "Jonas"),
        ({"family_name": "Lindqvist"}, "Lindqvist"),
        ({"name": "  ", "family_name": "Lindqvist"}, "Lindqvist"),
        ({}, ""),
    ],
    ids=str,
)
def test_name_when_in_parts_or_absent_then_made_of_what_there_is(claims: dict[str, Any], name: str) -> None:
    complete = _claims()
    del complete["name"]

    assert _parse({**complete, **claims}).name == name


@pytest.mark.parametrize("value", NOT_A_URL, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("field", ["lineitem", "lineitems"])
def test_gradebook_address_when_it_is_none_then_refused(field: str, value: Any) -> None:
    check, explanation, status = _refused(_claims(**{AGS: {field: value}}))

    assert (check, status) == (Check.MESSAGE, 400)
    assert explanation.startswith(f"The gradebook claim's “{field}” is ")


@pytest.mark.parametrize("value", [None, ""], ids=repr)
def test_gradebook_address_when_empty_then_there_is_none(value: Any) -> None:
    message = _parse(_claims(**{AGS: {"lineitem": value, "lineitems": "https://l.example/"}}))

    assert message.ags == AgsClaim(line_item_url="", line_items_url="https://l.example/", scopes=())


@pytest.mark.parametrize("value", NOT_A_URL, ids=lambda value: repr(value)[:40])
def test_roster_address_when_it_is_none_then_refused(value: Any) -> None:
    check, explanation, status = _refused(_claims(**{NRPS: {"context_memberships_url": value}}))

    assert (check, status) == (Check.MESSAGE, 400)
    assert explanation.startswith("The roster claim's “context_memberships_url” is ")


@pytest.mark.parametrize(
    ("versions", "url"),
    [
        (["1.0", "2.0"], "https://l.example/m"),
        (None, "https://l.example/m"),
        (["1.0"], ""),
        ("2.0", ""),
        ([], ""),
        (2, ""),
    ],
    ids=repr,
)
def test_roster_when_not_of_our_version_then_there_is_none(versions: Any, url: str) -> None:
    claim = {"context_memberships_url": "https://l.example/m", "service_versions": versions}

    assert _parse(_claims(**{NRPS: claim})).nrps == NrpsClaim(memberships_url=url)


@pytest.mark.parametrize("value", [None, ""], ids=repr)
def test_roster_address_when_empty_then_there_is_none(value: Any) -> None:
    message = _parse(_claims(**{NRPS: {"context_memberships_url": value, "service_versions": ["2.0"]}}))

    assert message.nrps == NrpsClaim(memberships_url="")


@pytest.mark.parametrize("value", [5, True, "score", {}, {"score": 1}, [5], [None], [["score"]]], ids=repr)
def test_scopes_when_they_are_no_list_of_texts_then_refused(value: Any) -> None:
    refused = _refused(_claims(**{AGS: {"scope": value}}))

    assert refused == (Check.MESSAGE, "The gradebook claim's scopes are no list of texts.", 400)


def test_scopes_when_odd_or_too_many_then_left_out() -> None:
    odd = ["nul\x00", "\ud800", "x" * 256, *(f"scope-{number}" for number in range(50))]

    message = _parse(_claims(**{AGS: {"lineitem": "https://l.example/1", "scope": odd}}))

    assert message.ags is not None
    assert message.ags.scopes == tuple(f"scope-{number}" for number in range(20))


@pytest.mark.parametrize("value", [None, 1.3, "1.3", "1.1", "1.3.0 ", "LTI-1p0", "", ["1.3.0"], {}, True], ids=repr)
def test_version_when_another_then_refused(value: Any) -> None:
    with pytest.raises(LaunchRefused) as caught:
        message_type_of(_claims(**{f"{LTI}version": value}))

    assert _said(caught.value) == (Check.MESSAGE, "The LTI version is missing or is not 1.3.0.", 400)


@pytest.mark.parametrize("value", [None, 5, "", [RESOURCE_LINK], {}, True], ids=repr)
def test_message_type_when_it_is_no_text_then_refused(value: Any) -> None:
    with pytest.raises(LaunchRefused) as caught:
        message_type_of(_claims(**{f"{LTI}message_type": value}))

    assert _said(caught.value) == (Check.MESSAGE, "The message type is missing.", 400)


def test_custom_when_it_says_something_then_taken_over_in_lower_case() -> None:
    custom = {"Task": "a=b", "time_zone": "Europe/Oslo", "empty": "", "unknown": "$Person.name.full", "null": None}

    message = _parse(_claims(**{f"{LTI}custom": {**custom, "number": 5, "nul": "\x00", "long": "x" * 4097}}))

    assert message.custom == {"task": "a=b", "time_zone": "Europe/Oslo"}


def test_custom_when_endless_then_the_first_hundred_are_taken() -> None:
    message = _parse(_claims(**{f"{LTI}custom": {f"p{number}": "x" for number in range(1000)}}))

    assert len(message.custom) == 100


def test_course_when_the_link_stands_outside_any_then_the_link_is_its_own_course() -> None:
    outside = _claims()
    del outside[f"{LTI}context"]

    message = _parse(outside)

    assert (message.course.id_on_platform, message.course.title) == ("resource-link:3", "")


def test_message_when_it_carries_a_thousand_unknown_claims_then_none_gets_in() -> None:
    unknown = {f"https://example.org/{number}": {"deep": [[[[number]]]]} for number in range(1000)}

    assert _parse(_claims(**unknown)) == _parse(_claims())
