"""The documented API, letter for letter; options of ours follow as keywords only."""

import importlib
import inspect
import pydoc
import typing
import warnings
from inspect import Parameter

import pytest
import ssdp.aio
import ssdp.messages

import upnp

# Module, class, base, the documented parameters of the constructor.
CLASSES = [
    ('UPnP', 'Announcer', object, "device, httpPort=5000, netBind='0.0.0.0'"),
    ('UPnP', 'Annoncer', 'Announcer', "device, httpPort=5000, netBind='0.0.0.0'"),
    ('Objects', 'Device', '_BaseObj', 'obj=None'),
    ('Objects', 'Icon', '_BaseObj', 'obj=None'),
    ('Objects', 'Service', '_BaseObj', 'obj=None'),
    ('HTTP', 'HttpRequest', object, 'method, path, version, headers'),
    ('HTTP', 'HttpAnswer', object, 'request'),
    ('HTTP', 'DescriptionAnswer', 'HttpAnswer', 'request, upnp'),
    ('HTTP', 'ScpdAnswer', 'HttpAnswer', 'request, upnp'),
    ('HTTP', 'ServerErrorAnswer', 'HttpAnswer', 'request'),
    ('HTTP', 'HttpServer', object, 'config'),
    ('HTTP', 'HTTP', object, 'annoncer, port, netbind'),
    ('SSDP', 'AnnouncerService', ssdp.aio.SimpleServiceDiscoveryProtocol, ''),
    ('SSDP', 'Answer', ssdp.messages.SSDPResponse, 'config, status_code, reason'),
    ('SSDP', 'Notify', ssdp.messages.SSDPRequest, 'config, device'),
    ('SSDP', 'SSDP', object, "annoncer, netBind='0.0.0.0'"),
    ('SSDP', 'SSDP_Protocol', object, 'config'),
]

# Module, class, method, its documented parameters.
METHODS = [
    ('UPnP', 'Announcer', 'bye', ''),
    ('UPnP', 'Announcer', 'dispose', ''),
    ('UPnP', 'Announcer', 'foreaver', ''),
    ('UPnP', 'Announcer', 'initLoop', 'loop=None'),
    ('UPnP', 'Announcer', 'notify', ''),
    ('Objects', 'Device', 'addDevice', 'device'),
    ('Objects', 'Device', 'addService', 'service'),
    ('HTTP', 'HttpRequest', 'pprint', ''),
    ('HTTP', 'HttpAnswer', 'execute', ''),
    ('HTTP', 'HttpAnswer', 'pprint', ''),
    ('HTTP', 'HttpAnswer', 'write', 'writer'),
    ('HTTP', 'DescriptionAnswer', 'describeDevice', 'device'),
    ('HTTP', 'DescriptionAnswer', 'describeIcon', 'icon'),
    ('HTTP', 'DescriptionAnswer', 'describeService', 'service'),
    ('HTTP', 'DescriptionAnswer', 'execute', ''),
    ('HTTP', 'ScpdAnswer', 'execute', ''),
    ('HTTP', 'ServerErrorAnswer', 'execute', ''),
    ('HTTP', 'HttpServer', 'HttpRouting', 'request'),
    ('HTTP', 'HttpServer', 'InConnection', 'reader, writer'),
    ('HTTP', 'HTTP', 'initLoop', 'loop'),
    ('HTTP', 'HTTP', 'dispose', ''),
    ('SSDP', 'AnnouncerService', 'connection_made', 'transport'),
    ('SSDP', 'AnnouncerService', 'request_received', 'request, addr'),
    ('SSDP', 'AnnouncerService', 'response_received', 'response, addr'),
    ('SSDP', 'Answer', 'send', 'device, ip, addr'),
    ('SSDP', 'Answer', 'sendto', 'transport, addr'),
    ('SSDP', 'Notify', 'send', 'ip, usn=None, transport=None'),
    ('SSDP', 'Notify', 'sendto', 'transport, addr'),
    ('SSDP', 'SSDP', 'initLoop', 'loop'),
    ('SSDP', 'SSDP', 'notify', ''),
    ('SSDP', 'SSDP', 'dispose', ''),
    ('SSDP', 'SSDP_Protocol', 'answer', 'st, addr'),
    ('SSDP', 'SSDP_Protocol', 'getDevices', 'st'),
    ('SSDP', 'SSDP_Protocol', 'notify', 'device, ip'),
    ('SSDP', 'SSDP_Protocol', 'provides', 'usn'),
]

AT_THE_TOP = {'Announcer': 'UPnP', 'Annoncer': 'UPnP', 'Device': 'Objects', 'Service': 'Objects', 'Icon': 'Objects'}
PUBLIC = ('upnp', 'upnp.Errors', 'upnp.HTTP', 'upnp.Objects', 'upnp.SSDP', 'upnp.UPnP')
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.VAR_POSITIONAL)


def classNamed(module: str, name: str) -> type:
    """A class of the package."""
    found = getattr(importlib.import_module(f'upnp.{module}'.rstrip('.')), name)
    assert inspect.isclass(found)
    return found


def classesOf(module: str) -> list[type]:
    """The classes that a public module hands out."""
    public = importlib.import_module(module)
    return [kind for name in public.__all__ if inspect.isclass(kind := getattr(public, name))]


def shown(parameters: list[Parameter]) -> str:
    """Parameters as the documentation writes them."""
    bare = [one.replace(annotation=Parameter.empty) for one in parameters]
    return ', '.join(str(one) for one in bare)


def documented(function: object) -> str:
    """The positional parameters, without ``self``."""
    parameters = inspect.signature(function).parameters.values()
    return shown([one for one in parameters if one.kind in POSITIONAL and one.name != 'self'])


def ours(function: object) -> list[Parameter]:
    """The parameters that can be given by keyword only."""
    parameters = inspect.signature(function).parameters.values()
    return [one for one in parameters if one.kind not in POSITIONAL]


@pytest.mark.parametrize(('module', 'name', 'base', 'parameters'), CLASSES)
def test_a_class_is_made_as_documented(module: str, name: str, base: object, parameters: str) -> None:
    assert documented(classNamed(module, name)) == parameters


@pytest.mark.parametrize(('module', 'name', 'base', 'parameters'), CLASSES)
def test_a_class_has_its_documented_base(module: str, name: str, base: type | str, parameters: str) -> None:
    kind = classNamed(module, name)
    wanted = classNamed(module, base) if isinstance(base, str) else base
    assert wanted in kind.__mro__[1:]
    if isinstance(base, type):
        assert kind.__bases__ == (base,)
    assert (kind.__module__, kind.__qualname__) == (f'upnp.{module}', name)


@pytest.mark.parametrize('module', PUBLIC)
def test_a_public_module_hands_out_classes_under_its_own_name(module: str) -> None:
    names = importlib.import_module(module).__all__
    kinds = [kind for name in names if inspect.isclass(kind := getattr(importlib.import_module(module), name))]
    assert [kind for kind in kinds if kind.__module__ not in PUBLIC] == []
    assert [
        kind for kind in kinds if getattr(importlib.import_module(kind.__module__), kind.__name__) is not kind
    ] == []
    if module != 'upnp':
        assert {kind.__module__ for kind in kinds} == {module}


@pytest.mark.parametrize('module', PUBLIC)
def test_the_hints_and_the_help_of_all_that_is_public_can_be_had(module: str) -> None:
    for kind in classesOf(module):
        typing.get_type_hints(kind)
        for member in vars(kind).values():
            function = getattr(member, '__func__', getattr(member, 'fget', member))
            if inspect.isfunction(function):
                typing.get_type_hints(function)
        assert f'class {kind.__name__}' in pydoc.plain(pydoc.render_doc(kind))


@pytest.mark.parametrize(('module', 'name', 'method', 'parameters'), METHODS)
def test_a_method_is_called_as_documented(module: str, name: str, method: str, parameters: str) -> None:
    assert documented(getattr(classNamed(module, name), method)) == parameters


@pytest.mark.parametrize(('module', 'name', 'base', 'parameters'), CLASSES)
def test_what_a_constructor_takes_beyond_is_optional(module: str, name: str, base: object, parameters: str) -> None:
    beyond = [one for one in ours(classNamed(module, name)) if one.kind is not Parameter.VAR_KEYWORD]
    assert [one.name for one in beyond if one.kind is not Parameter.KEYWORD_ONLY or one.default is one.empty] == []
    assert (len(beyond) == len(ours(classNamed(module, name)))) == (base != '_BaseObj')


def test_what_a_method_takes_beyond_is_optional() -> None:
    beyond = [one for module, name, method, _ in METHODS for one in ours(getattr(classNamed(module, name), method))]
    assert [one for one in beyond if one.kind is not Parameter.KEYWORD_ONLY or one.default is one.empty] == []


def test_a_documented_method_is_a_plain_call_but_for_the_one_that_asyncio_runs() -> None:
    methods = {method: getattr(classNamed(module, name), method) for module, name, method, _ in METHODS}
    assert [name for name, method in methods.items() if inspect.iscoroutinefunction(method)] == ['InConnection']


def test_all_that_is_documented_is_described_in_words() -> None:
    things = [classNamed(module, name) for module, name, _, _ in CLASSES]
    things += [getattr(classNamed(module, name), method) for module, name, method, _ in METHODS]
    assert [thing for thing in things if not thing.__doc__] == []


@pytest.mark.parametrize(('name', 'module'), AT_THE_TOP.items())
def test_the_main_classes_stand_in_the_package_itself(name: str, module: str) -> None:
    assert getattr(upnp, name) is classNamed(module, name)
    assert name in upnp.__all__


def test_the_base_of_the_objects_takes_a_dict() -> None:
    base = classNamed('Objects', '_BaseObj')
    assert base.__bases__ == (object,)
    assert documented(base) == 'obj=None'


@pytest.mark.parametrize('module', ['HTTP', 'Objects', 'SSDP', 'UPnP'])
def test_no_name_of_the_package_hides_a_documented_module(module: str) -> None:
    assert inspect.ismodule(getattr(upnp, module))
    assert module not in upnp.__all__


def test_all_that_is_exported_is_there_in_order() -> None:
    assert sorted(upnp.__all__) == list(upnp.__all__)
    assert all(hasattr(upnp, name) for name in upnp.__all__)


@pytest.mark.parametrize('kind', [upnp.Annoncer, upnp.Announcer])
@pytest.mark.parametrize('obj', [{}, None, {'deviceType': 'urn:sadmin-fr:device:demo:1'}])
def test_an_announcer_is_made_without_a_loop(kind: type[upnp.Announcer], obj: dict[str, object] | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        announcer = kind(upnp.Device(obj))
    assert isinstance(announcer, upnp.Announcer)
    assert (announcer.httpPort, announcer.netBind, announcer.locations) == (5000, '0.0.0.0', {})


def test_an_announcer_takes_its_documented_arguments_by_position_and_by_name() -> None:
    byPosition = upnp.Annoncer(upnp.Device(), 8080, '127.0.0.1')
    byName = upnp.Annoncer(netBind='127.0.0.1', httpPort=8080, device=upnp.Device())
    assert [(one.httpPort, one.netBind) for one in (byPosition, byName)] == [(8080, '127.0.0.1')] * 2
    with pytest.raises(TypeError):
        upnp.Annoncer(upnp.Device(), 8080, '127.0.0.1', ['eth0'])


def test_an_announcer_that_never_ran_can_be_told_to_stop() -> None:
    announcer = upnp.Annoncer(upnp.Device())
    announcer.notify()
    announcer.bye()
    announcer.dispose()
    announcer.dispose()


def test_the_objects_of_the_quickstart_are_made() -> None:
    device = upnp.Device(
        {
            'deviceType': 'urn:sadmin-fr:device:demo:1',
            'friendlyName': 'UPnP Test',
            'uuid': '00a56575-78fa-40fe-b107-8f4b5043a2b0',
            'manufacturer': 'BONNET',
            'manufacturerURL': 'http://sadmin.fr',
        }
    )
    service = upnp.Service({'serviceType': 'sadmin-fr:service:dummy', 'serviceId': 'sadmin-fr:serviceId:1'})
    device.addService(service)
    server = upnp.Annoncer(device)
    assert (server.device, server.devices, device.services) == (device, (device,), [service])
