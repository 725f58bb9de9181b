"""What vendors add to a description: Windows' elements and extensions, to the byte, and what is refused."""

from typing import ClassVar
from uuid import UUID
from xml.etree import ElementTree

import pytest

import upnp
from upnp import DescriptionError
from upnp.base.xml import Element, render
from upnp.description.vendor import (
    DEVICE_NAMESPACE,
    WINDOWS_ELEMENTS,
    checkVendorElements,
    vendorElements,
    vendorOddities,
)

PNPX = 'http://schemas.microsoft.com/windows/pnpx/2005/11'
FOUNDATION = 'http://schemas.microsoft.com/windows/2008/09/devicefoundation'
GUID = '00a56575-78FA-40fe-b107-8f4b5043a2b0'
EXAMPLE = 'urn:schemas-example-org:device-1-0'


def described(device: upnp.Device) -> list[str]:
    """The lines that vendors add to a device which passes the checks."""
    checkVendorElements(device, 'device')
    elements = tuple(vendorElements(device))
    ElementTree.fromstring(render(Element('device', elements, {'xmlns': DEVICE_NAMESPACE})))
    return [line for element in elements for line in render(element).splitlines()[1:]]


def extended(*extensions: object) -> upnp.Device:
    """A device with extensions."""
    return upnp.Device(extensions=list(extensions))


# Windows' elements


PNPX_FORMS = [
    ('VEN_0123&DEV_0001&REV_01', 'VEN_0123&amp;DEV_0001&amp;REV_01'),
    ('VEN_0123&DEV_0001 VEN_0123', 'VEN_0123&amp;DEV_0001 VEN_0123'),
    ('\n A\n  B\n', 'A\n  B'),
    (['VEN_0123&DEV_0001', 'VEN_0123'], 'VEN_0123&amp;DEV_0001 VEN_0123'),
    (('HomeAutomation.Lighting', 'Other'), 'HomeAutomation.Lighting Other'),
    (['A'], 'A'),
    (['A', 5], 'A 5'),
    (7, '7'),
]


@pytest.mark.parametrize('name', ['hardwareId', 'compatibleId', 'deviceCategory'])
@pytest.mark.parametrize(('value', 'text'), PNPX_FORMS)
def test_ids_and_categories_are_written_with_spaces_between_them(name: str, value: object, text: str) -> None:
    element = f'pnpx:X_{name}'
    written = '\n'.join(described(upnp.Device({name: value})))
    assert written == f'<{element} xmlns:pnpx="{PNPX}">{text}</{element}>'


@pytest.mark.parametrize('value', [GUID, f'{{{GUID}}}', UUID(GUID)])
def test_a_container_id_is_written_in_braces(value: object) -> None:
    (line,) = described(upnp.Device(containerId=value))
    text = str(value).strip('{}')
    assert line == f'<df:X_containerId xmlns:df="{FOUNDATION}">{{{text}}}</df:X_containerId>'


@pytest.mark.parametrize('value', [None, '', [], (), ' '])
def test_what_is_unset_is_left_out(value: object) -> None:
    assert described(upnp.Device(dict.fromkeys(('hardwareId', 'compatibleId', 'deviceCategory'), value))) == []


@pytest.mark.parametrize('value', [None, ''])
def test_no_container_id_is_left_out(value: object) -> None:
    assert described(upnp.Device(containerId=value)) == []


def test_windows_elements_stand_in_their_order_before_the_extensions() -> None:
    extension = {'namespace': EXAMPLE, 'name': 'X_Floor'}
    device = upnp.Device(
        extensions=[extension], containerId=GUID, deviceCategory='Other', compatibleId='B', hardwareId='A'
    )
    names = [element.name for element in vendorElements(device)]
    assert names == ['pnpx:X_hardwareId', 'pnpx:X_compatibleId', 'pnpx:X_deviceCategory', 'df:X_containerId', 'X_Floor']


def test_a_class_may_say_them_in_its_body() -> None:
    class Lamp(upnp.Device):
        hardwareId: ClassVar[object] = ['A', 'B']
        containerId = GUID

    assert Lamp() == upnp.Device(hardwareId='A B', containerId=GUID)
    assert len(described(Lamp())) == 2


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        ({'hardwareId': ['A', 'B']}, {'hardwareId': 'A B'}),
        ({'deviceCategory': 'Other '}, {'deviceCategory': ('Other',)}),
        ({'compatibleId': ''}, {}),
        ({'containerId': GUID}, {'containerId': f'{{{GUID.upper()}}}'}),
        ({'containerId': UUID(GUID)}, {'containerId': GUID.lower()}),
        ({'containerId': 'wrong'}, {'containerId': 'wrong'}),
    ],
)
def test_devices_that_say_the_same_of_themselves_to_windows_are_equal(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert upnp.Device(one) == upnp.Device(other)


@pytest.mark.parametrize(
    'other',
    [{}, {'hardwareId': 'B'}, {'compatibleId': 'A'}, {'hardwareId': 'A', 'containerId': GUID}, {'hardwareId': b'A'}],
)
def test_devices_that_say_something_else_to_windows_are_not_equal(other: dict[str, object]) -> None:
    assert upnp.Device(hardwareId='A') != upnp.Device(other)


# Extensions


EXTENSIONS = [
    ({'name': 'X_Floor', 'value': '3'}, [f'<X_Floor xmlns="{EXAMPLE}">3</X_Floor>']),
    ({'name': 'X_Floor', 'value': 3}, [f'<X_Floor xmlns="{EXAMPLE}">3</X_Floor>']),
    ({'name': 'x-1.Größe', 'value': 2.5}, [f'<x-1.Größe xmlns="{EXAMPLE}">2.5</x-1.Größe>']),
    ({'name': 'X_Floor', 'value': 0}, [f'<X_Floor xmlns="{EXAMPLE}">0</X_Floor>']),
    ({'name': 'X_Floor'}, [f'<X_Floor xmlns="{EXAMPLE}"/>']),
    ({'name': 'X_Floor', 'value': ''}, [f'<X_Floor xmlns="{EXAMPLE}"/>']),
    ({'name': 'X_Floor', 'prefix': 'ex', 'value': 3}, [f'<ex:X_Floor xmlns:ex="{EXAMPLE}">3</ex:X_Floor>']),
    ({'name': 'a', 'value': '<&">{x}{host}'}, [f'<a xmlns="{EXAMPLE}">&lt;&amp;&quot;&gt;&#123;x}}&#123;host}}</a>']),
    ({'name': 'a', 'value': 'http://{host}/?a&b'}, [f'<a xmlns="{EXAMPLE}">http://{{host}}/?a&amp;b</a>']),
    (
        {'name': 'a', 'namespace': "http://a/?b='c'&d=größe"},
        ['<a xmlns="http://a/?b=\'c\'&amp;d=größe"/>'],
    ),
    (
        {'name': 'a', 'extensions': [{'name': 'b', 'value': 1}, {'name': 'b', 'namespace': EXAMPLE}]},
        [f'<a xmlns="{EXAMPLE}">', '  <b>1</b>', '  <b/>', '</a>'],
    ),
    (
        {
            **{'name': 'a', 'prefix': 'x', 'value': ''},
            'extensions': [
                {'name': 'b', 'extensions': [{'name': 'c', 'value': 1}]},
                {'name': 'd', 'prefix': 'x', 'namespace': EXAMPLE},
                {'name': 'e', 'prefix': 'y', 'extensions': [{'name': 'f'}]},
                {'name': 'g', 'namespace': 'urn:g', 'extensions': [{'name': 'h', 'namespace': EXAMPLE}]},
                {'name': 'i', 'namespace': 'urn:i', 'prefix': 'x', 'extensions': [{'name': 'j'}]},
            ],
        },
        [
            f'<x:a xmlns:x="{EXAMPLE}">',
            '  <x:b>',
            '    <x:c>1</x:c>',
            '  </x:b>',
            '  <x:d/>',
            f'  <y:e xmlns:y="{EXAMPLE}">',
            '    <y:f/>',
            '  </y:e>',
            '  <g xmlns="urn:g">',
            f'    <h xmlns="{EXAMPLE}"/>',
            '  </g>',
            '  <x:i xmlns:x="urn:i">',
            '    <x:j/>',
            '  </x:i>',
            '</x:a>',
        ],
    ),
]


@pytest.mark.parametrize(('elements', 'lines'), EXTENSIONS)
def test_an_extension_is_written_to_the_byte(elements: dict[str, object], lines: list[str]) -> None:
    """UDA 1.1 §2.7: in a namespace of its own."""
    assert described(extended({'namespace': EXAMPLE, **elements})) == lines


def test_extensions_keep_their_order_and_may_have_one_name() -> None:
    device = upnp.Device()
    for value in 'cab':
        device.extensions.append({'namespace': EXAMPLE, 'name': 'X_Floor', 'value': value})
    assert [extension.value for extension in device.extensions] == ['c', 'a', 'b']
    assert [line[-11] for line in described(device)] == ['c', 'a', 'b']


def nested(depth: int) -> dict[str, object]:
    """An extension with others in one another, so many with itself."""
    return {'name': f'X_{depth}', **({'extensions': [nested(depth - 1)]} if depth > 1 else {})}


def test_extensions_stand_in_one_another_up_to_a_bound() -> None:
    assert len(described(extended(nested(8) | {'namespace': EXAMPLE}))) == 15


def ofExample(**elements: object) -> dict[str, object]:
    """An extension that is right, but for what a test gives."""
    return {'namespace': EXAMPLE, 'name': 'X_Floor', **elements}


REFUSED = [
    ({'hardwareId': '\x1b'}, 'device.hardwareId: ', "character '\\x1b'"),
    ({'hardwareId': b'A'}, 'device.hardwareId: ', "b'A' is neither a text nor a number"),
    ({'hardwareId': True}, 'device.hardwareId: ', 'True is neither a text nor a number'),
    ({'compatibleId': ['A', 'B C']}, 'device.compatibleId[1]: ', "'B C' is empty or has white space"),
    ({'deviceCategory': ['', 'B']}, 'device.deviceCategory[0]: ', 'give each by itself'),
    ({'deviceCategory': [None]}, 'device.deviceCategory[0]: ', "'' is empty"),
    ({'deviceCategory': ['\0']}, 'device.deviceCategory[0]: ', 'which XML cannot carry'),
    ({'deviceCategory': {'Other'}}, 'device.deviceCategory: ', 'is neither a text'),
    *(
        ({'containerId': wrong}, 'device.containerId: ', f'{wrong!r} is no GUID: give one such as')
        for wrong in (
            *('lamp', f'{{{GUID}', f'{GUID}}}', f'uuid:{GUID}', f' {GUID}', f'{GUID}\n', GUID.replace('-', '')),
            *(f'{GUID}0', f'({GUID})', 'g' + GUID[1:], 5, b'a', (GUID,), ' '),
        )
    ),
    ({'extensions': [{'name': 'a'}]}, 'device.extensions[0]: ', 'namespace is missing'),
    ({'extensions': [ofExample(), ofExample(namespace='')]}, 'device.extensions[1]: ', 'namespace is missing'),
    *(
        ({'extensions': [ofExample(namespace=wrong)]}, 'device.extensions[0].namespace: ', f'{wrong!r} is no URI')
        for wrong in ('a b', ' ', 'urn:a\n', 'urn:\x01', 'urn:\ufffe', 'urn:{a}', 'urn:"', 'urn:<', 5, b'urn:a')
    ),
    (
        {'extensions': [ofExample(namespace=f'urn:{"a" * 509}')]},
        'device.extensions[0].namespace: ',
        'it has 513 characters, and 512 are the most',
    ),
    ({'extensions': [ofExample(namespace=DEVICE_NAMESPACE)]}, 'device.extensions[0].namespace: ', "UPnP's own"),
    *(
        ({'extensions': [ofExample(namespace=wrong)]}, 'device.extensions[0].namespace: ', "XML's own")
        for wrong in ('http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/')
    ),
    ({'extensions': [{'namespace': EXAMPLE}]}, 'device.extensions[0]: ', 'name is missing: such as X_Floor'),
    *(
        ({'extensions': [ofExample(name=wrong)]}, 'device.extensions[0].name: ', f'{wrong!r} may only have')
        for wrong in ('', '1st', 'a b', 'x:a', '-a', '.a', 'a\n', 'a>', 'Größe!', '\u00d7', 5, b'a')
    ),
    *(
        ({'extensions': [ofExample(prefix=wrong)]}, 'device.extensions[0].prefix: ', f'{wrong!r} may only have')
        for wrong in ('', '1', 'a:b', 'a b', 5)
    ),
    *(
        ({'extensions': [ofExample(prefix=wrong)]}, 'device.extensions[0].prefix: ', 'begins with xml')
        for wrong in ('xml', 'xmlns', 'XMLa')
    ),
    ({'extensions': [ofExample(value=True)]}, 'device.extensions[0].value: ', 'True is neither'),
    ({'extensions': [ofExample(value=['a'])]}, 'device.extensions[0].value: ', 'is neither a text nor a number'),
    ({'extensions': [ofExample(value='\ufffe')]}, 'device.extensions[0].value: ', 'which XML cannot carry'),
    (
        {'extensions': [ofExample(value=0, extensions=[{'name': 'a'}])]},
        'device.extensions[0]: ',
        'it has the value 0 and extensions: leave one out',
    ),
    (
        {'extensions': [ofExample(extensions=[{'name': 'a'}, {'name': 'b', 'extensions': [{'name': '1'}]}])]},
        'device.extensions[0].extensions[1].extensions[0].name: ',
        "'1' may only have",
    ),
    (
        {'extensions': [ofExample(extensions=[{'name': 'a', 'namespace': DEVICE_NAMESPACE}])]},
        'device.extensions[0].extensions[0].namespace: ',
        "UPnP's own",
    ),
    (
        {'extensions': [ofExample(extensions=[nested(8)])]},
        f'device.extensions[0]{".extensions[0]" * 8}: ',
        "<Extension 'X_1'> is the 9th in one another, and 8 are the most",
    ),
    *(
        (
            {'extensions': [{'namespace': element.namespace, 'name': element.name, 'value': 'A'}]},
            'device.extensions[0]: ',
            f"{element.name!r} of this namespace is the device's {name}: set that",
        )
        for name, element in WINDOWS_ELEMENTS.items()
    ),
]


@pytest.mark.parametrize(('elements', 'begin', 'says'), REFUSED)
def test_what_cannot_be_described_is_told_with_place_value_and_remedy(
    elements: dict[str, object], begin: str, says: str
) -> None:
    with pytest.raises(DescriptionError) as caught:
        checkVendorElements(upnp.Device(elements), 'device')
    assert str(caught.value).startswith(begin)
    assert says in str(caught.value)
    assert f'{caught.value.path}: ' == begin


@pytest.mark.parametrize(
    'elements',
    [
        ofExample(namespace=f'urn:{"a" * 508}'),
        ofExample(name='xml', prefix='_a'),
        ofExample(prefix='Größe'),
        ofExample(namespace='urn:größe'),
        ofExample(extensions=[{'namespace': PNPX, 'name': 'X_hardwareId', 'value': 'A'}]),
        {'namespace': FOUNDATION, 'name': 'X_deviceCategory', 'value': 'Multimedia.DMS'},
        {'namespace': FOUNDATION, 'name': 'X_modelId', 'value': GUID, 'prefix': 'df'},
    ],
)
def test_what_can_be_described_passes(elements: dict[str, object]) -> None:
    assert described(extended(elements))


@pytest.mark.parametrize(
    ('one', 'other', 'areEqual'),
    [
        (ofExample(value=3), ofExample(value='3'), True),
        (ofExample(value=' a\n'), ofExample(value='a'), True),
        (ofExample(value=''), ofExample(), True),
        (ofExample(prefix='a'), ofExample(prefix='b'), True),
        (
            ofExample(extensions=[{'name': 'a', 'extensions': [{'name': 'b'}]}]),
            ofExample(extensions=[ofExample(name='a', extensions=[ofExample(name='b')])]),
            True,
        ),
        (ofExample(), ofExample(namespace='urn:a'), False),
        (ofExample(), ofExample(name='x_floor'), False),
        (ofExample(value=3), ofExample(value=4), False),
        (ofExample(), ofExample(extensions=[{'name': 'a'}]), False),
        (ofExample(), {'name': 'X_Floor'}, False),
    ],
)
def test_extensions_are_equal_when_they_describe_the_same(
    one: dict[str, object], other: dict[str, object], areEqual: bool
) -> None:
    assert (upnp.Extension(one) == upnp.Extension(other)) is areEqual


# What is odd


@pytest.mark.parametrize(
    ('elements', 'begin'),
    [
        ({}, None),
        ({'hardwareId': 'A', 'compatibleId': 'B', 'deviceCategory': 'Other'}, None),
        ({'hardwareId': 'A', 'deviceCategory': 'Other'}, None),
        ({'compatibleId': ['B'], 'deviceCategory': ['Other']}, None),
        ({'containerId': GUID}, None),
        ({'hardwareId': 'A', 'compatibleId': 'B'}, 'device.hardwareId stands without a deviceCategory: '),
        ({'compatibleId': 'B'}, 'device.compatibleId stands without a deviceCategory: '),
        ({'deviceCategory': 'Other'}, None),
    ],
)
def test_ids_without_a_category_are_told(elements: dict[str, object], begin: str | None) -> None:
    told = list(vendorOddities(upnp.Device(elements), 'device'))
    assert len(told) == (begin is not None)
    assert all(one.startswith(str(begin)) and 'to list it, Windows needs none' in one for one in told)
