"""`python -m upnp announce`, as a newcomer runs it."""

from __future__ import annotations

import re
import signal
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.lan.expected import EXAMPLES
from tests.lan.hosts import STOP_SECONDS, Host, Network, pythonCommand
from tests.lan.soap import call, controlUrls
from tests.lan.ssdp import Listener, search
from tests.lan.tools import withoutSlowTurns
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

BASIC = 'urn:schemas-upnp-org:device:Basic:1'
BOARD = 'urn:example-org:device:board:1'
SERVICES = ('urn:example-org:service:camera:1', 'urn:example-org:service:light:1', 'urn:example-org:service:light:1')
UUID = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
ICON = EXAMPLES / 'announce_my_pi.png'
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
PNPX = '{http://schemas.microsoft.com/windows/pnpx/2005/11}'
ANNOUNCE = ('-m', 'upnp', 'announce')


def visits(output: str) -> list[str]:
    """Return what was told of peers, without the times."""
    return re.findall(r'^[\d:]{8}  ([\da-f.:]+ (?:searched|read|opened|fetched|called|was) .*)$', output, re.MULTILINE)


def test_announce_prints_where_it_is_and_who_asked_and_ends_at_ctrl_c(deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        program = deviceHost.python('-m', 'upnp', 'announce', '--name', 'My board', strict=True)
        (location,) = {one.location for one in listener.waitFor(lambda seen: len(seen) >= 3)}
        (answer,) = search(searcher, BASIC)
        assert b'My board' in fetch(searcher, location).body
        page = location.replace('/descr.xml', '/')
        assert b'My board' in fetch(searcher, page).body
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=STOP_SECONDS)
        listener.waitForByebye([answer.usn])
    assert (program.returncode, withoutSlowTurns(errors)) == (0, '')
    assert all(text in output for text in ('My board', location, page))
    assert output.startswith('My board (uuid:')
    assert output.endswith('\nbyebye\n')
    assert visits(output) == [
        f'{searcher.address} searched for {BASIC}',
        f'{searcher.address} read the description',
        f'{searcher.address} opened the page',
    ]


def test_announce_takes_the_port_the_type_and_the_interface_given(deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        options = ('--port', '5001', '--type', 'urn:exemple-org:device:board:1', '--interface', 'eth0')
        deviceHost.python('-m', 'upnp', 'announce', *options, strict=True)
        listener.waitFor(lambda seen: len(seen) >= 3)
        (answer,) = search(searcher, 'urn:exemple-org:device:board:1')
    assert answer.location == f'http://{deviceHost.address}:5001/descr.xml'


def test_the_uuid_that_is_derived_is_the_same_after_a_restart(deviceHost: Host, searcher: Host) -> None:
    udns = []
    for _start in range(2):
        with Listener(searcher) as listener:
            program = deviceHost.python('-m', 'upnp', 'announce', strict=True)
            listener.waitFor(lambda seen: len(seen) >= 3)
            program.send_signal(signal.SIGTERM)
            program.communicate(timeout=STOP_SECONDS)
            udns.append({one.usn.partition('::')[0] for one in listener.seen})
    assert udns[0] == udns[1]


def test_an_interface_that_is_not_there_is_named_with_those_that_are(deviceHost: Host) -> None:
    """No network yet is no error: it waits for the interface."""
    program = deviceHost.python('-m', 'upnp', 'announce', '--interface', 'eth7', strict=True)
    assert program.stdout is not None
    said = next(line for line in program.stdout if 'eth7' in line)
    assert 'eth0' in said
    program.send_signal(signal.SIGINT)
    assert withoutSlowTurns(program.communicate(timeout=STOP_SECONDS)[1]) == ''
    assert program.returncode == 0


def test_alone_it_says_how(deviceHost: Host) -> None:
    program = deviceHost.python('-m', 'upnp', strict=True)
    output, errors = program.communicate(timeout=STOP_SECONDS)
    assert 'announce' in output
    assert errors == ''


def test_all_options_are_seen_from_another_host(deviceHost: Host, searcher: Host) -> None:
    options = (
        *('--name', 'My board', '--type', BOARD, '--uuid', UUID, '--port', '5001', '--interface', 'eth0'),
        *('--page', 'http://{host}:8080/x', '--icon', ICON, '--category', 'MediaDevices', '--service', *SERVICES[:2]),
        *('--service', SERVICES[2]),
    )
    with Listener(searcher) as listener:
        program = deviceHost.python(*ANNOUNCE, *options, strict=True)
        listener.waitFor(lambda seen: len(seen) >= 3)
    found = {target: {one.usn for one in search(searcher, target)} for target in (BOARD, *SERVICES)}
    assert found == {target: {f'uuid:{UUID}::{target}'} for target in found}
    location = f'http://{deviceHost.address}:5001/descr.xml'
    device = ElementTree.fromstring(fetch(searcher, location).body)[-1]
    told = {
        name: device.findtext(f'{DEVICE}{name}') for name in ('friendlyName', 'deviceType', 'UDN', 'presentationURL')
    }
    assert list(told.values()) == ['My board', BOARD, f'uuid:{UUID}', f'http://{deviceHost.address}:8080/x']
    assert [one.text for one in device.iter() if one.tag.startswith(PNPX)] == ['MediaDevices']
    assert [one.text for one in device.iter(f'{DEVICE}serviceType')] == list(SERVICES)
    assert len({one.text for one in device.iter(f'{DEVICE}serviceId')}) == len(SERVICES)
    icon = fetch(searcher, urljoin(location, device.findtext(f'.//{DEVICE}icon/{DEVICE}url', '')))
    assert icon.body == ICON.read_bytes()
    program.send_signal(signal.SIGTERM)
    output, errors = program.communicate(timeout=STOP_SECONDS)
    assert (program.returncode, withoutSlowTurns(errors)) == (0, '')
    assert f'  on eth0: page        http://{deviceHost.address}:8080/x\n' in output


def test_what_peers_do_is_told_in_words_once(deviceHost: Host, searcher: Host) -> None:
    """Control points search and read again and again."""
    with Listener(searcher) as listener:
        program = deviceHost.python(*ANNOUNCE, '--icon', ICON, '--service', SERVICES[1], strict=True)
        (first, *_) = listener.waitFor(lambda seen: len(seen) >= 3)
    for _again in range(2):
        search(searcher, 'upnp:rootdevice')
        description = ElementTree.fromstring(fetch(searcher, first.location).body)
    for name in ('SCPDURL', f'icon/{DEVICE}url'):
        fetch(searcher, urljoin(first.location, description.findtext(f'.//{DEVICE}{name}', '')))
    call(searcher, controlUrls(searcher, first.location)[SERVICES[1]], SERVICES[1], ('Blink', {}))
    fetch(searcher, urljoin(first.location, '/no%1b[2Jthing'))
    program.send_signal(signal.SIGINT)
    output, _errors = program.communicate(timeout=STOP_SECONDS)
    deeds = [
        *('searched for upnp:rootdevice', 'read the description', 'read a service description', 'fetched the icon'),
        "was refused 'POST",
    ]
    assert len(visits(output)) == len(deeds) + 1
    for line, deed in zip(visits(output), deeds, strict=False):
        assert line.startswith(f'{searcher.address} {deed}')
    assert re.fullmatch(rf"{searcher.address} was refused 'GET /no.*thing': 404 Not Found", visits(output)[-1])
    assert output.replace('\n', '').isprintable()


def test_a_peer_by_ipv6_is_told_by_its_address(network: Network) -> None:
    lan = network.lan()
    deviceHost, searcher = (network.host(name, lan, hasIPv6=True) for name in ('device', 'searcher'))
    with Listener(searcher) as listener:
        program = deviceHost.python(*ANNOUNCE, strict=True)
        listener.waitFor(lambda seen: len({one.source for one in seen}) >= 3)
    (answer,) = search(searcher, BASIC, own=searcher.linkLocal)
    place, _, zone = searcher.linkLocal.partition('%')
    fetch(searcher, answer.location.replace(']', f'%25{zone}]'))
    program.send_signal(signal.SIGINT)
    output, _errors = program.communicate(timeout=STOP_SECONDS)
    assert visits(output) == [f'{place} searched for {BASIC}', f'{place} read the description']


def test_verbose_prints_every_packet(deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        program = deviceHost.python(*ANNOUNCE, '-v', strict=True)
        (first, *_) = listener.waitFor(lambda seen: len(seen) >= 3)
    for _again in range(2):
        fetch(searcher, first.location)
    program.send_signal(signal.SIGINT)
    output, _errors = program.communicate(timeout=STOP_SECONDS)
    assert len(re.findall(rf"< {searcher.address}:\d+ GET '/descr\.xml': 200", output)) == 2
    assert '> ' in output


def test_whoever_starts_without_a_network_is_told_and_told_again_when_one_comes(network: Network) -> None:
    lan, host = network.lan(), network.host('device')
    host.ip('link set lo down')
    program = host.python(*ANNOUNCE, strict=True)
    assert program.stdout is not None
    assert any('nowhere yet' in line for line in program.stdout)
    address = host.join(lan)
    assert any(f' on eth0 at http://{address}:' in line for line in program.stdout)
    program.send_signal(signal.SIGINT)
    assert program.communicate(timeout=STOP_SECONDS)[0].endswith('byebye\n')


def failing(host: Host, *options: str | Path) -> tuple[int, str, str]:
    """Return how the command ends, and what it writes to standard output and to standard error."""
    done = host.run(*pythonCommand(*ANNOUNCE, *options, strict=True), check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ('options', 'status', 'told'),
    [
        (('--icon', 'missing.png'), 2, ('--icon', 'missing.png', 'PNG')),
        (('--icon', '/usr'), 2, ('--icon', '/usr', 'PNG')),
        (('--icon', 'README.md'), 2, ('--icon', 'README.md', 'PNG')),
        (('--uuid', 'lamp'), 2, ('--uuid', 'lamp', 'leave --uuid out')),
        (('--port', '70000'), 2, ('--port', '70000', '65535')),
        (('--nonsense',), 2, ('--nonsense',)),
        (('--type', 'has space'), 1, ('deviceType', 'has space')),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    options: tuple[str, ...], status: int, told: tuple[str, ...], deviceHost: Host
) -> None:
    ended, output, errors = failing(deviceHost, *options)
    assert (ended, output, errors.count('\n')) == (status, '', 1)
    assert [text for text in told if text not in errors] == []


def test_a_port_that_is_taken_is_told_with_the_option_that_avoids_it(deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        deviceHost.python(*ANNOUNCE, '--port', '5001', strict=True)
        listener.waitFor(lambda seen: len(seen) >= 3)
    ended, output, errors = failing(deviceHost, '--port', '5001')
    assert (ended, output, errors.count('\n')) == (1, '', 1)
    assert '5001' in errors
    assert '--port' in errors


def test_when_nobody_reads_its_output_any_more_it_says_byebye(deviceHost: Host, searcher: Host) -> None:
    """As under `upnp announce | head -1`: at the next line it has to write."""
    with Listener(searcher) as listener:
        program = deviceHost.python(*ANNOUNCE, '--name', 'My board', strict=True)
        (first, *_) = listener.waitFor(lambda seen: len(seen) >= 3)
        assert program.stdout is not None
        assert program.stdout.readline().startswith('My board')
        program.stdout.close()
        fetch(searcher, first.location)
        assert program.stderr is not None
        errors = program.stderr.read()
        program.wait(STOP_SECONDS)
        listener.waitForByebye([first.usn])
    assert (program.returncode, withoutSlowTurns(errors)) == (1, '')


def test_before_its_first_line_too(deviceHost: Host) -> None:
    command = ' '.join(pythonCommand(*ANNOUNCE, strict=True))
    done = deviceHost.run('sh', '-c', f'({command}; echo "ended with $?" >&2) | true', timeout=STOP_SECONDS)
    assert withoutSlowTurns(done.stderr) == 'ended with 1\n'


def test_a_disk_that_is_full_is_told_in_one_line(deviceHost: Host) -> None:
    with open('/dev/full', 'w') as full:
        program = deviceHost.python(*ANNOUNCE, strict=True, stdout=full)
        errors = withoutSlowTurns(program.communicate(timeout=STOP_SECONDS)[1])
    assert (program.returncode, errors) == (1, 'upnp announce: [Errno 28] No space left on device\n')
