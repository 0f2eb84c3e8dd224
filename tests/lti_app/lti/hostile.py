"""What hypothesis throws at the pages: values of any type, depth and size, claims spoiled by them, forms, bodies."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.lti_app.lti.launching import AGS, LTI

NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
REMOVED = object()
# Lone surrogates, NUL, controls, letters that turn the reading direction, whole planes of rare ones.
ANY_LETTER = st.characters(exclude_categories=())
SENDABLE_LETTER = st.characters(exclude_categories=["Cs"])
ODD_TEXTS = ["", " ", "null", "\x00", "\ud800", "\u202eevil", "x" * 255, "x" * 256, "x" * 40_000]
FORM_WORDS = ["", " ", "\x00", "null", "[]", "{}", "-1", "%00", "\u202eevil", "' OR 1=1 --", "x" * 300, "x" * 9_000]

texts = st.text(ANY_LETTER, max_size=40) | st.sampled_from(ODD_TEXTS)
scalars: SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from([10**400, -(10**400), 1e308])
)


def _deep(depth: int) -> Any:
    nested: Any = "x"
    for _ in range(depth):
        nested = [nested] if depth % 2 else {"id": nested}
    return nested


anything: SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "title", "scope", "lineitem", "", "\x00"]) | texts, inner, max_size=4)
    ),
    max_leaves=12,
) | st.integers(2, 300).map(_deep)


@dataclass(frozen=True, kw_only=True)
class Required:
    """A claim that a launch cannot be without: where it stands, and when a value in its place is a good one."""

    path: tuple[str, ...]
    is_good: Callable[[Any, Mapping[str, Any]], bool]


def _same(path: str) -> Required:
    return Required(path=(path,), is_good=lambda value, good: type(value) is str and value == good[path])


def _is_identifier(value: Any, _good: Mapping[str, Any]) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= 255 or "\x00" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_recent(value: Any, good: Mapping[str, Any]) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and good["iat"] - 11 * 60 <= value <= good["exp"] + 3600


# Written anew from LTI 1.3 core and the security framework, not from the code that is tested.
REQUIRED = [
    _same("iss"),
    _same("nonce"),
    _same(f"{LTI}version"),
    _same(f"{LTI}message_type"),
    _same(f"{LTI}deployment_id"),
    _same(f"{LTI}target_link_uri"),
    Required(path=("aud",), is_good=lambda value, good: value in (good["aud"], [good["aud"]])),
    Required(path=("exp",), is_good=_is_recent),
    Required(path=("iat",), is_good=_is_recent),
    Required(path=("sub",), is_good=_is_identifier),
    Required(path=(f"{LTI}roles",), is_good=lambda value, _: _are_texts(value)),
    Required(path=(f"{LTI}resource_link",), is_good=lambda value, _: _has_identifier(value)),
    Required(path=(f"{LTI}resource_link", "id"), is_good=_is_identifier),
    Required(path=(f"{LTI}context", "id"), is_good=_is_identifier),
]
OPTIONAL = [
    (f"{LTI}context",),
    (f"{LTI}context", "label"),
    (f"{LTI}context", "title"),
    (f"{LTI}context", "type"),
    (f"{LTI}resource_link", "title"),
    (f"{LTI}resource_link", "description"),
    (f"{LTI}launch_presentation",),
    (f"{LTI}launch_presentation", "locale"),
    (f"{LTI}launch_presentation", "return_url"),
    (f"{LTI}launch_presentation", "document_target"),
    (f"{LTI}custom",),
    (f"{LTI}custom", "template"),
    (f"{LTI}tool_platform",),
    (f"{LTI}tool_platform", "guid"),
    (f"{LTI}lis",),
    (f"{LTI}ext",),
    (f"{LTI}role_scope_mentor",),
    (AGS,),
    (AGS, "scope"),
    (AGS, "lineitem"),
    (AGS, "lineitems"),
    (NRPS,),
    (NRPS, "context_memberships_url"),
    (NRPS, "service_versions"),
    ("name",),
    ("given_name",),
    ("family_name",),
    ("email",),
    ("locale",),
    ("azp",),
    ("nbf",),
    ("jti",),
]


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(role, str) for role in value)


def _has_identifier(value: Any) -> bool:
    return isinstance(value, dict) and _is_identifier(value.get("id"), {})


Spoiling = tuple[tuple[str, ...], Any]
spoilings: SearchStrategy[list[Spoiling]] = st.lists(
    st.tuples(st.sampled_from([*(required.path for required in REQUIRED), *OPTIONAL]), anything | st.just(REMOVED)),
    min_size=1,
    max_size=4,
)


def spoiled(claims: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return the claims with the value at that path, or without it; a part that is not there is made."""
    changed = dict(claims)
    name, *rest = path
    if rest:
        inner = changed.get(name)
        changed[name] = spoiled(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    elif value is REMOVED:
        changed.pop(name, None)
    else:
        changed[name] = value
    return changed


headers = st.dictionaries(
    st.sampled_from(["alg", "kid", "typ", "cty", "crit", "jwk", "jku", "x5u", "x5c", "zip", "b64", ""]),
    anything,
    max_size=4,
)
payloads = st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode())
tokens = st.text(SENDABLE_LETTER, max_size=200) | st.sampled_from(
    [*FORM_WORDS, "e30.e30.e30", "x" * 40_000, "." * 5_000]
)

form_values = st.text(SENDABLE_LETTER, max_size=60) | st.sampled_from(FORM_WORDS)


def forms(names: list[str]) -> SearchStrategy[list[tuple[str, str]]]:
    """Return pairs of a form: known names and others, in any order, some twice."""
    return st.lists(st.tuples(st.sampled_from(names) | form_values, form_values), max_size=8)


content_types = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/json",
        "text/plain",
        "",
        "rubbish",
        "a/b; " + "c=d; " * 500,
    ]
)
bodies = st.binary(max_size=300) | st.sampled_from(
    [
        b"--x\r\nContent-Disposition: form-data; name=state\r\n\r\n" + b"y" * 3000,
        b"--x\r\n" * 2000,
        b"=" * 5000,
        b"&" * 5000,
        b"state&id_token",
        b"%" * 3000,
        b"[" * 20_000,
        b'{"notices": ' * 2000,
        b"\xff\xfe" * 500,
    ]
)
