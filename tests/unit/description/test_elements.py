"""The ground of the model: filled from a dict, keywords or attributes, and telling its observers what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest

import upnp
from upnp.description.elements import _BaseObj

UUID_TEXT = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
KINDS = [upnp.Device, upnp.Service, upnp.Icon, upnp.Action, upnp.Argument, upnp.StateVariable, upnp.Extension]


class Counter:
    """An observer that counts."""

    def __init__(self, thing: upnp.Device) -> None:
        self.count = 0
        thing.addObserver(self.note)

    def note(self) -> None:
        """Take note of a change."""
        self.count += 1

    def since(self) -> int:
        """Return the number of changes since it was last asked."""
        count, self.count = self.count, 0
        return count


# Ways to fill


ELEMENTS = {
    upnp.Device: {
        'deviceType': 'urn:sadmin-fr:device:demo:1',
        'friendlyName': 'UPnP Test',
        'uuid': UUID_TEXT,
        **{name: name for name in ('manufacturer', 'manufacturerURL', 'modelDescription', 'modelName', 'modelNumber')},
        **{name: name for name in ('modelURL', 'serialNumber', 'UPC', 'presentationURL', 'deviceCategory')},
        **{name: name for name in ('hardwareId', 'compatibleId', 'containerId')},
    },
    upnp.Service: {
        **{name: name for name in ('serviceType', 'serviceId', 'SCPDURL', 'controlURL', 'eventSubURL')},
    },
    upnp.Icon: {
        **{'path': 'a.png', 'data': b'a', 'url': '/a.png', 'mimetype': 'image/png'},
        **{'width': 1, 'height': 2, 'depth': 3},
    },
    upnp.Action: {'name': 'GetStatus'},
    upnp.Argument: {'name': 'A', 'direction': 'out', 'relatedStateVariable': 'Status', 'retval': True},
    upnp.StateVariable: {
        **{'name': 'Status', 'dataType': 'ui1', 'defaultValue': 1, 'sendEvents': True, 'multicast': True},
        **{'allowedValueList': ('a', 'b'), 'allowedValueRange': (0, 1), 'maximumRate': 2.5, 'minimumDelta': 1},
    },
    upnp.Extension: {'namespace': 'urn:a', 'name': 'X_Floor', 'value': '3', 'prefix': 'x'},
}


@pytest.mark.parametrize('kind', KINDS)
def test_a_dict_keywords_and_attributes_say_the_same(kind: type[_BaseObj]) -> None:
    elements = ELEMENTS[kind]
    byDict, byKeywords, byAttributes = kind(dict(elements)), kind(**elements), kind()
    for name, value in elements.items():
        setattr(byAttributes, name, value)
    for thing in (byDict, byKeywords, byAttributes):
        assert {name: getattr(thing, name) for name in elements} == elements


@pytest.mark.parametrize('kind', KINDS)
def test_every_element_can_be_left_out(kind: type[_BaseObj]) -> None:
    made = [kind(), kind(None), kind({}), kind(obj={})]
    for name in ELEMENTS[kind]:
        assert len({repr(getattr(thing, name)) for thing in made}) == 1


def test_keywords_win_over_the_dict() -> None:
    device = upnp.Device({'friendlyName': 'dict', 'modelName': 'L1'}, friendlyName='keyword')
    assert (device.friendlyName, device.modelName) == ('keyword', 'L1')


def test_a_tree_is_made_of_dicts() -> None:
    actions = [{'name': 'Go', 'arguments': [{'name': 'To', 'relatedStateVariable': 'X'}]}]
    device = upnp.Device(
        {
            'icons': [{'path': 'a.png'}],
            'services': [{'actions': actions, 'stateVariables': [{'name': 'X'}]}],
            'devices': [{'friendlyName': 'inner', 'devices': [{'friendlyName': 'innermost'}]}],
            'extensions': [{'name': 'X_Place', 'extensions': [{'name': 'X_Floor', 'value': 3}]}],
        }
    )
    assert device.icons[0].path == 'a.png'
    assert device.services[0].actions['Go'].arguments['To'].direction == 'in'
    assert device.services[0].stateVariables['X'].dataType == 'string'
    assert [one.friendlyName for one in device.family()] == [None, 'inner', 'innermost']
    assert device.extensions['X_Place'].extensions['X_Floor'].value == 3


@pytest.mark.parametrize('obj', ['friendlyName', 5, ['friendlyName'], [('friendlyName', 'a')], b''])
def test_something_else_than_a_dict_is_refused(obj: object) -> None:
    with pytest.raises(TypeError, match='Device takes a dict or keywords'):
        upnp.Device(obj)


@pytest.mark.parametrize(
    ('kind', 'name', 'hint'),
    [
        (upnp.Device, 'freindlyName', "did you mean 'friendlyName'"),
        (upnp.Device, 'device_type', "did you mean 'deviceType'"),
        (upnp.Device, 'UDN', "did you mean 'uuid'"),
        (upnp.Device, 'service', "did you mean 'services'"),
        (upnp.Device, 'family', 'Device has no element'),
        (upnp.Device, 'addService', 'Device has no element'),
        (upnp.Device, 'bootId', 'Device has no element'),
        (upnp.Device, '_uuid', 'Device has no element'),
        (upnp.Service, 'SCPDUrl', "did you mean 'SCPDURL'"),
        (upnp.Icon, 'content', 'Icon has no element'),
        (upnp.Argument, 'zzzzzz', 'there are name, direction, relatedStateVariable, retval'),
        (upnp.Action, 'zzzzzz', 'there are arguments, name'),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest_right_one(kind: type[_BaseObj], name: str, hint: str) -> None:
    for make in (lambda: kind({name: 'a'}), lambda: kind(**{name: 'a'})):
        with pytest.raises(TypeError, match=hint) as caught:
            make()
        assert repr(name) in str(caught.value)


@pytest.mark.parametrize('kind', KINDS)
def test_a_misspelt_attribute_is_refused(kind: type[_BaseObj]) -> None:
    with pytest.raises(TypeError, match=f'{kind.__name__} has no element .freindlyName.'):
        kind().freindlyName = 'a'


@pytest.mark.parametrize('name', ['family', 'addService', 'addObserver'])
def test_a_method_is_not_overwritten(name: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        setattr(upnp.Device(), name, 'a')


def test_a_subclass_may_set_elements_in_its_body_and_keep_what_it_likes() -> None:
    class Switch(upnp.Service):
        serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'

        def __init__(self) -> None:
            super().__init__(serviceId='urn:upnp-org:serviceId:SwitchPower')
            self.pin = 17

    switch = Switch()
    assert (switch.serviceType, switch.pin) == ('urn:schemas-upnp-org:service:SwitchPower:1', 17)
    assert upnp.Device(services=[switch]).services == [switch]
    with pytest.raises(TypeError, match='Switch has no element'):
        upnp.Service.__init__(switch, pin=17)


def test_what_a_subclass_adds_is_kept_as_it_is_and_told_to_nobody() -> None:
    class Thermometer(upnp.Service):
        samples: ClassVar[object] = ()
        pin = 17

    thermometer, samples = Thermometer(pin=4), [20.5]
    counter = Counter(upnp.Device(services=[thermometer]))
    thermometer.samples, thermometer.unit = samples, 'C'
    assert (thermometer.samples is samples, thermometer.pin, thermometer.unit) == (True, 4, 'C')
    assert (counter.since(), Thermometer.samples) == (0, ())


def test_a_dataclass_may_be_a_service() -> None:
    @dataclass(eq=False)
    class Relay(upnp.Service):
        pin: int

        def __post_init__(self) -> None:
            super().__init__(serviceType='urn:schemas-upnp-org:service:SwitchPower:1')

    assert (Relay(4).pin, Relay(4).serviceType) == (4, 'urn:schemas-upnp-org:service:SwitchPower:1')


@pytest.mark.parametrize(
    ('thing', 'text'),
    [
        (upnp.Device(friendlyName='Lamp', deviceType='urn:x'), "<Device 'Lamp'>"),
        (upnp.Device(deviceType='urn:x'), "<Device 'urn:x'>"),
        (upnp.Device(), "<Device ''>"),
        (upnp.Service(serviceType='t', serviceId='i'), "<Service 'i'>"),
        (upnp.Icon(url='/a'), "<Icon '/a'>"),
        (upnp.Action(name='Go'), "<Action 'Go'>"),
    ],
)
def test_an_object_is_shown_by_what_names_it(thing: object, text: str) -> None:
    assert repr(thing) == text


def test_a_list_is_kept_as_a_tuple_so_that_it_cannot_change_unseen() -> None:
    variable = upnp.StateVariable(allowedValueList=['a', 'b'])
    variable.allowedValueRange = [0, 1]
    assert (variable.allowedValueList, variable.allowedValueRange) == (('a', 'b'), (0, 1))


# Equality


EQUAL = [
    lambda: upnp.Device(
        friendlyName='Lamp', services=[{'serviceId': 'a'}], icons=[{'width': 1}], devices=[{'UPC': '1'}]
    ),
    lambda: upnp.Service(serviceType='a', stateVariables=[{'name': 'X'}]),
    lambda: upnp.Action(name='Go', arguments=[{'name': 'A', 'relatedStateVariable': 'X'}]),
    lambda: upnp.Argument(name='A'),
    lambda: upnp.StateVariable(name='X', dataType='ui1'),
    lambda: upnp.Icon(mimetype='image/png', width=16),
    lambda: upnp.Extension(namespace='urn:a', name='X_Place', extensions=[{'name': 'X_Floor', 'value': 3}]),
]


@pytest.mark.parametrize('make', EQUAL)
def test_objects_that_describe_the_same_are_equal(make: Callable[[], object]) -> None:
    one, other = make(), make()
    assert one == other
    assert (one != other) is False
    assert [one] == [other]


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        (upnp.Argument(name='A'), upnp.Argument(name='a')),
        (upnp.Argument(name='A'), upnp.Argument(name='A', direction='out')),
        (upnp.Action(name='A'), upnp.Action(name='A', arguments=[{'name': 'A'}])),
        (upnp.Action(name='A'), upnp.Argument(name='A')),
        (upnp.Action(name='A'), 'A'),
        (upnp.Service(serviceId='a'), upnp.Service(serviceId='b')),
        (upnp.Service(), upnp.Service(stateVariables=[{'name': 'X'}])),
        (upnp.Device(uuid='a'), upnp.Device(uuid='b')),
        (upnp.Device(), upnp.Device(devices=[{}])),
        (upnp.Icon(width=1), upnp.Icon(width=2)),
        (upnp.Device(), upnp.Device(extensions=[{'name': 'X_Floor'}])),
    ],
)
def test_objects_that_describe_something_else_are_not_equal(one: object, other: object) -> None:
    assert one != other
    assert (one == other) is False


def test_what_no_description_tells_does_not_count() -> None:
    assert upnp.Action(name='Go', function=print) == upnp.Action(name='Go')
    assert upnp.Icon(path='a.png', width=1) == upnp.Icon(url='/b.png', width=1)


def test_a_subclass_is_equal_to_what_says_the_same_without_one() -> None:
    class Switch(upnp.Service):
        serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'

    assert Switch() == upnp.Service(serviceType='urn:schemas-upnp-org:service:SwitchPower:1')


@pytest.mark.parametrize('kind', KINDS)
def test_an_object_that_can_change_has_no_hash(kind: type[_BaseObj]) -> None:
    with pytest.raises(TypeError, match='unhashable'):
        hash(kind())


def test_each_instance_of_a_class_has_children_of_its_own() -> None:
    class Switch(upnp.Service):
        @upnp.action
        def Set(self, On: bool) -> None:
            """Do nothing."""

    one, other = Switch(), Switch()
    one.actions['Set'].arguments['On'].direction = 'out'
    one.actions.clear()
    assert other.actions['Set'].arguments['On'].direction == 'in'


# News


def test_every_change_in_the_tree_is_told_once() -> None:
    actions = [{'name': 'Go', 'arguments': [{'name': 'To', 'relatedStateVariable': 'X'}]}]
    root = upnp.Device(services=[{'actions': actions, 'stateVariables': [{'name': 'X'}]}], devices=[{}])
    counter = Counter(root)
    changes = [
        lambda: setattr(root, 'friendlyName', 'a'),
        lambda: setattr(root.devices[0], 'friendlyName', 'a'),
        lambda: setattr(root.services[0].actions['Go'].arguments['To'], 'direction', 'out'),
        lambda: root.devices[0].addService(upnp.Service()),
        lambda: root.devices[0].services.pop(),
        lambda: setattr(root, 'icons', [{'url': '/a'}]),
        lambda: root.services[0].actions.insert(0, {'name': 'Stop'}),
        lambda: root.extensions.append({'name': 'X_Place', 'extensions': [{'name': 'X_Floor'}]}),
        lambda: setattr(root.extensions['X_Place'].extensions['X_Floor'], 'value', 3),
        lambda: root.extensions['X_Place'].extensions.clear(),
    ]
    for change in changes:
        change()
        assert counter.since() == 1


def test_what_changes_nothing_is_not_told() -> None:
    root = upnp.Device(friendlyName='a', services=[{}])
    counter = Counter(root)
    root.friendlyName = 'a'
    root._note = 1
    assert counter.since() == 0


def test_a_child_that_was_taken_out_tells_no_more() -> None:
    root = upnp.Device(devices=[{}])
    counter, child = Counter(root), root.devices.pop()
    counter.since()
    child.friendlyName = 'a'
    assert counter.since() == 0
    assert not child.isEmbedded


def test_several_observers_are_told_until_they_are_removed() -> None:
    root = upnp.Device()
    first, second = Counter(root), Counter(root)
    root.removeObserver(first.note)
    root.removeObserver(first.note)
    root.friendlyName = 'a'
    assert (first.since(), second.since()) == (0, 1)


class Listener:
    """An observer of values."""

    def __init__(self, thing: _BaseObj) -> None:
        self.heard: list[tuple[object, object]] = []
        thing.addValueObserver(self.note)

    def note(self, service: _BaseObj, variable: _BaseObj) -> None:
        """Take note of a value."""
        self.heard.append((service.serviceId, variable.value))


def listened(serviceId: str) -> dict[str, object]:
    """A service with a state variable."""
    return {'serviceId': serviceId, 'stateVariables': [{'name': 'X'}]}


def test_every_value_in_the_tree_is_told_with_its_service() -> None:
    root = upnp.Device(services=[listened('a')], devices=[{'services': [listened('b')]}])
    listener, counter = Listener(root), Counter(root)
    outer, inner = root.services[0].stateVariables['X'], root.devices[0].services[0].stateVariables['X']
    outer.value = '1'
    inner.value = '2'
    inner.value = '2'
    assert (listener.heard, counter.since()) == ([('a', '1'), ('b', '2'), ('b', '2')], 0)


def test_a_value_of_a_class_is_told_as_well() -> None:
    class Dimmer(upnp.Service):
        X = upnp.StateVariable(dataType='ui1')

    dimmer = Dimmer(serviceId='a')
    listener = Listener(dimmer)
    dimmer.X = 5
    assert listener.heard == [('a', 5)]


def test_what_is_no_value_is_not_told() -> None:
    service = upnp.Service(listened('a'))
    listener, variable = Listener(service), service.stateVariables['X']
    variable.sendEvents = True
    variable.defaultValue = 'a'
    with pytest.raises(TypeError):
        variable.value = 5
    assert listener.heard == []


def test_a_value_is_told_to_the_observers_of_the_root_alone() -> None:
    service = upnp.Service(listened('a'))
    former = Listener(service)
    root = upnp.Device(services=[service])
    latter = Listener(root)
    service.stateVariables['X'].value = '1'
    assert (former.heard, latter.heard) == ([], [('a', '1')])


def test_a_variable_that_was_taken_out_tells_no_more() -> None:
    service = upnp.Service(listened('a'))
    listener, variable = Listener(service), service.stateVariables.pop()
    variable.value = '1'
    upnp.StateVariable(name='X').value = '2'
    assert listener.heard == []


def test_several_observers_of_values_are_told_until_they_are_removed() -> None:
    service = upnp.Service(listened('a'))
    first, second = Listener(service), Listener(service)
    service.removeValueObserver(first.note)
    service.removeValueObserver(first.note)
    service.stateVariables['X'].value = '1'
    assert (first.heard, second.heard) == ([], [('a', '1')])


def test_an_observer_of_values_may_remove_itself() -> None:
    service, heard = upnp.Service(listened('a')), []

    def once(*place: object) -> None:
        heard.append(place)
        service.removeValueObserver(once)

    service.addValueObserver(once)
    for text in '12':
        service.stateVariables['X'].value = text
    assert heard == [(service, service.stateVariables['X'])]


# Children


def services(count: int) -> tuple[upnp.Device, list[upnp.Service]]:
    """A device and its services."""
    made = [upnp.Service(serviceId=str(index)) for index in range(count)]
    return upnp.Device(services=made), made


def test_children_are_a_list() -> None:
    device, (a, b, c) = services(3)
    children = device.services
    assert (len(children), children[0], children[-1]) == (3, a, c)
    assert (children[1:], list(reversed(children))) == ([b, c], [c, b, a])
    assert (children.index(b), children.count(c), b in children, upnp.Service() in children) == (1, 1, True, False)
    assert children == [a, b, c]
    assert children == (a, b, c)
    assert children != [a, b]
    assert children != 'abc'
    assert repr(children) == "[<Service '0'>, <Service '1'>, <Service '2'>]"
    with pytest.raises(IndexError):
        children[3]
    with pytest.raises(TypeError):
        hash(children)


def test_children_are_changed_like_a_list() -> None:
    device, (a, b, c) = services(3)
    d, e = upnp.Service(), upnp.Service()
    device.services[1] = d
    device.services[-1] = e
    assert device.services == [a, d, e]
    device.services[1:] = [b]
    assert device.services == [a, b]
    del device.services[0]
    device.services.extend([c])
    device.services += [a]
    assert device.services == [b, c, a]
    device.services.remove(c)
    del device.services[1:]
    assert device.services.pop() is b
    device.services.append(d)
    device.services.clear()
    assert device.services == []


def test_a_child_that_stays_may_change_its_place() -> None:
    device, (a, b, c) = services(3)
    device.services = [c, upnp.Service(serviceId='new'), a]
    assert [service.serviceId for service in device.services] == ['2', 'new', '0']
    upnp.Device().addService(b)


def test_children_can_be_reversed() -> None:
    device, (a, b, c) = services(3)
    device.services.reverse()
    assert device.services == [c, b, a]


@pytest.mark.parametrize('index', [1, 5, -2, -9])
def test_an_index_that_is_not_there_cannot_be_set(index: int) -> None:
    device, made = services(1)
    with pytest.raises(IndexError):
        device.services[index] = upnp.Service()
    assert device.services == made


@pytest.mark.parametrize('index', [1, -2])
def test_an_index_that_is_not_there_cannot_be_deleted(index: int) -> None:
    device, made = services(1)
    with pytest.raises(IndexError):
        del device.services[index]
    assert device.services == made


def test_a_child_is_there_once() -> None:
    device, (a,) = services(1)
    with pytest.raises(upnp.DescriptionError):
        device.services = [a, a]


def test_the_snapshot_that_is_read_stays_while_the_list_changes() -> None:
    device, made = services(3)
    assert [device.services.pop(0) for _ in device.services] == made


def test_children_with_names_are_found_by_them() -> None:
    service = upnp.Service(actions=[{'name': 'Go'}, {'name': 'Stop'}], stateVariables=[{'name': 'A'}])
    assert service.actions['Stop'] is service.actions[1]
    assert service.stateVariables['A'].name == 'A'
    assert ('Go' in service.actions, 'Run' in service.actions) == (True, False)
    with pytest.raises(KeyError) as caught:
        service.actions['Run']
    assert caught.value.args == ("'Run' is not among Go, Stop",)


def test_children_without_names_are_not_found_by_text() -> None:
    device, _ = services(1)
    assert '0' not in device.services
    with pytest.raises(KeyError):
        device.services['0']


@pytest.mark.parametrize('value', [None, 'a', b'a', 5, {'serviceId': 'a'}])
def test_only_a_list_can_take_the_place_of_children(value: object) -> None:
    with pytest.raises(TypeError, match='a list of Service objects or dicts is wanted'):
        upnp.Device().services = value


@pytest.mark.parametrize('value', [None, 'a', 5, upnp.Device(), upnp.Icon(), [], upnp.Service])
def test_another_kind_of_child_is_refused(value: object) -> None:
    device = upnp.Device()
    for add in (device.services.append, device.addService, lambda one: device.services.insert(0, one)):
        with pytest.raises(TypeError, match="<Device ''> takes an object of Service here, not "):
            add(value)
    assert device.services == []


def test_a_child_belongs_to_one_parent() -> None:
    first, (service,) = services(1)
    second = upnp.Device()
    for device in (first, second):
        with pytest.raises(upnp.DescriptionError, match='already: make a second Service'):
            device.addService(service)
    first.services.remove(service)
    second.addService(service)
    assert (first.services, second.services) == ([], [service])


def test_a_device_is_never_inside_itself() -> None:
    root = upnp.Device(devices=[{'devices': [{}]}])
    middle = root.devices[0]
    innermost = middle.devices[0]
    for outer, inner in ((root, root), (root, middle), (root, innermost), (middle, innermost), (middle, middle)):
        with pytest.raises(upnp.DescriptionError):
            inner.addDevice(outer)
    assert list(root.family()) == [root, middle, innermost]


@pytest.mark.parametrize('key', [slice(None), slice(0, None, 2)])
def test_a_list_that_is_refused_leaves_everything_as_it_was(key: slice) -> None:
    device, made = services(1)
    new = upnp.Service()
    with pytest.raises((TypeError, ValueError)):
        device.services[key] = [new, 'no service']
    assert device.services == made
    upnp.Device().addService(new)


def test_of_equal_children_the_one_that_is_meant_is_found_and_goes() -> None:
    first, second, stranger = upnp.Service(), upnp.Service(), upnp.Service()
    device = upnp.Device(services=[first, second])
    assert first == second == stranger
    assert (device.services.index(second), device.services.index(second, -1), device.services.count(first)) == (1, 1, 1)
    assert (stranger in device.services, device.services.count(stranger)) == (False, 0)
    device.services.remove(second)
    assert [one is first for one in device.services] == [True]


@pytest.mark.parametrize('bounds', [(1,), (0, 0), (-1, 0)])
def test_a_child_that_does_not_stand_there_has_no_index(bounds: tuple[int, ...]) -> None:
    device, (a,) = services(1)
    with pytest.raises(ValueError, match="<Service '0'> is not among"):
        device.services.index(a, *bounds)


def test_dicts_are_added_as_children() -> None:
    service = upnp.Service()
    service.actions.append({'name': 'Go'})
    service.actions.extend([{'name': 'Stop'}, upnp.Action(name='Wait')])
    service.actions.extend({'name': name} for name in ('Up', 'Down'))
    service.actions += [{'name': 'Left'}]
    assert [action.name for action in service.actions] == ['Go', 'Stop', 'Wait', 'Up', 'Down', 'Left']
    assert all(type(action) is upnp.Action for action in service.actions)


def test_a_list_of_which_one_is_refused_adds_none() -> None:
    service = upnp.Service(actions=[{'name': 'Go'}])
    with pytest.raises(TypeError, match='takes an object of Action here, not 5'):
        service.actions.extend([{'name': 'Stop'}, 5])
    with pytest.raises(TypeError, match="Action has no element 'nam'"):
        service.actions.append({'nam': 'Stop'})
    assert [action.name for action in service.actions] == ['Go']


def test_several_children_added_at_once_are_one_change() -> None:
    device = upnp.Device()
    counter = Counter(device)
    device.services.extend([{}, {}])
    assert counter.since() == 1


def test_a_class_in_the_place_of_an_object_is_told_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"not <class .*Service'>: make one of it, Service\(\)$"):
        upnp.Device().addService(upnp.Service)


def test_a_service_whose_init_forgot_the_bases_is_refused() -> None:
    class Forgetful(upnp.Service):
        def __init__(self, pin: int) -> None:
            self.pin = pin

    device = upnp.Device()
    for add in (device.addService, lambda one: setattr(device, 'services', [one])):
        with pytest.raises(TypeError) as caught:
            add(Forgetful(5))
        assert str(caught.value) == "<Forgetful ''> is not complete: its __init__ has to call super().__init__()"
    assert device.services == []


def test_children_that_were_taken_out_can_be_put_elsewhere() -> None:
    device, (a, b) = services(2)
    device.services = [b]
    other = upnp.Device(services=[a])
    assert [one.services[0].serviceId for one in (device, other)] == ['1', '0']
