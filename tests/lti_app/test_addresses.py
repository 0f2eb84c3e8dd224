"""Web addresses: which are public, which are taken, which origins are the same platform's."""

import pytest

from lti_app.addresses import AddressProblem, Origins, host_of, is_issuer, is_public, other_origin_of, problem_of

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",  # noqa: S104
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fc00::1", "fd12::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE_HOSTS = [
    "localhost", "LOCALHOST", "localhost.", "lms.localhost", "lms.local", "lms.internal", "127.0.0.1", "127.1", "0",
    "2130706433", "0x7f000001", "0177.0.0.1", "017700000001", "10.1", "192.168.257", "[::1]", "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]", "[fd00::1]", "169.254.169.254",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_address_when_not_of_the_public_internet_then_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_address_when_of_the_public_internet_then_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_platform_address_when_its_host_is_private_however_written_then_taken_in_a_lab_only(host: str) -> None:
    url = f"https://{host}/register"

    problems = [problem_of(url, allow_private=allowed) for allowed in (False, True)]

    assert problems == [AddressProblem.PRIVATE, None]


@pytest.mark.parametrize(
    "url",
    ["", "lms.example", "//lms.example", "ftp://lms.example", "https://", "https://user@lms.example",
     "https://lms.example/a b", "https://lms.example/\x00", "https://lms.example:port/", "javascript:alert(1)",
     "https://lms_example.org\n/", "file:///etc/passwd", "https://[::1", "https://" + "x" * 1024],
)  # fmt: skip
def test_platform_address_when_no_web_address_then_never_taken(url: str) -> None:
    problems = [problem_of(url, allow_private=allowed) for allowed in (False, True)]

    assert problems == [AddressProblem.NO_WEB_ADDRESS] * 2


@pytest.mark.parametrize("url", ["https://lms.example/auth", "https://10.example.org/", "https://8.8.8.8:8443/x?y=z"])
def test_platform_address_when_public_and_https_then_taken(url: str) -> None:
    assert problem_of(url, allow_private=False) is None


def test_platform_address_when_without_https_then_taken_in_a_lab_only() -> None:
    problems = [problem_of("http://lms.example/", allow_private=allowed) for allowed in (False, True)]

    assert problems == [AddressProblem.PRIVATE, None]


def test_origins_when_a_pattern_then_holds_hosts_below_the_name_and_no_other() -> None:
    origins = Origins({"https://lms.example", "https://*.instructure.com"})

    inside = ["https://lms.example", "https://valley.instructure.com", "https://a.b.instructure.com"]
    outside = [
        "https://instructure.com", "https://evilinstructure.com", "https://instructure.com.evil.example",
        "http://valley.instructure.com", "https://valley.instructure.com:8443", "https://*.instructure.com",
        "https://lms.example:444", "https://sub.lms.example", "", None,
    ]  # fmt: skip
    assert [one in origins for one in inside] == [True] * 3
    assert [one for one in outside if one in origins] == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://learn.school.example/path?x", "https://learn.school.example"),
        ("https://*.instructure.com", "https://*.instructure.com"),
        ("https://*", None),
        ("https://*.com", None),
        ("http://*.school.example", None),
        ("https://*.school.example/x", None),
        ("*", None),
        ("https://a.example; script-src *", None),
    ],
)
def test_other_origin_when_typed_then_kept_as_a_security_policy_takes_it(text: str, kept: str | None) -> None:
    assert other_origin_of(text) == kept


def test_issuer_when_no_single_printable_word_then_none() -> None:
    wrong = ["", "a b", "https://[::1", "https://lms.example; x", "é", "x" * 1025, "https://lms.example\n"]

    assert ([is_issuer(one) for one in wrong], is_issuer("urn:lms"), is_issuer("https://lms.example")) == (
        [False] * len(wrong),
        True,
        True,
    )


def test_host_when_there_is_none_then_empty() -> None:
    assert (host_of("urn:lms"), host_of("https://LMS.Example:8/x")) == ("", "lms.example")
