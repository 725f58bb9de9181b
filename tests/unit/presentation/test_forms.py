"""Actions as forms of a page."""

import functools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from html.parser import HTMLParser

import pytest

import upnp
from upnp.presentation.forms import actionForm, explanation

ZONE = timezone(timedelta(hours=1))


def html(service: upnp.Service, action: str) -> str:
    """The form of an action, as it is now."""
    pieces = actionForm(service, service.actions[action], 's0-0')
    return ''.join(piece if isinstance(piece, str) else piece() for piece in pieces)


class Switch(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'
    Target = upnp.StateVariable(dataType='boolean')

    @upnp.action(arguments={'newTargetValue': 'Target'}, returns={'WasOn': 'Target'})
    def SetTarget(self, newTargetValue: bool) -> bool:
        """Switch it on
        or off.

        At once.
        """
        return True

    @upnp.action
    def Toggle(self) -> None:
        pass


def test_a_form_is_rendered_to_the_byte() -> None:
    assert html(Switch(), 'SetTarget') == (
        '<form class="action" data-action="SetTarget" autocomplete="off" novalidate>\n'
        '<fieldset disabled aria-label="Set target">\n'
        '<p class="about">Switch it on or off.</p>\n'
        '<div class="field"><label for="s0-0-0">New target value</label>\n'
        '<input id="s0-0-0" data-argument="newTargetValue" data-type="boolean" type="checkbox" role="switch"></div>\n'
        '<button title="SetTarget">Set target</button>\n</fieldset>\n'
        '<p role="alert"></p>\n'
        '<div role="status"><dl class="result" hidden>\n'
        '<div><dt>Was on</dt><dd data-output="WasOn" data-type="boolean"></dd></div>\n'
        '</dl></div>\n</form>\n'
    )


def test_an_action_without_arguments_is_a_button() -> None:
    assert html(Switch(), 'Toggle') == (
        '<form class="action bare" data-action="Toggle" autocomplete="off" novalidate>\n'
        '<fieldset disabled aria-label="Toggle">\n'
        '<button title="Toggle">Toggle</button>\n</fieldset>\n'
        '<p role="alert"></p>\n<div role="status"></div>\n</form>\n'
    )


def test_an_input_begins_with_the_value_of_the_moment_it_is_read_at() -> None:
    switch = Switch()
    pieces = list(actionForm(switch, switch.actions['SetTarget'], 's0-0'))
    for isOn in (True, False):
        switch.Target = isOn
        shown = ''.join(piece if isinstance(piece, str) else piece() for piece in pieces)
        assert (' checked>' in shown) == isOn


def inputOf(variable: upnp.StateVariable) -> str:
    """The input of an argument, without what all have."""
    service = upnp.Service(
        serviceType='a',
        stateVariables=[variable],
        actions=[{'name': 'Set', 'arguments': [{'name': 'New', 'relatedStateVariable': variable.name}]}],
    )
    return html(service, 'Set').partition(' data-argument="New" ')[2].partition('</div>')[0]


@pytest.mark.parametrize(
    ('dataType', 'value', 'expected'),
    [
        ('ui1', 7, '<type="number" min="0" max="255" step="1" value="7">'),
        ('ui2', 7, '<type="number" min="0" max="65535" step="1" value="7">'),
        ('ui4', 7, '<type="number" min="0" max="4294967295" step="1" value="7">'),
        ('ui8', 2**64 - 1, f'<type="number" min="0" max="{2**64 - 1}" step="1" value="{2**64 - 1}">'),
        ('i1', -7, '<type="number" min="-128" max="127" step="1" value="-7">'),
        ('i2', -7, '<type="number" min="-32768" max="32767" step="1" value="-7">'),
        ('i4', -7, '<type="number" min="-2147483648" max="2147483647" step="1" value="-7">'),
        ('int', -7, '<type="number" min="-2147483648" max="2147483647" step="1" value="-7">'),
        ('i8', -7, f'<type="number" min="{-(2**63)}" max="{2**63 - 1}" step="1" value="-7">'),
        ('r4', 0.5, '<type="number" step="any" value="0.5">'),
        ('r8', 0.5, '<type="number" step="any" value="0.5">'),
        ('number', 0.5, '<type="number" step="any" value="0.5">'),
        ('float', 0.5, '<type="number" step="any" value="0.5">'),
        ('fixed.14.4', 2, '<type="number" step="any" value="2">'),
        ('char', '"', '<type="text" maxlength="1" value="&quot;">'),
        ('string', 'a <b>', '<type="text" value="a &lt;b&gt;">'),
        ('string', '', '<type="text">'),
        ('date', date(2026, 1, 31), '<type="date" value="2026-01-31">'),
        ('dateTime', datetime(2026, 1, 31, 9, 5), '<type="datetime-local" step="1" value="2026-01-31T09:05:00">'),
        ('dateTime.tz', datetime(2026, 1, 31, 9, 5), '<type="datetime-local" step="1" value="2026-01-31T09:05:00">'),
        (
            'dateTime.tz',
            datetime(2026, 1, 31, 9, 5, tzinfo=ZONE),
            '<type="datetime-local" step="1" value="2026-01-31T09:05:00" data-moment="2026-01-31T09:05:00+01:00">',
        ),
        ('time', time(9, 5), '<type="time" step="1" value="09:05:00">'),
        ('time.tz', time(9, 5), '<type="time" step="1" value="09:05:00">'),
        ('time.tz', time(9, 5, tzinfo=ZONE), '<type="time" step="1" value="09:05:00" data-moment="09:05:00+01:00">'),
        ('boolean', True, '<type="checkbox" role="switch" checked>'),
        ('boolean', False, '<type="checkbox" role="switch">'),
        ('bin.base64', b'abc', '<type="file">'),
        ('bin.hex', b'abc', '<type="file">'),
        ('uri', 'http://a/"', '<type="url" value="http://a/&quot;">'),
        (
            'uuid',
            '00a56575-78fa-40fe-b107-8f4b5043a2b0',
            '<type="text" value="00a56575-78fa-40fe-b107-8f4b5043a2b0">',
        ),
    ],
)
def test_each_type_has_its_input(dataType: str, value: object, expected: str) -> None:
    variable = upnp.StateVariable(name='Thing', dataType=dataType)
    variable.value = value
    assert inputOf(variable) == f'data-type="{dataType}" {expected[1:]}'


@pytest.mark.parametrize(
    ('dataType', 'limits', 'expected'),
    [
        ('ui1', (0, 100), 'min="0" max="100" step="1" value="0"'),
        ('i2', (-20, 20, 5), 'min="-20" max="20" step="5" value="0"'),
        ('r8', (5, 30), 'min="5.0" max="30.0" step="any" value="5.0"'),
        ('r8', (0.0, 1.0, 0.1), 'min="0.0" max="1.0" step="0.1" value="0.0"'),
    ],
)
def test_a_range_says_what_a_number_may_be(dataType: str, limits: tuple[float, ...], expected: str) -> None:
    variable = upnp.StateVariable(name='Thing', dataType=dataType, allowedValueRange=limits)
    assert inputOf(variable) == f'data-type="{dataType}" type="number" data-slider {expected}>'


def test_a_range_is_told_beside_the_name() -> None:
    service = upnp.Service(serviceType='a')
    service.stateVariables = [{'name': 'Level', 'dataType': 'ui1', 'allowedValueRange': (0, 100)}]  # type: ignore[assignment]
    service.actions = [{'name': 'Set', 'arguments': [{'name': 'New', 'relatedStateVariable': 'Level'}]}]  # type: ignore[assignment]
    assert '<label for="s0-0-0">New <small>0 to 100</small></label>' in html(service, 'Set')


def test_a_list_is_one_to_choose_from() -> None:
    variable = upnp.StateVariable(name='Mode', allowedValueList=('off', '<eco>'), defaultValue='<eco>')
    assert inputOf(variable) == (
        'data-type="string"><option>off</option><option selected>&lt;eco&gt;</option></select>'
    )


def test_white_space_of_a_choice_is_sent_as_it_is() -> None:
    """A browser strips and collapses it in the text of an option."""
    variable = upnp.StateVariable(name='Mode', allowedValueList=('a b', ' "on" ', 'a  b'))
    assert inputOf(variable) == (
        'data-type="string"><option selected>a b</option><option value=" &quot;on&quot; "> &quot;on&quot; </option>'
        '<option value="a  b">a  b</option></select>'
    )


@pytest.mark.parametrize(
    ('dataType', 'default', 'expected'),
    [
        ('string', 'hello', 'type="text" value="hello">'),
        ('string', None, 'type="text">'),
        ('ui1', 5, 'type="number" min="0" max="255" step="1" value="5">'),
        ('ui1', None, 'type="number" min="0" max="255" step="1" value="0">'),
        ('dateTime', None, 'type="datetime-local" step="1">'),
        ('uuid', None, 'type="text">'),
        ('boolean', True, 'type="checkbox" role="switch" checked>'),
    ],
)
def test_an_argument_with_a_type_of_its_own_begins_with_its_default(
    dataType: str, default: upnp.StateVariable, expected: str
) -> None:
    variable = upnp.StateVariable(name='A_ARG_TYPE_New', dataType=dataType, defaultValue=default)
    assert inputOf(variable) == f'data-type="{dataType}" {expected}'


def test_a_value_that_cannot_be_told_is_no_beginning() -> None:
    """Somebody changes the variable, and is not done."""
    switch = Switch()
    switch.Target = True
    pieces = list(actionForm(switch, switch.actions['SetTarget'], 's0-0'))
    switch.stateVariables['Target'].dataType = 'ui1'
    assert [piece() for piece in pieces if not isinstance(piece, str)] == ['']


class Callable_:
    """What is called, and is no function."""

    def __call__(self) -> None:
        """Not shown."""


def noted(text: object) -> Callable[[], None]:
    """A function with a docstring."""

    def function() -> None:
        pass

    function.__doc__ = text  # type: ignore[assignment]
    return function


@pytest.mark.parametrize(
    ('function', 'expected'),
    [
        (noted('One.'), 'One.'),
        (noted('  One\n    and two.\n\n    Three.'), 'One and two.'),
        (noted('\r\nOne.\r\n\r\nTwo.'), 'One.'),
        (noted(''), ''),
        (noted(None), ''),
        (noted(7), ''),
        (noted('what no page can show: \0'), ''),
        (Switch().SetTarget, 'Switch it on or off.'),
        (functools.partial(noted('One.')), ''),
        (print, ''),
        (Callable_(), ''),
        (Callable_, ''),
        (None, ''),
    ],
)
def test_a_function_is_explained_by_the_first_paragraph_of_its_docstring(function: object, expected: str) -> None:
    assert explanation(function) == expected


class Shown(HTMLParser):
    """The text between tags, the tags, and the values of attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ''
        self.tags: list[str] = []
        self.values: list[str | None] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append(tag)
        self.values.extend(value for _, value in attrs)

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data


@pytest.mark.parametrize('text', ['<script>alert(1)</script>', '</form>', '"><b>', '&lt;', "'onload='", '{name}'])
def test_what_a_service_says_is_shown_and_never_obeyed(text: str) -> None:
    service = upnp.Service(serviceType='a')
    service.stateVariables = [  # type: ignore[assignment]
        {'name': 'Mode', 'allowedValueList': (text, 'b')},
        {'name': 'Note', 'defaultValue': text},
    ]
    service.actions = [  # type: ignore[assignment]
        {
            'name': 'Set',
            'function': lambda Mode, Note: None,
            'arguments': [{'name': name, 'relatedStateVariable': name} for name in ('Mode', 'Note')],
        }
    ]
    service.actions['Set'].function.__doc__ = text  # type: ignore[union-attr]
    shown = Shown(html(service, 'Set'))
    assert shown.text.split() == [text, 'Mode', text + 'b', 'Note', 'Set']
    assert shown.values.count(text) == 1
    assert shown.tags == [
        *('form', 'fieldset', 'p', 'div', 'label', 'select', 'option', 'option', 'div', 'label', 'input', 'button'),
        *('p', 'div'),
    ]
