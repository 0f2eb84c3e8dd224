"""The forms of the connections pages, with the same checks as the commands."""

from typing import Any

from flask import current_app
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lti_app.addresses import LONGEST_URL, AddressProblem, is_issuer, other_origin_of, problem_of
from lti_app.lti.connecting import MAX_NAME, MAX_OTHER_ORIGINS, ByHand, joined_origins
from lti_app.models.platform import Registration

MAX_ID = 255


def _is_address(_form: FlaskForm, field: Field) -> None:
    problem = problem_of(field.data or "", allow_private=current_app.config["STAFFROOM_ALLOW_PRIVATE_PLATFORMS"])
    if problem is AddressProblem.NO_WEB_ADDRESS:
        raise ValidationError(gettext("This is not a web address."))
    if problem is AddressProblem.PRIVATE:
        raise ValidationError(gettext("This address is not on the public internet, or is without https."))


def _is_issuer(_form: FlaskForm, field: Field) -> None:
    if not is_issuer(field.data or ""):
        raise ValidationError(gettext("Copy the issuer as your LMS shows it."))


def _is_word(_form: FlaskForm, field: Field) -> None:
    if not all(word.isprintable() for word in (field.data or "").split()):
        raise ValidationError(gettext("There are characters in it that cannot be used."))


def _are_origins(_form: FlaskForm, field: Field) -> None:
    wrong = [text for text in (field.data or "").split() if other_origin_of(text) is None]
    if wrong:
        raise ValidationError(gettext("Write each host as https://host, one to a line."))


def _text(value: str | None) -> str:
    return (value or "").strip()


def _name_field() -> StringField:
    return StringField(
        lazy_gettext("Name"),
        description=lazy_gettext("What to call the LMS on these pages. Leave it empty for its own name."),
        validators=[Length(max=MAX_NAME), _is_word],
        filters=[_text],
    )


def _address_field(label: Any, description: Any) -> StringField:
    validators = [InputRequired(), Length(max=LONGEST_URL), _is_address]
    return StringField(label, description=description, validators=validators, filters=[_text])


def _audience_field() -> StringField:
    return StringField(
        lazy_gettext("Audience of token requests"),
        description=lazy_gettext("Only where the LMS names one apart from its token address (Brightspace)."),
        validators=[Optional(), Length(max=LONGEST_URL), _is_word],
        filters=[_text],
    )


def _origins_field() -> TextAreaField:
    return TextAreaField(
        lazy_gettext("Other hosts of this LMS"),
        description=lazy_gettext(
            "Where its pages and its gradebook are, if not on the hosts of the addresses. They may be sent the access"
            " to its gradebook, so name none that is not the LMS's own. One to a line: https://lms.example.org"
        ),
        validators=[Optional(), Length(max=MAX_OTHER_ORIGINS), _are_origins],
        filters=[_text],
    )


class InviteForm(FlaskForm):
    """Who is invited, and whether that is enough."""

    name = _name_field()
    is_confirmed = BooleanField(lazy_gettext("Let people in as soon as the LMS has connected itself"))


class PlatformForm(FlaskForm):
    """What may be changed of a connection; the addresses may not."""

    name = _name_field()
    auth_audience = _audience_field()
    other_origins = _origins_field()

    @classmethod
    def showing(cls, row: Registration, *, is_operator: bool) -> "PlatformForm":
        """Return the form, filled with the connection where nothing was submitted; the name alone for an LMS admin."""
        form = cls(name=row.name, auth_audience=row.auth_audience, other_origins="\n".join(row.other_origins.split()))
        if not is_operator:
            del form.auth_audience, form.other_origins
        return form

    def apply(self, row: Registration) -> None:
        """Keep what a valid form holds."""
        row.name = self.name.data or row.name
        if self.auth_audience is not None:
            row.auth_audience = self.auth_audience.data or None
            typed = [other_origin_of(text) for text in (self.other_origins.data or "").split()]
            row.other_origins = joined_origins(origin for origin in typed if origin)


class ByHandForm(FlaskForm):
    """An LMS that does not connect itself."""

    name = _name_field()
    issuer = StringField(
        lazy_gettext("Issuer"),
        description=lazy_gettext("Also called platform id. Often the LMS's own address."),
        validators=[InputRequired(), _is_issuer],
        filters=[_text],
    )
    client_id = StringField(
        lazy_gettext("Client id"),
        description=lazy_gettext("The one that the LMS has given Staffroom."),
        validators=[InputRequired(), Length(max=MAX_ID), _is_word],
        filters=[_text],
    )
    deployment_ids = StringField(
        lazy_gettext("Deployment id"),
        description=lazy_gettext(
            "Leave it empty if the LMS shows none; the first launch brings it. Several: with spaces."
        ),
        validators=[Length(max=MAX_OTHER_ORIGINS), _is_word],
        filters=[_text],
    )
    auth_url = _address_field(
        lazy_gettext("Login address"), lazy_gettext("Authentication request, authorization endpoint, or OIDC auth URL.")
    )
    token_url = _address_field(
        lazy_gettext("Token address"), lazy_gettext("Access token URL, or OAuth2 token endpoint.")
    )
    jwks_url = _address_field(lazy_gettext("Key set address"), lazy_gettext("Public keyset, JWKS URL."))
    auth_audience = _audience_field()
    other_origins = _origins_field()

    def by_hand(self) -> ByHand:
        """Return what a valid form holds."""
        typed = [other_origin_of(text) for text in (self.other_origins.data or "").split()]
        return ByHand(
            name=self.name.data,
            issuer=self.issuer.data,
            client_id=self.client_id.data,
            auth_url=self.auth_url.data,
            token_url=self.token_url.data,
            jwks_url=self.jwks_url.data,
            auth_audience=self.auth_audience.data or None,
            deployment_ids=tuple(one for one in self.deployment_ids.data.split() if len(one) <= MAX_ID),
            other_origins=tuple(origin for origin in typed if origin),
        )
