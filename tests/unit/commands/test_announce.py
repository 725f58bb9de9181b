"""The command line: what it accepts, and what it says of what it does not, in one line."""

import logging
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from upnp import Device
from upnp.commands.announce import MAX_ICON_BYTES, deviceOf
from upnp.commands.main import main, parser
from upnp.description.checks import checkDevice
from upnp.description.urn import serviceIdOf

UUID = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
PNG = b'\x89PNG\r\n\x1a\n' + struct.pack('>I4sIIBBBBB', 13, b'IHDR', 48, 32, 8, 6, 0, 0, 0)
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower'


@pytest.fixture(autouse=True)
def _sameLog() -> Iterator[None]:
    """Have the log as it was: the command shows it."""
    loggers = [logging.getLogger(name) for name in ('', 'asyncio', 'upnp')]
    before = [(one.level, list(one.handlers)) for one in loggers]
    yield
    for one, (level, handlers) in zip(loggers, before, strict=True):
        one.setLevel(level)
        one.handlers[:] = handlers


def device(*options: str) -> Device:
    """The device that the options ask for."""
    return deviceOf(parser().parse_args(['announce', *options]))


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What is said of options that are refused, with the status of a wrong command line."""
    with pytest.raises(SystemExit) as ended:
        main(['announce', *options])
    assert ended.value.code == 2
    output, errors = capsys.readouterr()
    assert output == ''
    assert errors.count('\n') == 1
    return errors


def test_every_option_is_told_by_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(['announce', '--help'])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    options = (
        '--name',
        '--type',
        '--uuid',
        '--port',
        '--interface',
        '--page',
        '--icon',
        '--category',
        '--service',
        '--ipv4',
    )
    assert [option for option in (*options, '-v', '--verbose') if option not in said] == []


def test_without_a_command_it_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert 'announce' in capsys.readouterr().out


def test_without_options_it_is_a_basic_device_with_the_name_of_the_machine() -> None:
    made = device()
    assert (made.deviceType, made.uuid, made.presentationURL) == ('urn:schemas-upnp-org:device:Basic:1', None, None)
    assert made.friendlyName


def test_the_options_are_the_elements_of_the_device(tmp_path: Path) -> None:
    picture = tmp_path / 'lamp.png'
    picture.write_bytes(PNG)
    made = device(
        *('--name', 'Lamp', '--type', 'urn:a-b:device:lamp:1', '--uuid', f'uuid:{UUID}', '--icon', str(picture)),
        *('--page', 'http://{host}:8080/', '--category', 'HomeAutomation.Lighting'),
        *('--service', 'urn:a-b:service:x:1', 'urn:a-b:service:y:1', '--service', 'odd'),
    )
    assert (made.friendlyName, made.deviceType, made.uuid) == ('Lamp', 'urn:a-b:device:lamp:1', UUID)
    assert (made.presentationURL, made.deviceCategory) == ('http://{host}:8080/', 'HomeAutomation.Lighting')
    assert [service.serviceType for service in made.services] == ['urn:a-b:service:x:1', 'urn:a-b:service:y:1', 'odd']
    assert [icon.data for icon in made.icons] == [PNG]


def test_services_of_one_type_have_serviceids_of_their_own() -> None:
    """UDA 1.1 §2.3: it is unique within a device."""
    made = device('--service', f'{SWITCH}:1', f'{SWITCH}:1', f'{SWITCH}:2')
    usual = 'urn:upnp-org:serviceId:SwitchPower'
    assert [serviceIdOf(one) for one in made.services] == [usual, f'{usual}.2', f'{usual}.3']
    checkDevice(made)


@pytest.mark.parametrize(
    ('option', 'value', 'remedy'),
    [
        ('--uuid', 'lamp', UUID),
        ('--uuid', '', UUID),
        ('--uuid', f'{UUID}\n', UUID),
        ('--port', '65536', 'leave --port out'),
        ('--port', '-1', 'leave --port out'),
        ('--port', 'http', 'leave --port out'),
        ('--port', '²', 'leave --port out'),
        ('--port', '9' * 5000, 'leave --port out'),
        ('--page', '8080', 'http://{host}:8080/'),
        ('--page', '/setup', 'http://{host}:8080/'),
        ('--page', 'javascript:alert(1)', 'http://{host}:8080/'),
        ('--page', 'http://{hots}:8080/', 'http://{host}:8080/'),
        ('--page', 'http://{host}/{path}', 'http://{host}:8080/'),
        ('--page', 'http://a b/', 'http://{host}:8080/'),
        ('--page', 'http://', 'http://{host}:8080/'),
        ('--icon', 'missing.png', 'give a PNG file'),
        ('--icon', '', 'give a PNG file'),
        ('--icon', '/', 'give a PNG file'),
        ('--icon', 'a\0b', 'give a PNG file'),
    ],
)
def test_a_wrong_value_is_told_with_its_option_and_a_remedy(
    option: str, value: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, f'{option}={value}')
    assert said.startswith(f'upnp announce: argument {option}: {value!r} ')
    assert remedy in said


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'no picture'),
        (b'#!/bin/sh\n', 'no picture'),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'no picture'),
        (b'\xff\xd8\xff\xe0' + bytes(99), 'image/jpeg, and its size cannot be told'),
        (PNG[:20], 'image/png, and its size cannot be told'),
        (PNG + bytes(MAX_ICON_BYTES), f'more than {MAX_ICON_BYTES} bytes'),
    ],
)
def test_a_file_that_is_no_small_png_is_told_with_the_remedy(
    content: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'picture'
    path.write_bytes(content)
    said = refused(capsys, '--icon', str(path))
    assert said.startswith(f'upnp announce: argument --icon: {str(path)!r} ')
    assert reason in said
    assert ': give a ' in said


def test_a_pipe_in_the_place_of_an_icon_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import os  # here, as a system without pipes that have names skips this

    if not hasattr(os, 'mkfifo'):
        pytest.skip('no named pipes')
    os.mkfifo(tmp_path / 'pipe')
    assert 'no picture' in refused(capsys, '--icon', str(tmp_path / 'pipe'))


@pytest.mark.parametrize('options', [('--nonsense',), ('--uuid',), ('extra',), ('--service',), ('\x1b[2J',)])
def test_a_wrong_command_line_is_told_in_one_line(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, *options).strip().isprintable()


@pytest.mark.parametrize(
    ('options', 'told'),
    [
        (('--name', ''), 'friendlyName'),
        (('--type', 'has space'), 'deviceType'),
        (('--type', ''), 'deviceType'),
        (('--service', ''), 'serviceType'),
        (('--name', 'a\0b'), 'friendlyName'),
        (('--category', '\x1b'), 'deviceCategory'),
    ],
)
def test_what_cannot_be_announced_is_told_in_one_line(
    options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is found at the start, before anything is sent."""
    assert main(['announce', *options]) == 1
    errors = capsys.readouterr().err
    assert told in errors
    assert errors.strip().isprintable()
