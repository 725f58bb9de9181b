"""What keeps a device from being announced, and what is odd."""

import pytest

import upnp
from tests.unit.description.devices import (
    GIF,
    LIGHT,
    SWITCH,
    UUID,
    fullDevice,
    lamp,
    withArguments,
    withService,
    withVariable,
)
from upnp.description.checks import checkDevice, checkIconForm, checkUuids, oddities
from upnp.description.types import DATA_TYPES

# What is refused


REFUSED = [
    (lambda: lamp(deviceType=None), 'device: deviceType is missing'),
    (lambda: lamp(deviceType=''), 'device: deviceType is missing'),
    (lambda: lamp(deviceType='urn:a b'), 'device.deviceType: '),
    (lambda: lamp(deviceType='urn:a\r\nX: b'), 'device.deviceType: '),
    (lambda: lamp(deviceType='urn:a\x7f'), 'device.deviceType: '),
    (lambda: lamp(deviceType='urn:a\u2028b'), 'device.deviceType: '),
    (lambda: lamp(friendlyName=None), 'device: friendlyName is missing'),
    (lambda: lamp(friendlyName=''), 'device: friendlyName is missing'),
    (lambda: lamp(friendlyName='a\0'), 'device.friendlyName: '),
    (lambda: lamp(modelName='\ud800'), 'device.modelName: '),
    (lambda: lamp(modelNumber=b'1'), 'device.modelNumber: '),
    (lambda: lamp(UPC=True), 'device.UPC: '),
    (lambda: lamp(hardwareId='\x1b'), 'device.hardwareId: '),
    (lambda: lamp(devices=[lamp(containerId='a')]), 'device.devices[0].containerId: '),
    (lambda: lamp(devices=[lamp(extensions=[{}])]), 'device.devices[0].extensions[0]: namespace is missing'),
    (lambda: lamp(presentationURL=['a']), 'device.presentationURL: '),
    (lambda: lamp(uuid=''), 'device: uuid is missing'),
    (lambda: lamp(uuid='a b'), 'device.uuid: '),
    (lambda: lamp(uuid='a\r\nNT: b'), 'device.uuid: '),
    (lambda: lamp(devices=[{'deviceType': LIGHT}]), 'device.devices[0]: friendlyName is missing'),
    (lambda: lamp(devices=[lamp(devices=[{}])]), 'device.devices[0].devices[0]: deviceType is missing'),
    (lambda: withService(serviceType=None), 'device.services[0]: serviceType is missing'),
    (lambda: withService(serviceType='a b'), 'device.services[0].serviceType: '),
    (lambda: withService(serviceId='\0'), 'device.services[0].serviceId: '),
    (lambda: withService(controlURL=b'/'), 'device.services[0].controlURL: '),
    (lambda: lamp(services=[{'serviceType': SWITCH}] * 2), 'device.services[1]: serviceId '),
    (lambda: lamp(services=[{'serviceType': type_, 'serviceId': 'a'} for type_ in 'ab']), 'device.services[1]: '),
    (lambda: lamp(icons=[{}]), 'device.icons[0]: an icon needs one of path, data and url, and has none'),
    (lambda: lamp(icons=[{'url': '/a', 'data': b'a'}]), 'device.icons[0]: an icon needs one of path, data and url'),
    (lambda: withVariable(name=None), 'device.services[0].stateVariables[0]: name '),
    (lambda: withVariable(name='1st'), 'device.services[0].stateVariables[0]: name '),
    (lambda: withVariable(name='a-b'), 'device.services[0].stateVariables[0]: name '),
    (lambda: withVariable(name='a\n'), 'device.services[0].stateVariables[0]: name '),
    (lambda: withService(stateVariables=[{'name': 'A'}] * 2), 'device.services[0].stateVariables[1]: name '),
    (lambda: withVariable(dataType='integer'), "device.services[0].stateVariables['A'].dataType: "),
    (lambda: withVariable(allowedValueList=[]), "device.services[0].stateVariables['A'].allowedValueList: "),
    (lambda: withVariable(allowedValueList=['a', 'a']), "device.services[0].stateVariables['A'].allowedValueList: "),
    (
        lambda: withVariable(dataType='ui1', allowedValueList=['1']),
        "device.services[0].stateVariables['A'].allowedValueList: ",
    ),
    (
        lambda: withVariable(allowedValueList=['a'], defaultValue='b'),
        "device.services[0].stateVariables['A'].defaultValue: ",
    ),
    *(
        (
            lambda limits=limits: withVariable(dataType='ui1', allowedValueRange=limits),
            "device.services[0].stateVariables['A'].allowedValueRange: ",
        )
        for limits in ([], [1], [2, 1], [0, 9, 1, 1])
    ),
    *(
        (
            lambda value=value: withVariable(dataType='ui1', allowedValueRange=[1, 2], defaultValue=value),
            "device.services[0].stateVariables['A'].defaultValue: ",
        )
        for value in (0, 3)
    ),
    (lambda: withService(actions=[{'name': 'Go', 'function': 5}]), "device.services[0].actions['Go'].function: "),
    (lambda: withService(actions=[{}]), 'device.services[0].actions[0]: name '),
    (lambda: withService(actions=[{'name': 'Go-on'}]), 'device.services[0].actions[0]: name '),
    (lambda: withService(actions=[{'name': 'Go'}] * 2), 'device.services[0].actions[1]: name '),
    (lambda: withArguments({'name': 'a#'}), "device.services[0].actions['Go'].arguments[0]: name "),
    (
        lambda: withArguments(*[{'name': 'a', 'relatedStateVariable': 'A'}] * 2),
        "device.services[0].actions['Go'].arguments[1]: name ",
    ),
    (
        lambda: withArguments({'name': 'a', 'direction': 'inout', 'relatedStateVariable': 'A'}),
        "device.services[0].actions['Go'].arguments['a'].direction: ",
    ),
    (
        lambda: withArguments(
            {'name': 'a', 'direction': 'out', 'relatedStateVariable': 'A'}, {'name': 'b', 'relatedStateVariable': 'A'}
        ),
        "device.services[0].actions['Go'].arguments['b']: ",
    ),
    (
        lambda: withArguments({'name': 'a', 'retval': True, 'relatedStateVariable': 'A'}),
        "device.services[0].actions['Go'].arguments['a']: ",
    ),
    (
        lambda: withArguments(
            {'name': 'a', 'direction': 'out', 'relatedStateVariable': 'A'},
            {'name': 'b', 'direction': 'out', 'relatedStateVariable': 'A', 'retval': True},
        ),
        "device.services[0].actions['Go'].arguments['b']: ",
    ),
    (
        lambda: withArguments({'name': 'a', 'relatedStateVariable': 'B'}),
        "device.services[0].actions['Go'].arguments['a'].relatedStateVariable: ",
    ),
    (
        lambda: withArguments({'name': 'a'}),
        "device.services[0].actions['Go'].arguments['a']: it has no type",
    ),
]


@pytest.mark.parametrize(('make', 'begin'), REFUSED, ids=[begin for _, begin in REFUSED])
def test_what_cannot_be_announced_is_told_with_its_place(make: object, begin: str) -> None:
    """UDA 1.1 §2.3, §2.5."""
    with pytest.raises(upnp.DescriptionError) as caught:
        checkDevice(make())
    assert str(caught.value).startswith(begin)


UNRENDERABLE = [
    pytest.param(lambda: withService(actions=[{'name': 5}]), id='a name that is no text'),
    pytest.param(lambda: withVariable(allowedValueList=[1, 2]), id='allowed values that are no text'),
    pytest.param(lambda: withVariable(allowedValueList=['\0']), id='an allowed value XML cannot carry'),
    pytest.param(lambda: withVariable(allowedValueList='abc'), id='a text for a list'),
    pytest.param(lambda: withVariable(defaultValue='\0'), id='a default XML cannot carry'),
    pytest.param(lambda: withVariable(dataType='ui1', allowedValueRange=('0', 9)), id='limits that are no numbers'),
    pytest.param(lambda: withVariable(dataType='ui1', allowedValueRange=5), id='a number for a range'),
    pytest.param(lambda: withVariable(allowedValueRange=(1, 2)), id='a range of texts'),
    pytest.param(
        lambda: lamp(icons=[{'url': '/\0', 'mimetype': 'a', 'width': 1, 'height': 1, 'depth': 1}]),
        id='a URL XML cannot carry',
    ),
    pytest.param(lambda: lamp(icons=[{'data': 5}]), id='a picture that is no bytes'),
    pytest.param(lambda: lamp(icons=[{'path': 5}]), id='a path that is none'),
    pytest.param(lambda: lamp(icons=[{'data': b'a', 'mimetype': 'image/png\r\nX: y'}]), id='a mimetype of two lines'),
    pytest.param(lambda: lamp(icons=[{'data': b'a', 'width': '48'}]), id='a width that is a text'),
    pytest.param(lambda: lamp(icons=[{'data': b'a', 'depth': -1}]), id='a depth below zero'),
]


@pytest.mark.parametrize('make', UNRENDERABLE)
def test_what_cannot_be_rendered_is_refused_before(make: object) -> None:
    with pytest.raises(upnp.DescriptionError):
        checkDevice(make())


@pytest.mark.parametrize(
    'device',
    [
        lamp(),
        lamp(uuid=None),
        lamp(deviceType='sadmin-fr:demo', modelNumber=1.5, UPC=123456789012),
        lamp(friendlyName='\t\n é\U0001f600'),
        withVariable(dataType='ui1', allowedValueRange=[1, 2], defaultValue=2),
        withVariable(dataType='ui1', allowedValueRange=[1, 1], defaultValue='1'),
        withVariable(allowedValueList=['a', 'b'], defaultValue='b'),
        withVariable(name='_été.1'),
        withArguments(),
        withArguments({'name': 'a', 'direction': 'out', 'relatedStateVariable': 'A', 'retval': True}),
        lamp(services=[{'serviceType': SWITCH, 'serviceId': name} for name in 'ab']),
        lamp(icons=[{'path': 'a'}, {'data': b''}, {'url': '/'}]),
        withService(serviceId=''),
    ],
)
def test_what_can_be_announced_passes(device: upnp.Device) -> None:
    checkDevice(device)


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_every_data_type_of_uda_is_known(dataType: str) -> None:
    checkDevice(withVariable(dataType=dataType))


def test_the_data_types_are_those_of_uda() -> None:
    """UDA 1.1 §2.5, and ui8 and i8 of UDA 2.0."""
    names = (
        'ui1 ui2 ui4 ui8 i1 i2 i4 i8 int r4 r8 number fixed.14.4 float char string date dateTime dateTime.tz '
        'time time.tz boolean bin.base64 bin.hex uri uuid'
    )
    assert sorted(DATA_TYPES) == sorted(names.split())


@pytest.mark.parametrize('others', [[UUID], ['other', UUID.upper()]])
def test_no_two_devices_have_one_uuid(others: list[str]) -> None:
    """UDA 1.1 §2.3; UUIDs compare without regard to case."""
    root = lamp(devices=[lamp(uuid=uuid) for uuid in others])
    with pytest.raises(upnp.DescriptionError) as caught:
        checkUuids([root])
    assert caught.value.path == f'device.devices[{len(others) - 1}].uuid'
    with pytest.raises(upnp.DescriptionError):
        checkUuids([lamp(), lamp()])


def test_devices_with_uuids_of_their_own_pass() -> None:
    checkUuids([lamp(devices=[lamp(uuid='a')]), lamp(uuid='b')])
    checkUuids([])


@pytest.mark.parametrize(
    ('icon', 'missing'),
    [
        (upnp.Icon(data=b''), 'mimetype, width, height, depth'),
        (upnp.Icon(data=GIF), 'width, height, depth'),
        (upnp.Icon(url='/a', mimetype='image/png', width=1, height=1), 'depth'),
    ],
)
def test_an_icon_lacks_what_nobody_gave_and_its_content_does_not_tell(icon: upnp.Icon, missing: str) -> None:
    """UDA 1.1 §2.3."""
    if icon.data is not None:
        icon.load(icon.data)
    with pytest.raises(upnp.DescriptionError, match=f'{missing} cannot be told') as caught:
        checkIconForm(lamp(devices=[lamp(icons=[icon])]))
    assert caught.value.path == 'device.devices[0].icons[0]'


def test_an_icon_whose_form_is_known_passes() -> None:
    checkIconForm(lamp(icons=[{'url': '/a', 'mimetype': 'image/png', 'width': 1, 'height': 1, 'depth': 1}]))


# What is odd


@pytest.mark.parametrize(
    ('device', 'begins'),
    [
        (fullDevice(), ['device.services[1].serviceType ', 'device.services[1].serviceId ']),
        (lamp(), []),
        (lamp(uuid=None), []),
        (lamp(uuid=UUID.upper()), []),
        (lamp(uuid='lamp'), ['device.uuid ']),
        (lamp(uuid=UUID + '0'), ['device.uuid ']),
        (lamp(deviceType='sadmin-fr:demo'), ['device.deviceType ']),
        (lamp(deviceType='urn:a:device:b'), ['device.deviceType ']),
        (lamp(deviceType='urn:a:device:b:0'), ['device.deviceType ']),
        (lamp(deviceType=f'urn:a:device:{"b" * 65}:1'), ['device.deviceType ']),
        (lamp(friendlyName='a' * 63, modelName='a' * 31, serialNumber='a' * 63), []),
        (
            lamp(friendlyName='a' * 64, manufacturer='a' * 64, modelDescription='a' * 128, modelName='a' * 32),
            ['device.friendlyName ', 'device.manufacturer ', 'device.modelDescription ', 'device.modelName '],
        ),
        (withService(), []),
        (withService(serviceType='urn:a:service:b:01'), ['device.services[0].serviceType ']),
        (withService(serviceId='1'), ['device.services[0].serviceId ']),
        (
            withService(actions=[{'name': 'Go'}, {'name': 'Stop', 'function': print}]),
            ["device.services[0].actions['Go'] has no function"],
        ),
        (withService(actions=[{'name': 'Go'}], controlURL='http://192.0.2.1/'), []),
        (
            withService(stateVariables=[{'name': 'A', 'multicast': True}, {'name': 'B', 'maximumRate': 1}]),
            [f"device.services[0].stateVariables['{name}'] is not evented" for name in 'AB'],
        ),
        (withService(stateVariables=[{'name': 'A', 'multicast': True, 'sendEvents': True}]), []),
        (lamp(devices=[lamp(uuid='lamp')]), ['device.devices[0].uuid ']),
        (lamp(devices=[lamp(hardwareId='VEN_1')]), ['device.devices[0].hardwareId stands without a deviceCategory']),
    ],
)
def test_what_uda_wants_otherwise_is_told(device: upnp.Device, begins: list[str]) -> None:
    told = list(oddities(device))
    assert len(told) == len(begins)
    assert all(one.startswith(begin) for one, begin in zip(told, begins, strict=True))
