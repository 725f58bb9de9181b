"""SOAP: what callers write is understood or refused with its code; what we write is exact to the byte."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import upnp
from upnp import ActionError, Limits, MessageError
from upnp.control import soap

SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:1'
RENDERING = 'urn:schemas-upnp-org:service:RenderingControl:2'
TRANSPORT = 'urn:schemas-upnp-org:service:AVTransport:1'
DIRECTORY = 'urn:schemas-upnp-org:service:ContentDirectory:3'
GATEWAY = 'urn:schemas-upnp-org:service:WANIPConnection:1'
CONTROL = 'urn:schemas-upnp-org:control-1-0'
ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/'
ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/'
METADATA = '<DIDL-Lite><item id="1"/></DIDL-Lite>'


def serviceOf(
    serviceType: str, actions: Mapping[str, Mapping[str, str]], **variables: Mapping[str, object]
) -> upnp.Service:
    """A service; each action has its in arguments with the names of their state variables."""
    return upnp.Service(
        serviceType=serviceType,
        stateVariables=[{'name': name, **elements} for name, elements in variables.items()],
        actions=[
            {
                'name': action,
                'arguments': [{'name': name, 'relatedStateVariable': related} for name, related in inputs.items()],
            }
            for action, inputs in actions.items()
        ],
    )


def camera(**elements: object) -> upnp.Service:
    """A service with a variable of many a kind, the in arguments of one action and the out arguments of another."""
    variables = [
        {'name': 'Text', 'sendEvents': True},
        {'name': 'Number', 'dataType': 'ui1', 'allowedValueRange': (0, 100, 5)},
        {'name': 'Mode', 'allowedValueList': ['on', 'off', ' odd ']},
        {'name': 'Day', 'dataType': 'date'},
        {'name': 'A_ARG_TYPE_Share', 'dataType': 'r8'},
    ]
    names = [('text', 'Text'), ('number', 'Number'), ('mode', 'Mode'), ('day', 'Day')]
    arguments = {
        way: [{'name': name, 'relatedStateVariable': related, 'direction': way} for name, related in names]
        for way in ('in', 'out')
    }
    share = {'name': 'share', 'relatedStateVariable': 'A_ARG_TYPE_Share'}
    actions = [
        {'name': 'Set', 'arguments': arguments['in']},
        {'name': 'Get', 'arguments': arguments['out']},
        {'name': 'GetText', 'arguments': arguments['out'][:1]},
        {'name': 'SetShare', 'arguments': [share]},
        {'name': 'Stop'},
    ]
    return upnp.Service({'serviceType': CAMERA, 'stateVariables': variables, 'actions': actions, **elements})


CAMERA = 'urn:exemple-org:service:camera:2'
VALUES = {'text': 'a', 'number': 5, 'mode': 'on', 'day': date(2024, 2, 29)}
ARGUMENTS = '<text>a</text><number>5</number><mode>on</mode><day>2024-02-29</day>'
BODY = f"""<?xml version="1.0"?>
<s:Envelope xmlns:s="{ENVELOPE}" s:encodingStyle="{ENCODING}">
<s:Body><u:Set xmlns:u="{CAMERA}">{ARGUMENTS}</u:Set></s:Body>
</s:Envelope>"""


def called(body: str | bytes = BODY, soapAction: str | None = None) -> soap.ActionCall:
    """Parse a call of the camera's action."""
    content = body if isinstance(body, bytes) else body.encode()
    call = soap.parseCall(camera(), f'"{CAMERA}#Set"' if soapAction is None else soapAction, content)
    assert isinstance(call, soap.ActionCall)
    return call


def envelope(content: str) -> str:
    """An envelope with something in its Body."""
    return f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{content}</s:Body></s:Envelope>'


# What is understood


def test_a_call_has_the_service_the_action_the_type_and_the_values() -> None:
    service = camera()
    call = soap.parseCall(service, f'"{CAMERA}#Set"', BODY.encode())
    assert call == soap.ActionCall(service, service.actions['Set'], CAMERA, VALUES)
    assert call.service is service
    assert list(call.values) == list(VALUES)


@pytest.mark.parametrize(
    'soapAction',
    [
        *(f'"{CAMERA}#Set"', f'{CAMERA}#Set', f"'{CAMERA}#Set'", f' \t"{CAMERA}#Set" ', f'" {CAMERA}#Set "'),
        *(f'"{CAMERA}#Set', f'{CAMERA}#Set"', f'""{CAMERA}#Set""', f'"{CAMERA[:-1]}1#Set"'),
    ],
)
def test_the_header_may_be_quoted_in_any_way(soapAction: str) -> None:
    """UDA 1.1 §3.2.1 has double quotes; many a caller has none."""
    assert called(soapAction=soapAction).values == VALUES


SPREAD = ''.join(f'\n\t<!-- a --><?b c?>{line}' for line in ARGUMENTS.replace('><', '>\n<').splitlines())
LIBERTIES = {
    'another prefix': BODY.replace('<s:', '<E:').replace('</s:', '</E:').replace(' s:', ' E:').replace(':s=', ':E='),
    'another prefix of the action': BODY.replace('u:', 'm:').replace(':u=', ':m='),
    'no prefix of the envelope': BODY.replace('s:encodingStyle', 'encodingStyle')
    .replace('xmlns:s=', 'xmlns=')
    .replace('<s:', '<')
    .replace('</s:', '</'),
    'no prefix of the action': BODY.replace('u:', '').replace(':u=', '='),
    'prefix of the action declared outside': BODY.replace(f' xmlns:u="{CAMERA}"', '').replace(
        ' xmlns:s', f' xmlns:u="{CAMERA}" xmlns:s'
    ),
    'no encodingStyle': BODY.replace(f' s:encodingStyle="{ENCODING}"', ''),
    'no declaration': BODY.partition('?>')[2].lstrip(),
    'one line': BODY.replace('\n', ''),
    'lines of CR LF': BODY.replace('\n', '\r\n'),
    'types of the arguments': BODY.replace(
        '<text>', '<text xmlns:d="urn:schemas-microsoft-com:datatypes" d:dt="string">'
    ),
    'prefix of the arguments': BODY.replace('<text>', '<u:text>').replace('</text>', '</u:text>'),
    'another order': BODY.replace('<text>a</text>', '').replace('</u:Set>', '<text>a</text></u:Set>'),
    'more arguments than asked for': BODY.replace('<text>', '<other>a</other><text>').replace(
        '</day>', '</day><other2><b/></other2>'
    ),
    'comments, instructions, white space': BODY.replace(ARGUMENTS, f'{SPREAD}\n'),
    'comments in values': BODY.replace('>5<', '><!-- -->5<!-- --><').replace('>a<', '><!-- -->a<?b?><'),
    'CDATA': BODY.replace('>a<', '><![CDATA[a]]><').replace('>5<', '><![CDATA[5]]><'),
    'character references': BODY.replace('>a<', '>&#x61;<').replace('>5<', '>&#53;<'),
    'white space around typed values': BODY.replace('>5<', '> \r\n5\t<').replace('29<', '29 <').replace('>20', '>\n20'),
    'white space around a listed value': BODY.replace('>on<', '>\n on \n<'),
    'signs and leading zeros': BODY.replace('>5<', '>+005<'),
    'an empty Header': BODY.replace('<s:Body>', '<s:Header/><s:Body>'),
    'a Header': BODY.replace('<s:Body>', '<s:Header><t:a xmlns:t="urn:t"><b/></t:a></s:Header><s:Body>'),
    'other elements around the Body': BODY.replace('<s:Body>', '<a/><Body xmlns="urn:t"><b/></Body><s:Body>'),
    'an element behind the call': BODY.replace('</u:Set>', '</u:Set><multiRef xmlns="urn:t"/>'),
    'an element behind the Body': BODY.replace('</s:Body>', '</s:Body><t:a xmlns:t="urn:t"/>'),
    'an empty Body before': BODY.replace('<s:Body>', '<s:Body/><s:Body>'),
    'a byte order mark': '\ufeff' + BODY,
}


@pytest.mark.parametrize('body', LIBERTIES.values(), ids=LIBERTIES)
def test_the_form_of_a_call_matters_little(body: str) -> None:
    """UDA 1.1 §3.2.1: any legal XML; and what callers in the field do beyond."""
    assert body != BODY
    call = called(body)
    assert (call.values, call.serviceType) == (VALUES, CAMERA)


def test_a_call_may_come_in_utf_16() -> None:
    assert called(BODY.encode('utf-16')).values == VALUES


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        *(
            ('', ''),
            (' a\n', ' a\n'),
            ('&lt;b&gt;&amp;&quot;', '<b>&"'),
            ('<![CDATA[<b/>]]>', '<b/>'),
            ('{host}', '{host}'),
        ),
        *(('a<!-- -->b', 'ab'), ('&#13;\n', '\r\n'), ('\r\n', '\n'), ('é\U0001f600', 'é\U0001f600')),
    ],
)
def test_a_text_comes_as_it_was_written(text: str, value: str) -> None:
    assert called(BODY.replace('>a<', f'>{text}<')).values['text'] == value


def test_a_listed_value_with_white_space_of_its_own_is_found() -> None:
    assert called(BODY.replace('>on<', '> odd <')).values['mode'] == ' odd '


@pytest.mark.parametrize(
    ('own', 'asked'),
    [
        ('urn:a:service:b:3', 'urn:a:service:b:3'),
        ('urn:a:service:b:3', 'urn:a:service:b:1'),
        ('urn:a:service:b', 'urn:a:service:b'),
        ('sadmin-fr:service:dummy', 'sadmin-fr:service:dummy'),
    ],
)
def test_a_lower_version_is_served_and_answered_under_its_name(own: str, asked: str) -> None:
    """UDA 1.1 §2.5.5, §3.2.2."""
    body = envelope(f'<u:Stop xmlns:u="{asked}"/>').encode()
    call = soap.parseCall(camera(serviceType=own), f'"{asked}#Stop"', body)
    assert isinstance(call, soap.ActionCall)
    assert call.serviceType == asked
    assert f'xmlns:u="{asked}"'.encode() in soap.renderResult(call, None)


class Mode(Enum):
    """What a member is called is not what travels."""

    ON = 'on'
    OFF = 'off'


def test_an_enum_comes_as_its_member() -> None:
    service = serviceOf(CAMERA, {'Set': {'mode': 'Mode'}}, Mode={'dataType': Mode})
    body = envelope(f'<u:Set xmlns:u="{CAMERA}"><mode> off</mode></u:Set>').encode()
    call = soap.parseCall(service, f'{CAMERA}#Set', body)
    assert isinstance(call, soap.ActionCall)
    assert call.values == {'mode': Mode.OFF}


# What is refused


BAD_HEADERS = ['', '""', '#', '"#"', 'Set', f'"{CAMERA}"', f'"{CAMERA}#"', '"#Set"', '\0', 'a' * 9999]


@pytest.mark.parametrize('soapAction', BAD_HEADERS, ids=range(len(BAD_HEADERS)))
def test_a_header_that_names_no_action_is_no_call(soapAction: str) -> None:
    with pytest.raises(MessageError, match='SOAPACTION') as caught:
        called(soapAction=soapAction)
    assert caught.value.status == 400
    assert len(str(caught.value)) < 200


NO_CALLS = {
    'nothing': '',
    'no XML': 'Set(a)',
    'cut off': BODY[:-9],
    'a document type': BODY.replace('?>', '?><!DOCTYPE a>', 1),
    'another document': '<root/>',
    'no namespace': BODY.replace(f' xmlns:s="{ENVELOPE}"', '').replace('s:', ''),
    'SOAP 1.2': BODY.replace(ENVELOPE, 'http://www.w3.org/2003/05/soap-envelope'),
    'another root': BODY.replace('s:Envelope', 's:Body'),
    'no Body': envelope('').replace('<s:Body></s:Body>', ''),
    'an empty Body': envelope(''),
    'a Body of text': envelope('Set'),
    'a Body of another namespace': BODY.replace('s:Body', 'Body'),
    'a Header alone': envelope('').replace('Body', 'Header'),
    'too deep': envelope('<a>' * 31 + '</a>' * 31),
}


@pytest.mark.parametrize('body', NO_CALLS.values(), ids=NO_CALLS)
def test_what_is_no_envelope_with_a_call_is_no_call(body: str) -> None:
    """SOAP 1.1 §4.1."""
    with pytest.raises(MessageError) as caught:
        called(body)
    assert caught.value.status == 400


def test_limits_other_than_the_default_are_kept() -> None:
    with pytest.raises(MessageError, match='deeper than 3'):
        soap.parseCall(camera(), f'{CAMERA}#Set', BODY.encode(), Limits(maxXmlDepth=3))


INVALID_ACTIONS = [
    (BODY, f'{CAMERA}#Get', 'SOAPACTION names another'),
    (BODY, f'{CAMERA}#set', 'SOAPACTION names another'),
    (BODY, f'{SWITCH}#Set', f'service here is {CAMERA!r}'),
    (BODY, f'{CAMERA[:-1]}3#Set', f'service here is {CAMERA!r}'),
    (BODY, f'{CAMERA[:-2]}#Set', f'service here is {CAMERA!r}'),
    (BODY, 'x#Set', f'service here is {CAMERA!r}'),
    (BODY, f'{CONTROL}#Set', f'service here is {CAMERA!r}'),
    (BODY.replace(CAMERA, SWITCH), f'{CAMERA}#Set', f'service here is {CAMERA!r}'),
    (BODY.replace(CAMERA, CAMERA[:-1] + '3'), f'{CAMERA}#Set', f'service here is {CAMERA!r}'),
    (BODY.replace(CAMERA, CAMERA[:-1] + '0'), f'{CAMERA}#Set', f'service here is {CAMERA!r}'),
    (BODY.replace(CAMERA, CAMERA.upper()), f'{CAMERA}#Set', f'service here is {CAMERA!r}'),
    (BODY.replace(f' xmlns:u="{CAMERA}"', '').replace('u:', ''), f'{CAMERA}#Set', f'service here is {CAMERA!r}'),
    (BODY.replace('u:Set', 'u:Go'), f'{CAMERA}#Go', "there is no 'Go' here"),
    (BODY.replace('u:Set', 'u:set'), f'{CAMERA}#set', "there is no 'set' here"),
    (envelope('<s:Fault/>'), f'{ENVELOPE}#Fault', f'service here is {CAMERA!r}'),
    (BODY.replace('u:Set', f'u:{"G" * 5000}'), f'{CAMERA}#{"G" * 5000}', f"there is no '{'G' * 80}' here"),
    (BODY.replace('u:Set', f'u:{"G" * 5000}'), f'{CAMERA}#Set', f"'{'G' * 80}' is called, and"),
]


@pytest.mark.parametrize(('body', 'soapAction', 'says'), INVALID_ACTIONS, ids=range(len(INVALID_ACTIONS)))
def test_what_is_no_action_here_is_told_401(body: str, soapAction: str, says: str) -> None:
    """UDA 1.1 §3.2.5."""
    with pytest.raises(ActionError) as caught:
        called(body, soapAction)
    assert caught.value.code == 401
    assert caught.value.description.startswith('Invalid Action: ')
    assert says in caught.value.description


INVALID_ARGUMENTS = [
    ('<text>a</text>', '', 402, 'text is missing'),
    (ARGUMENTS, '', 402, 'text is missing'),
    ('text>', 'Text>', 402, 'text is missing'),
    ('<text>a</text>', '<text>a</text><text>a</text>', 402, 'text is there twice'),
    ('<text>', '<other/><other/><text>', 402, 'other is there twice'),
    ('>a<', '><b>a</b><', 402, 'text has elements inside'),
    ('>5<', '><![CDATA[5]]><b/><', 402, 'number has elements inside'),
    ('>5<', '><', 402, "number: '' is not a whole number"),
    ('>5<', '>5.0<', 402, "number: '5.0' is not a whole number"),
    ('>5<', '>0x5<', 402, "number: '0x5' is not a whole number"),
    ('>5<', '>\u0665<', 402, "number: '\u0665' is not a whole number"),
    ('>5<', f'>{"x" * 9999}<', 402, f"number: '{'x' * 76}... is not a whole number"),
    ('29<', '29T00:00:00<', 402, "day: '2024-02-29T00:00:00' is not of the form"),
    ('2024', '2023', 600, "day: '2023-02-29' is not a moment that exists"),
    ('>5<', '>105<', 601, 'number: 105 is not at most 100'),
    ('>5<', '>-5<', 601, 'number: -5 is not from 0 to 255'),
    ('>5<', '>256<', 601, 'number: 256 is not from 0 to 255'),
    ('>5<', '>6<', 601, 'number: 6 is not a multiple of 5 from 0'),
    ('>on<', '>ON<', 601, "mode: 'ON' is not one of 'on', 'off', ' odd '"),
    ('>on<', '><', 601, "mode: '' is not one of"),
]


@pytest.mark.parametrize(('former', 'latter', 'code', 'says'), INVALID_ARGUMENTS, ids=range(len(INVALID_ARGUMENTS)))
def test_an_argument_that_is_not_allowed_is_told_with_its_code(former: str, latter: str, code: int, says: str) -> None:
    """UDA 1.1 §3.2.5."""
    begins = {402: 'Invalid Args: ', 600: 'Argument Value Invalid: ', 601: 'Argument Value Out of Range: '}
    with pytest.raises(ActionError) as caught:
        called(BODY.replace(former, latter))
    assert caught.value.code == code
    assert caught.value.description.startswith(begins[code] + says)
    assert len(caught.value.description) < 256


@pytest.mark.parametrize(
    ('text', 'code'), [('0.5', 0), ('NaN', 600), ('-INF', 600), ('1e999', 601), ('1,5', 402), ('', 402), ('1_0', 402)]
)
def test_a_number_that_is_none_is_told_with_its_code(text: str, code: int) -> None:
    body = envelope(f'<u:SetShare xmlns:u="{CAMERA}"><share>{text}</share></u:SetShare>')
    if not code:
        assert called(body, f'{CAMERA}#SetShare').values == {'share': 0.5}
        return
    with pytest.raises(ActionError) as caught:
        called(body, f'{CAMERA}#SetShare')
    assert caught.value.code == code


MUST = f'<a s:mustUnderstand="1" s:actor="{soap.NEXT_ACTOR}"/>'


@pytest.mark.parametrize('entry', [MUST, '<a s:mustUnderstand="1"/>', '<a s:mustUnderstand=" 1 "/>', f'<b/>{MUST}'])
def test_a_header_entry_that_has_to_be_understood_is_not(entry: str) -> None:
    """SOAP 1.1 §4.2.3."""
    with pytest.raises(ActionError, match="the header entry 'a' is not understood") as caught:
        called(BODY.replace('<s:Body>', f'<s:Header>{entry}</s:Header><s:Body>'))
    assert caught.value.code == 501
    assert b'<faultcode>s:MustUnderstand</faultcode>' in soap.renderFault(caught.value)


@pytest.mark.parametrize(
    'entry',
    [
        *(
            '<a s:mustUnderstand="0"/>',
            '<a s:mustUnderstand=""/>',
            '<a mustUnderstand="1"/>',
            '<a><b s:mustUnderstand="1"/></a>',
        ),
        *('<a s:mustUnderstand="1" s:actor="urn:t"/>', '<a s:mustUnderstand="1" s:actor=""/>', 'text'),
        '<a xmlns:t="urn:t" t:mustUnderstand="1"/>',
    ],
)
def test_other_header_entries_are_skipped(entry: str) -> None:
    """SOAP 1.1 §4.2.2, §4.2.3."""
    assert called(BODY.replace('<s:Body>', f'<s:Header>{entry}</s:Header><s:Body>')).values == VALUES


TRICKY = st.sampled_from(
    ['<', '>', '</', '/>', '"', 's:', 'u:', 'xmlns', '=', '&', '&#0;', '<!DOCTYPE', '{', '\0', 'é', '<a/>']
)


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.integers(0, len(BODY)),
    st.integers(0, 30),
    st.one_of(TRICKY, st.binary(max_size=8).map(lambda b: b.decode('latin-1'))),
)
def test_a_spoilt_call_is_understood_or_refused(start: int, length: int, put: str) -> None:
    with suppress(MessageError, ActionError):
        called(BODY[:start] + put + BODY[start + length :])


# Queries


def queried(name: str, service: upnp.Service) -> soap.VariableQuery:
    """Ask a service for a state variable."""
    body = envelope(f'<u:QueryStateVariable xmlns:u="{CONTROL}">{name}</u:QueryStateVariable>').encode()
    query = soap.parseCall(service, f'"{CONTROL}#QueryStateVariable"', body)
    assert isinstance(query, soap.VariableQuery)
    return query


VALUE = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    b'<u:QueryStateVariableResponse xmlns:u="urn:schemas-upnp-org:control-1-0"><return>a &lt;b&gt;</return>'
    b'</u:QueryStateVariableResponse></s:Body></s:Envelope>\n'
)


@pytest.mark.parametrize(
    'name', ['<u:varName>Text</u:varName>', '<varName> Text\n</varName>', '<a/><varName>Text</varName>']
)
def test_a_state_variable_can_be_asked_for(name: str) -> None:
    """UDA 1.0 §3.3."""
    service = camera()
    service.stateVariables['Text'].value = 'a <b>'
    query = queried(name, service)
    assert query.variable is service.stateVariables['Text']
    assert soap.renderValue(query) == VALUE


@pytest.mark.parametrize(
    ('variable', 'value', 'text'),
    [('Number', 5, '5'), ('Day', date(2024, 2, 29), '2024-02-29'), ('Mode', None, 'on'), ('Text', None, '')],
)
def test_the_answer_to_a_query_has_the_form_of_the_type(variable: str, value: object, text: str) -> None:
    service = camera()
    if value is not None:
        service.stateVariables[variable].value = value
    answer = soap.renderValue(queried(f'<varName>{variable}</varName>', service))
    assert ElementTree.fromstring(answer).findtext('.//return') == text


def test_a_member_of_an_enum_is_answered_as_it_travels() -> None:
    service = serviceOf(CAMERA, {}, Mode={'dataType': Mode, 'value': Mode.OFF})
    assert b'<return>off</return>' in soap.renderValue(queried('<varName>Mode</varName>', service))


@pytest.mark.parametrize(
    'name',
    [
        *('', '<varName/>', '<varName>text</varName>', '<varname>Text</varname>', '<varName>Get</varName>'),
        *('<varName>A_ARG_TYPE_Share</varName>', f'<varName>{"x" * 9999}</varName>', '<varName><b>Text</b></varName>'),
    ],
    ids=range(8),
)
def test_a_variable_that_is_not_there_is_told_404(name: str) -> None:
    """UDA 1.0 §3.3; an A_ARG_TYPE variable has no value (UDA 1.1 §2.5)."""
    with pytest.raises(ActionError, match='Invalid Var') as caught:
        queried(name, camera())
    assert caught.value.code == 404
    assert len(caught.value.description) < 256


@pytest.mark.parametrize('namespace', [CAMERA, 'urn:t'])
def test_a_query_under_another_namespace_is_told_401(namespace: str) -> None:
    body = envelope(f'<u:QueryStateVariable xmlns:u="{namespace}"><varName>Text</varName></u:QueryStateVariable>')
    for soapAction in (f'{namespace}#QueryStateVariable', f'{CONTROL}#QueryStateVariable'):
        with pytest.raises(ActionError) as caught:
            called(body, soapAction)
        assert caught.value.code == 401


def test_a_value_that_xml_cannot_carry_is_refused_when_it_is_set() -> None:
    service = camera()
    with pytest.raises(ValueError, match="'Text' of type string: XML cannot carry"):
        service.stateVariables['Text'].value = 'a\0'
    assert b'<return></return>' in soap.renderValue(queried('<varName>Text</varName>', service))


# Results


RESULT = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    b'<u:GetResponse xmlns:u="urn:exemple-org:service:camera:1">'
    b'<text>Tom &amp; &lt;Jerry&gt; \xc3\xa9</text><number>5</number><mode>off</mode><day>2024-02-29</day>'
    b'</u:GetResponse></s:Body></s:Envelope>\n'
)
EMPTY_RESULT = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    b'<u:StopResponse xmlns:u="urn:exemple-org:service:camera:1"></u:StopResponse></s:Body></s:Envelope>\n'
)


def rendered(action: str, result: object) -> bytes:
    """The response to a call of an action under the lower version."""
    service = camera()
    return soap.renderResult(soap.ActionCall(service, service.actions[action], CAMERA[:-1] + '1', {}), result)


class Tuple(NamedTuple):
    """Outputs in order."""

    text: str
    number: int
    mode: str
    day: date


@dataclass
class Record:
    """Outputs by name, in another order, and something beside them."""

    day: date
    mode: str
    number: int
    text: str
    other: int = 0


JERRY, DAY = 'Tom & <Jerry> é', date(2024, 2, 29)
RESULTS = {
    'tuple': (JERRY, 5, 'off', DAY),
    'NamedTuple': Tuple(JERRY, 5, 'off', DAY),
    'dict': {'day': DAY, 'mode': 'off', 'number': 5, 'text': JERRY},
    'dataclass': Record(DAY, 'off', 5, JERRY),
    'tuple with a member of an Enum': (JERRY, 5, Mode.OFF, DAY),
}


@pytest.mark.parametrize('result', RESULTS.values(), ids=RESULTS)
def test_a_result_is_rendered_to_the_byte(result: object) -> None:
    """UDA 1.1 §3.2.2: in the order of the SCPD, under the version that was called."""
    assert rendered('Get', result) == RESULT


@pytest.mark.parametrize('result', [None, 5, (), (1, 2), {'a': 1}, 'a', object()], ids=repr)
def test_an_action_without_out_arguments_has_an_empty_response(result: object) -> None:
    """UDA 1.1 §3.2.2; what its function returns is nobody's."""
    assert rendered('Stop', result) == EMPTY_RESULT


@dataclass
class One:
    """An output."""

    text: str


@pytest.mark.parametrize('result', ['a', ('a',), {'text': 'a'}, One('a')], ids=repr)
def test_one_out_argument_may_be_returned_bare(result: object) -> None:
    assert b'<text>a</text></u:GetTextResponse>' in rendered('GetText', result)


@pytest.mark.parametrize('text', ['', ' a\n', '<&>"\'', ']]>', 'a\r\nb', '{host}', 'é\U0001f600', '\x7f\x85\u2028'])
def test_a_caller_reads_the_text_that_was_returned(text: str) -> None:
    element = ElementTree.fromstring(rendered('GetText', text)).find('.//text')
    assert element is not None
    assert (element.text or '') == text


WRONG_RESULTS = [
    ('Get', None, TypeError, 'it returned None, and 4 values are wanted: text, number, mode, day'),
    ('Get', (), TypeError, 'it returned (), and 4 values are wanted'),
    ('Get', ('a', 5, 'on'), TypeError, "it returned ('a', 5, 'on'), and 4 values are wanted"),
    ('Get', ('a', 5, 'on', DAY, 1), TypeError, "it returned ('a', 5, 'on', datetime.date(2024, 2, 29), 1), and"),
    ('Get', ['a', 5, 'on', DAY], TypeError, "it returned ['a', 5, 'on', "),
    ('Get', {'text': 'a'}, TypeError, "it returned ['text'], and"),
    ('Get', {**VALUES, 'other': 1}, TypeError, "it returned ['day', 'mode', 'number', 'other', 'text'], and"),
    ('Get', {1: 'a'}, TypeError, "it returned ['1'], and"),
    ('Get', One('a'), TypeError, "it returned ['text'], and"),
    ('GetText', (), TypeError, 'it returned (), and'),
    ('GetText', ('a', 'b'), TypeError, "it returned ('a', 'b'), and"),
    ('GetText', {}, TypeError, 'it returned [], and'),
    ('GetText', None, TypeError, "out argument 'text': state variable 'Text' of type string: None is not a str"),
    ('GetText', 5, TypeError, "out argument 'text': state variable 'Text' of type string: 5 is not a str"),
    ('GetText', One, TypeError, "out argument 'text': state variable 'Text' of type string: "),
    ('GetText', 'a\0', ValueError, "out argument 'text': state variable 'Text' of type string: XML cannot carry"),
    ('GetText', '\ud800', ValueError, "out argument 'text': state variable 'Text' of type string: XML cannot carry"),
    ('Get', ('a', '5', 'on', DAY), TypeError, "out argument 'number': state variable 'Number' of type ui1: '5' is not"),
    ('Get', ('a', Decimal(5), 'on', DAY), TypeError, "out argument 'number': "),
    (
        'Get',
        ('a', 300, 'on', DAY),
        ValueError,
        "out argument 'number': state variable 'Number' of type ui1: 300 is not",
    ),
    ('Get', ('a', 105, 'on', DAY), ValueError, "out argument 'number': "),
    ('Get', ('a', 5, 'ON', DAY), ValueError, "out argument 'mode': state variable 'Mode' of type string: 'ON' is not"),
    ('Get', ('a', 5, 'on', '2024-02-29'), TypeError, "out argument 'day': "),
]


def test_an_argument_whose_state_variable_was_taken_away_fails() -> None:
    """As long as the change is not announced, callers go by the former description."""
    service = camera()
    get = soap.ActionCall(service, service.actions['GetText'], CAMERA, {})
    del service.stateVariables[0]
    for call in (lambda: soap.parseCall(service, f'{CAMERA}#Set', BODY.encode()), lambda: soap.renderResult(get, 'a')):
        with pytest.raises(ActionError, match='Action Failed: text has no type') as caught:
            call()
        assert caught.value.code == 501


@pytest.mark.parametrize(('action', 'result', 'kind', 'begin'), WRONG_RESULTS, ids=range(len(WRONG_RESULTS)))
def test_a_wrong_result_is_told_with_its_argument(
    action: str, result: object, kind: type[Exception], begin: str
) -> None:
    with pytest.raises(kind) as caught:
        rendered(action, result)
    assert str(caught.value).startswith(begin)


# Faults


FAULT = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    b'<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>'
    b'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0">'
    b'<errorCode>701</errorCode><errorDescription>No such preset &lt;&amp;&gt; \xc3\xa9</errorDescription>'
    b'</UPnPError></detail></s:Fault></s:Body></s:Envelope>\n'
)
MUST_UNDERSTAND = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    b'<s:Fault><faultcode>s:MustUnderstand</faultcode><faultstring>UPnPError</faultstring><detail>'
    b'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0">'
    b'<errorCode>501</errorCode><errorDescription>the header entry &quot;a&quot;</errorDescription>'
    b'</UPnPError></detail></s:Fault></s:Body></s:Envelope>\n'
)


def test_a_fault_is_rendered_to_the_byte() -> None:
    """UDA 1.1 §3.2.5, SOAP 1.1 §4.4."""
    assert soap.renderFault(ActionError(701, 'No such preset <&> é')) == FAULT
    assert soap.renderFault(soap.NotUnderstood(501, 'the header entry "a"')) == MUST_UNDERSTAND


@pytest.mark.parametrize(
    ('description', 'text'),
    [
        ('', 'Action Failed'),
        ('a\0b\x1b\ud800\uffffc', 'a?b???c'),
        ('\0' * 3, '???'),
        ('{code} {host} %s', '{code} {host} %s'),
        ('<b>&amp;', '<b>&amp;'),
        (' a\n', ' a\n'),
        ('x' * 5000, 'x' * 5000),
    ],
)
def test_any_description_can_be_told(description: str, text: str) -> None:
    """UDA 1.1 §3.2.5 requires one."""
    fault = ElementTree.fromstring(soap.renderFault(ActionError(501, description)))
    assert fault.findtext(f'.//{{{CONTROL}}}errorDescription') == text
    assert fault.findtext(f'.//{{{CONTROL}}}errorCode') == '501'


# Callers in the field: written after the form that each is known to send


def light() -> upnp.Service:
    """SwitchPower:1."""
    actions = {'SetTarget': {'newTargetValue': 'Target'}, 'GetStatus': {}}
    return serviceOf(SWITCH, actions, Target={'dataType': 'boolean'}, Status={'dataType': 'boolean'})


def renderer() -> upnp.Service:
    """A part of RenderingControl:2."""
    return serviceOf(
        RENDERING,
        {
            'SetVolume': {
                'InstanceID': 'A_ARG_TYPE_InstanceID',
                'Channel': 'A_ARG_TYPE_Channel',
                'DesiredVolume': 'Volume',
            }
        },
        A_ARG_TYPE_InstanceID={'dataType': 'ui4'},
        A_ARG_TYPE_Channel={'allowedValueList': ['Master', 'LF', 'RF']},
        Volume={'dataType': 'ui2', 'allowedValueRange': (0, 100, 1)},
    )


def transport() -> upnp.Service:
    """A part of AVTransport:1."""
    inputs = {'InstanceID': 'A_ARG_TYPE_InstanceID', 'CurrentURI': 'AVTransportURI', 'CurrentURIMetaData': 'MetaData'}
    return serviceOf(
        TRANSPORT,
        {'SetAVTransportURI': inputs, 'Play': {'InstanceID': 'A_ARG_TYPE_InstanceID', 'Speed': 'TransportPlaySpeed'}},
        A_ARG_TYPE_InstanceID={'dataType': 'ui4'},
        AVTransportURI={},
        MetaData={},
        TransportPlaySpeed={'allowedValueList': ['1']},
    )


def directory() -> upnp.Service:
    """A part of ContentDirectory:3."""
    inputs = {
        **{'ObjectID': 'A_ARG_TYPE_ObjectID', 'BrowseFlag': 'A_ARG_TYPE_BrowseFlag', 'Filter': 'A_ARG_TYPE_Filter'},
        **{
            'StartingIndex': 'A_ARG_TYPE_Index',
            'RequestedCount': 'A_ARG_TYPE_Count',
            'SortCriteria': 'A_ARG_TYPE_Sort',
        },
    }
    return serviceOf(
        DIRECTORY,
        {'Browse': inputs},
        A_ARG_TYPE_BrowseFlag={'allowedValueList': ['BrowseMetadata', 'BrowseDirectChildren']},
        **{f'A_ARG_TYPE_{name}': {} for name in ('ObjectID', 'Filter', 'Sort')},
        **{f'A_ARG_TYPE_{name}': {'dataType': 'ui4'} for name in ('Index', 'Count')},
    )


def gateway() -> upnp.Service:
    """A part of WANIPConnection:1."""
    names = {'NewRemoteHost': 'RemoteHost', 'NewExternalPort': 'ExternalPort', 'NewProtocol': 'PortMappingProtocol'}
    return serviceOf(
        GATEWAY,
        {'DeletePortMapping': names, 'GetExternalIPAddress': {}},
        RemoteHost={},
        ExternalPort={'dataType': 'ui2'},
        PortMappingProtocol={'allowedValueList': ['TCP', 'UDP']},
    )


BROWSED = {
    **{'ObjectID': '0', 'BrowseFlag': 'BrowseDirectChildren', 'Filter': '*', 'StartingIndex': 0, 'RequestedCount': 200},
    'SortCriteria': '+dc:title',
}
PLAYED = {'InstanceID': 0, 'CurrentURI': 'http://192.0.2.7/a?b&c', 'CurrentURIMetaData': METADATA}
LOUD = {'InstanceID': 0, 'Channel': 'Master', 'DesiredVolume': 30}
MAPPED = {'NewRemoteHost': '', 'NewExternalPort': 8080, 'NewProtocol': 'TCP'}

CALLERS: dict[str, tuple[Callable[[], upnp.Service], str, str, Mapping[str, object]]] = {
    'GUPnP': (
        light,
        f'"{SWITCH}#SetTarget"',
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:SetTarget xmlns:u="{SWITCH}"><newTargetValue>1</newTargetValue></u:SetTarget></s:Body></s:Envelope>',
        {'newTargetValue': True},
    ),
    'async_upnp_client': (
        renderer,
        f'"{RENDERING}#SetVolume"',
        '<?xml version="1.0"?><s:Envelope s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" '
        f'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:SetVolume xmlns:u="{RENDERING}">'
        '<InstanceID>0</InstanceID><Channel>Master</Channel><DesiredVolume>30</DesiredVolume>'
        '</u:SetVolume></s:Body></s:Envelope>',
        LOUD,
    ),
    'miniupnpc': (
        gateway,
        f'"{GATEWAY}#DeletePortMapping"',
        '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:DeletePortMapping xmlns:u="{GATEWAY}"><NewRemoteHost></NewRemoteHost>'
        '<NewExternalPort>8080</NewExternalPort><NewProtocol>TCP</NewProtocol>'
        '</u:DeletePortMapping></s:Body></s:Envelope>\r\n',
        MAPPED,
    ),
    'miniupnpc without arguments': (
        gateway,
        f'"{GATEWAY}#GetExternalIPAddress"',
        '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:GetExternalIPAddress xmlns:u="{GATEWAY}"></u:GetExternalIPAddress></s:Body></s:Envelope>\r\n',
        {},
    ),
    'Windows control point': (
        light,
        f'"{SWITCH}#SetTarget"',
        '<?xml version="1.0"?>\r\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
        'SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body>'
        f'<m:SetTarget xmlns:m="{SWITCH}"><newTargetValue xmlns:dt="urn:schemas-microsoft-com:datatypes" '
        'dt:dt="boolean">1</newTargetValue></m:SetTarget></SOAP-ENV:Body></SOAP-ENV:Envelope>',
        {'newTargetValue': True},
    ),
    '.NET': (
        directory,
        f'{DIRECTORY}#Browse',
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f'<soap:Body><Browse xmlns="{DIRECTORY}"><ObjectID xmlns="">0</ObjectID>'
        '<BrowseFlag xmlns="">BrowseDirectChildren</BrowseFlag><Filter xmlns="">*</Filter>'
        '<StartingIndex xmlns="">0</StartingIndex><RequestedCount xmlns="">200</RequestedCount>'
        '<SortCriteria xmlns="">+dc:title</SortCriteria></Browse></soap:Body></soap:Envelope>',
        BROWSED,
    ),
    '.NET, default namespace in the arguments': (
        light,
        f'"{SWITCH}#SetTarget"',
        '<?xml version="1.0" encoding="utf-8"?>\r\n'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">\r\n  <soap:Body>\r\n'
        f'    <SetTarget xmlns="{SWITCH}">\r\n      <newTargetValue>True</newTargetValue>\r\n    </SetTarget>\r\n'
        '  </soap:Body>\r\n</soap:Envelope>',
        {'newTargetValue': True},
    ),
    'Intel tools': (
        transport,
        f'"{TRANSPORT}#SetAVTransportURI"',
        '<?xml version="1.0" encoding="utf-8"?>\r\n<s:Envelope s:encodingStyle='
        '"http://schemas.xmlsoap.org/soap/encoding/" xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">\r\n'
        f'   <s:Body>\r\n      <u:SetAVTransportURI xmlns:u="{TRANSPORT}">\r\n         <InstanceID>0</InstanceID>\r\n'
        '         <CurrentURI>http://192.0.2.7/a?b&amp;c</CurrentURI>\r\n         <CurrentURIMetaData>'
        '&lt;DIDL-Lite&gt;&lt;item id="1"/&gt;&lt;/DIDL-Lite&gt;</CurrentURIMetaData>\r\n'
        '      </u:SetAVTransportURI>\r\n   </s:Body>\r\n</s:Envelope>\r\n',
        PLAYED,
    ),
    'old stacks of televisions': (
        renderer,
        f'"{RENDERING[:-1]}1#SetVolume"',
        '<?xml version="1.0"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
        'SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">\n<SOAP-ENV:Body>\n'
        f'<m:SetVolume xmlns:m="{RENDERING[:-1]}1">\n<InstanceID>0</InstanceID>\n<Channel>Master</Channel>\n'
        '<DesiredVolume>30</DesiredVolume>\n</m:SetVolume>\n</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n',
        LOUD,
    ),
    'upnpclient for Python': (
        renderer,
        f'{RENDERING}#SetVolume',
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
        'SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body>'
        f'<m:SetVolume xmlns:m="{RENDERING}"><InstanceID>0</InstanceID><Channel>Master</Channel>'
        '<DesiredVolume>30</DesiredVolume></m:SetVolume></SOAP-ENV:Body></SOAP-ENV:Envelope>',
        LOUD,
    ),
    'Sonos controller': (
        transport,
        f'"{TRANSPORT}#Play"',
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:Play xmlns:u="{TRANSPORT}"><InstanceID>0</InstanceID><Speed>1</Speed></u:Play></s:Body></s:Envelope>',
        {'InstanceID': 0, 'Speed': '1'},
    ),
    'Cling': (
        transport,
        f'"{TRANSPORT}#SetAVTransportURI"',
        '<?xml version="1.0" encoding="utf-8" standalone="no"?><s:Envelope '
        'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:SetAVTransportURI xmlns:u="{TRANSPORT}"><InstanceID>0</InstanceID><CurrentURI>http://192.0.2.7/a?b&amp;c</CurrentURI><CurrentURIMetaData>'
        '&lt;DIDL-Lite&gt;&lt;item id=&quot;1&quot;/&gt;&lt;/DIDL-Lite&gt;</CurrentURIMetaData>'
        '</u:SetAVTransportURI></s:Body></s:Envelope>',
        PLAYED,
    ),
    'VLC by libupnp': (
        directory,
        f'"{DIRECTORY[:-1]}1#Browse"',
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">\n<s:Body>'
        f'<u:Browse xmlns:u="{DIRECTORY[:-1]}1">\n<ObjectID>0</ObjectID>\n'
        '<BrowseFlag>BrowseDirectChildren</BrowseFlag>\n<Filter>*</Filter>\n<StartingIndex>0</StartingIndex>\n<RequestedCount>200</RequestedCount>\n'
        '<SortCriteria>+dc:title</SortCriteria>\n</u:Browse>\n</s:Body>\n</s:Envelope>\n',
        BROWSED,
    ),
    'by hand, with a Header': (
        gateway,
        f"'{GATEWAY}#DeletePortMapping'",
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header><session xmlns="urn:t" '
        'env:mustUnderstand="0">7</session></env:Header><env:Body>'
        f'<DeletePortMapping xmlns="{GATEWAY}"><NewProtocol>TCP</NewProtocol>'
        '<NewExternalPort> 8080 </NewExternalPort><NewRemoteHost/></DeletePortMapping></env:Body></env:Envelope>',
        MAPPED,
    ),
}


@pytest.mark.parametrize(('make', 'soapAction', 'body', 'values'), CALLERS.values(), ids=CALLERS)
def test_callers_in_the_field_are_understood(
    make: Callable[[], upnp.Service], soapAction: str, body: str, values: Mapping[str, object]
) -> None:
    call = soap.parseCall(make(), soapAction, body.encode())
    assert isinstance(call, soap.ActionCall)
    assert call.values == values
    assert call.serviceType in soapAction
