"""What one LMS does otherwise than the specification says; each quirk with the LMS, its version and the proof.

Nothing else in the code asks which LMS it talks to.
"""

from dataclasses import dataclass

from lti_app.addresses import host_of


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A vendor that runs one LMS for many schools: its issuers' hosts, and the domains that are its own."""

    issuer_hosts: frozenset[str]
    domains: tuple[str, ...]
    origins: tuple[str, ...]

    def owns(self, host: str) -> bool:
        """Whether a host is the vendor's."""
        return any(host == domain or host.endswith("." + domain) for domain in self.domains)


# Canvas, hosted by Instructure (vendor documents "LTI launch overview" and "Configuring", read 2026-11): every school
# has the issuer canvas.instructure.com (beta and test: their own), logs in at sso.canvaslms.com, and keeps pages, line
# items and rosters on a host of the school's own, below instructure.com or under a name of the school.
_CANVAS = Vendor(
    issuer_hosts=frozenset(
        {"canvas.instructure.com", "canvas.beta.instructure.com", "canvas.test.instructure.com"},
    ),
    domains=("instructure.com", "canvaslms.com"),
    origins=("https://*.instructure.com",),
)
# Brightspace, SaaS (vendor document "LTI Advantage registration", read 2026-11): tokens come from one host for all
# schools, whatever name the school's own LMS has.
_BRIGHTSPACE_TOKEN_HOST = "auth.brightspace.com"  # noqa: S105 - the name of a host
# Blackboard Learn (docs.blackboard.com, "LTI registration and deployment", read 2026-11): issuer and client id are the
# same for every school in the world; a school is a deployment.
_BLACKBOARD_ISSUER_HOST = "blackboard.com"

# The claim of Canvas's registration document with the school's own host (canvas-lms, `lti_platform_configuration`).
CANVAS_ACCOUNT_DOMAIN = "https://canvas.instructure.com/lti/account_domain"
CANVAS_ACCOUNT_NAME = "https://canvas.instructure.com/lti/account_name"
CANVAS = "canvas"


def vendor_of(issuer: str) -> Vendor | None:
    """Return the vendor whose issuer this is for many schools, or None: then the issuer's host is the platform."""
    return _CANVAS if host_of(issuer) in _CANVAS.issuer_hosts else None


def other_origins_of(issuer: str) -> tuple[str, ...]:
    """Return where such a platform shows us in frames and keeps its services, beside its registered addresses.

    They may be sent the platform's access token. All of them are the vendor's; a school's own name for its Canvas
    comes from the registration document, or from an admin's hand, never from a launch.
    """
    vendor = vendor_of(issuer)
    return vendor.origins if vendor else ()


def may_hold_endpoint(host: str, *, issuer: str) -> bool:
    """Whether a platform of this issuer may have its login, tokens or keys on a host (an attack otherwise).

    It is the issuer's own host, one of its vendor's, or the host that gives out Brightspace's tokens.
    """
    vendor = vendor_of(issuer)
    is_known = host == _BRIGHTSPACE_TOKEN_HOST or (vendor is not None and vendor.owns(host))
    return host != "" and (host == host_of(issuer) or is_known)


def wants_token_for_document(url: str) -> bool:
    """Whether the registration document at the address is given for the bearer token only: Canvas (its documents)."""
    return _CANVAS.owns(host_of(url))


def has_many_deployments(issuer: str) -> bool:
    """Whether new deployments turn up after the first one was confirmed: one per account, course or school."""
    return vendor_of(issuer) is not None or shares_client(issuer)


def shares_client(issuer: str) -> bool:
    """Whether one client id serves every school: then no school's admin may look after the registration."""
    return host_of(issuer) == _BLACKBOARD_ISSUER_HOST


def sends_undeclared(product_family: str) -> frozenset[str]:
    """Return the message types that a platform sends although it does not list them.

    Moodle 4.5.6 lists no submission review, and its grade analysis always sends it (recorded).
    """
    return frozenset({"LtiSubmissionReviewRequest"}) if product_family == "moodle" else frozenset()
