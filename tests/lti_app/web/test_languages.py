"""The texts of pages: translated once looked up, filled in, and safe."""

import pytest
from flask import Flask, render_template_string


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ _('Write') }}", "Write"),
        ("{{ _('a < b') }}", "a < b"),
        ("{{ _('for %(name)s', name='<b>') }}", "for &lt;b&gt;"),
        ("{{ _('100 %%') }}", "100 %"),
        ("{{ ngettext('%(num)s word', '%(num)s words', 1) }}", "1 word"),
        ("{{ ngettext('%(num)s of %(all)s', '%(num)s of all %(all)s', 2, all='<i>') }}", "2 of all &lt;i&gt;"),
    ],
)
def test_text_when_shown_then_is_a_format_whose_values_are_escaped(app: Flask, template: str, shown: str) -> None:
    with app.test_request_context("/"):
        text = render_template_string(template)

    assert text == shown
