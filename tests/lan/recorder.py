"""What the library says on the wire, recorded: a visitor on another host asks each example everything there is.

    python -m tests.lan.recorder [NAME ...]          # write the recordings anew: tests/lan/recordings/NAME.txt

`tests/lan/test_recordings.py` compares. A commit that means to change what is said changes the recordings with it, and
lists the lines in its message.

Only the public API and sockets are used, so the recordings outlast any change inside. What differs from run to run or
from machine to machine is normalised: dates, system and product in SERVER, ports that the system chose, SIDs, UUIDs
derived from the machine and the CONFIGIDs that follow from them, BOOTIDs, checksums in paths, delays, and the order of
answers that are spread. Each such value has a number by its first appearance, so that equal ones are seen to be equal.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from tests.lan.expected import EXAMPLES
from tests.lan.hosts import STOP_SECONDS, Host, Network
from tests.lan.prompt import Prompt

__all__ = ['RECORDINGS', 'SCENES', 'pathOf', 'record']

RECORDINGS = Path(__file__).parent / 'recordings'
QUIET_SECONDS = 1.0  # after a set: within a group of three the longest gap is 0.4 s
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
CONTROL = {'CONTENT-TYPE': 'text/xml; charset="utf-8"'}
SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
ENVELOPE = (
    '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>{}</s:Body></s:Envelope>'
)
VARIABLE_QUERY = 'urn:schemas-upnp-org:control-1-0'


class Part(NamedTuple):
    """A service as its description has it."""

    serviceType: str
    scpd: str
    control: str
    event: str


class Description(NamedTuple):
    """What of a description leads on."""

    location: str
    page: str
    icons: list[str]
    services: list[Part]

    def service(self, noun: str) -> Part:
        """Return the first service whose type has a word in it."""
        return next(one for one in self.services if noun in one.serviceType)


class Names:
    """Numbers for values that differ from run to run, by their first appearance."""

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def of(self, kind: str, value: str) -> str:
        """Return what stands for a value: `<kind 1>`."""
        known = self._known.setdefault(kind, [])
        if value not in known:
            known.append(value)
        return f'<{kind} {known.index(value) + 1}>'


class Normaliser:
    """Replaces what differs from run to run.

    :param isPinned: whether ports and UUIDs are the program's own choice, and so the CONFIGID is worth comparing.
    :param isRandom: whether numbers and moments in values are those of the moment.
    """

    def __init__(self, *, isPinned: bool = False, isRandom: bool = False) -> None:
        self._names = Names()
        uuid = r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
        rules: list[tuple[str, str]] = [
            (f'(?<=SID: uuid:){uuid}', 'sid'),
            (r'(?<=BOOTID\.UPNP\.ORG: )\d+|(?<=01-NLS: )\d+', 'bootId'),
            (r'(?<=SEARCHPORT\.UPNP\.ORG: )\d+', 'search port'),
            (r'(?<=/page-)[0-9a-f]{8}', 'checksum'),
        ]
        if not isPinned:
            rules += [
                (uuid, 'uuid'),
                (r'(?<=CONFIGID\.UPNP\.ORG: )\d+|(?<=configId=")\d+|(?<=data-config=")\d+', 'configId'),
                (r'(?<=event: config\ndata: )\d+', 'configId'),
                (r'(?<=CONTENT-LENGTH: )[1-9]\d*', 'length'),  # of documents that have it
                (r'(?<=\d:|\]:)(?!1900|7900|8080|5000)\d{4,5}\b', 'port'),
            ]
        if isRandom:
            rules += [
                (r'(?<=>)-?\d+\.\d+(?=<)|(?<=":")-?\d+\.\d+(?=")', 'number'),
                (r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d', 'moment'),
                (r'[A-Za-z0-9+/]{100,}=*', 'base64'),
            ]
        self._rules = [(re.compile(pattern), kind) for pattern, kind in rules]
        self._callback: int | None = None

    def callback(self, port: int) -> None:
        """Know the port of the visitor itself."""
        self._callback = port

    def __call__(self, text: str) -> str:
        """Return a message or several as they are recorded: lines end with LF, and all that end so are marked."""
        text = re.sub(r'\r\n', '\n', text)
        text = re.sub(r'\r', '<CR>', text)
        text = re.sub(r'(?<=DATE: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', '<date>', text)
        text = re.sub(r'(?<=SERVER: )\S+ (UPnP/1\.1) [^/\n]+/\S+', r'<system> \1 <product>', text)
        text = re.sub(r'(?<=EXT:)( +)', lambda found: f'<{len(found[1])} spaces>', text)
        if self._callback is not None:
            text = text.replace(f':{self._callback}', ':<callback>')
        for pattern, kind in self._rules:
            text = pattern.sub(lambda found, kind=kind: self._nameOf(kind, found[0]), text)
        return re.sub(r' +(?=\n|\Z)', lambda found: f'<{len(found[0])} spaces>', text)

    def _nameOf(self, kind: str, value: str) -> str:
        return '<length>' if kind == 'length' else self._names.of(kind, value)


class Recorder:
    """Visits one device, and keeps what it says.

    :param visitor: a prompt on the visitor's host.
    """

    def __init__(self, host: Host, visitor: Prompt, deviceHost: Host, normalise: Normaliser) -> None:
        self._host = host
        self._visitor = visitor
        self._deviceHost = deviceHost
        self._normalise = normalise
        self._records: list[str] = []
        self._targets: list[str] = []
        self._assets: set[str] = set()
        visitor.do('from tests.lan.programs.visitor import Visitor')
        visitor.do(f"visitor = Visitor('eth0', {host.address!r})")
        self._callbackPort: int = visitor.do('visitor.callbackPort')
        normalise.callback(self._callbackPort)

    @property
    def text(self) -> str:
        """The recording."""
        return ''.join(self._records)

    def add(self, title: str, *messages: str) -> None:
        """Keep something under a title."""
        body = '\n'.join(self._normalise(message).rstrip('\n') + '\n' for message in messages)
        self._records.append(f'==== {self._normalise(title)}\n{body}\n')

    # Discovery

    def advertisements(self, title: str, *, isThorough: bool = False) -> list[str]:
        """Record what is advertised until it is quiet, by the address that it comes from; return one of each."""
        seen: dict[str, list[str]] = {}
        for source, text in self._visitor.do(f'visitor.advertisements({QUIET_SECONDS})'):
            seen.setdefault(source, []).append(text)
        first: list[tuple[str, int]] = []
        for source in sorted(seen, key=lambda one: (':' in one, one)):
            runs = withoutRepeats(seen[source])
            alike = [(likeOthers(message), times) for message, times in runs]
            if not isThorough and first == alike:
                self.add(f'{title} from {source}, but for HOST and LOCATION the same')
                continue
            first = first or alike
            for times, group in groupby(runs, key=lambda run: run[1]):
                self.add(f'{title} from {source}, {times} of each', *(message for message, _ in group))
        return [message for messages in seen.values() for message in dict.fromkeys(messages)]

    def start(self, *, isThorough: bool = False) -> Description:
        """Record the first sets, what searches find, and all documents; return the first description.

        :param isThorough: search in every way, not by multicast over IPv4 alone, and read the description by IPv6 too.
        """
        messages = self.advertisements('advertised at the start', isThorough=isThorough)
        self._targets = list(dict.fromkeys(field(message, 'NT') for message in messages))
        locations = list(dict.fromkeys(field(one, 'LOCATION') for one in messages))
        self.searches(isThorough)
        byIPv4 = [one for one in locations if urlsplit(one).hostname == self._deviceHost.address]
        for other in locations:
            if isThorough and other not in byIPv4:
                self.add(f'description at {other}', self.get(other))
        descriptions = [self.documents(location) for location in byIPv4]
        return descriptions[0]

    def searches(self, isThorough: bool) -> None:
        """Record the answers to a search for each target, for lower versions, and for what is not there."""
        lower = [re.sub(r':2\Z', ':1', target) for target in self._targets]
        targets = list(dict.fromkeys(('ssdp:all', *self._targets, *lower, 'urn:example-org:device:none:1')))
        own, device = self._host, self._deviceHost
        zone = '%eth0'
        ways = [
            ('multicast by IPv4', own.address, '239.255.255.250', 1),
            ('unicast by IPv4', own.address, device.address, None),
            ('multicast by IPv6', own.linkLocal, f'ff02::c{zone}', 1),
            ('unicast by IPv6', own.linkLocal, device.linkLocal, None),
        ]
        for way, source, to, mx in ways if isThorough else ways[:1]:
            if way != ways[0][0]:
                targets = targets[:2]
            answers = self._visitor.do(f'visitor.search({targets}, {source!r}, {to!r}, {mx!r})')
            for target in targets:
                self.add(f'answers to {target}, {way}', *sorted(answers[target], key=byContent))

    # Documents

    def documents(self, location: str) -> Description:
        """Record a description and all that it leads to here."""
        answer = self.get(location)
        self.add(f'description at {location}', answer)
        described = self.parsed(location, answer)
        served = urlsplit(location).netloc
        pages = [described.page] if described.page else []
        for url in dict.fromkeys((*(one.scpd for one in described.services), *described.icons, *pages)):
            if urlsplit(url).netloc == served:
                self.document(url)
        return described

    def document(self, url: str, method: str = 'GET', body: str = '', **fields: str) -> str:
        """Record the answer to a request; of a page also what it is made of."""
        answer = self.get(url, method, body, **fields)
        shown = answer
        head, _, content = answer.partition('\r\n\r\n')
        if re.search(r'(?i)content-type: (image|text/css|text/javascript)', head):
            shown = f'{head}\r\n\r\n({"some" if content else "no"} bytes)'
            if 'image' not in head:
                shown = re.sub(r'CONTENT-LENGTH: \d+', 'CONTENT-LENGTH: <length>', shown)
        self.add(f'{method} {urlsplit(url).path}{shownFields(fields)}', shown)
        for asset in re.findall(r'(?:href|src)="(/page-[^"]+)"', content):
            if asset not in self._assets:
                self._assets.add(asset)
                self.document(urljoin(url, asset))
        return answer

    def get(self, url: str, method: str = 'GET', body: str = '', **fields: str) -> str:
        """Return the answer to a request."""
        return self.exchanged(url, requestFor(url, method, body, fields))[0]

    def exchanged(self, url: str, *requests: str) -> list[str]:
        """Return the answers to requests as they are."""
        parts = urlsplit(url)
        host = (parts.hostname or '') + ('%eth0' if (parts.hostname or '').startswith('fe80') else '')
        answers: list[str] = self._visitor.do(f'visitor.exchange({host!r}, {parts.port}, *{list(requests)!r})')
        return answers

    def parsed(self, location: str, answer: str) -> Description:
        """Return what of a description leads on."""
        root = ElementTree.fromstring(answer.partition('\r\n\r\n')[2])

        def urls(element: str, name: str) -> list[str]:
            return [urljoin(location, one.findtext(f'{DEVICE}{name}', '')) for one in root.iter(f'{DEVICE}{element}')]

        types = [one.findtext(f'{DEVICE}serviceType', '') for one in root.iter(f'{DEVICE}service')]
        columns = (types, *(urls('service', name) for name in ('SCPDURL', 'controlURL', 'eventSubURL')))
        (page, *_) = urls('device', 'presentationURL')
        return Description(location, page, urls('icon', 'url'), [Part(*row) for row in zip(*columns, strict=True)])

    # Control and eventing

    def call(self, service: Part, action: str, arguments: str = '', **others: str) -> None:
        """Record the answer to a call.

        :param arguments: in XML.
        :param others: header fields in place of the usual ones.
        """
        body = ENVELOPE.format(f'<u:{action} xmlns:u="{service.serviceType}">{arguments}</u:{action}>')
        headers = CONTROL | {'SOAPACTION': f'"{service.serviceType}#{action}"'} | others
        answer = self.get(service.control, 'POST', body, **headers)
        self.add(f'call of {service.serviceType}#{action} {arguments}{shownFields(others)}', answer)

    def query(self, service: Part, name: str) -> None:
        """Record the answer to a query of a state variable."""
        body = ENVELOPE.format(
            f'<u:QueryStateVariable xmlns:u="{VARIABLE_QUERY}"><u:varName>{name}</u:varName></u:QueryStateVariable>'
        )
        headers = CONTROL | {'SOAPACTION': f'"{VARIABLE_QUERY}#QueryStateVariable"'}
        self.add(f'query of {name}', self.get(service.control, 'POST', body, **headers))

    def subscribe(self, service: Part, **others: str) -> str:
        """Record a subscription and its initial event; return the SID."""
        headers = {
            'CALLBACK': f'<http://{self._host.address}:{self._callbackPort}/events>',
            'NT': 'upnp:event',
            'TIMEOUT': 'Second-1800',
        } | others
        answer = self.get(service.event, 'SUBSCRIBE', **headers)
        self.add(f'SUBSCRIBE to {service.serviceType}', answer)
        self.events('initial event', 1)
        return field(answer, 'SID')

    def events(self, title: str, count: int) -> None:
        """Record events that have come to the callback."""
        self.add(title, *self._visitor.do(f'visitor.events({count})'))

    def groupEvents(self, title: str, count: int) -> None:
        """Record events that were sent to all, by IPv4 first."""
        seen = self._visitor.do(f'visitor.groupEvents({count})')
        self.add(title, *(text for _, text in sorted(seen, key=lambda one: (':' in one[0], one))))

    def followed(self, title: str) -> None:
        """Record what came on the stream of a page."""
        self.add(title, self._visitor.do('visitor.followed()'))

    def follow(self, page: str) -> None:
        """Record the beginning of the stream of a page."""
        (path,) = re.findall(r'data-live="([^"]+)"', self.get(page))
        url = urljoin(page, path)
        parts = urlsplit(url)
        request = requestFor(url, 'GET', '', {})
        started = self._visitor.do(f'visitor.follow({parts.hostname!r}, {parts.port}, {request!r})')
        self.add(f'stream at {path}', started)

    def leave(self) -> None:
        """Close the stream."""
        self._visitor.do('visitor.leave()')


def shownFields(fields: dict[str, str]) -> str:
    """Return the header fields of a request as a title has them."""
    return ''.join(f', {name.replace("_", "-")}: {value}' for name, value in fields.items())


def requestFor(url: str, method: str, body: str, fields: dict[str, str]) -> str:
    """Return a request that closes its connection, with other fields in the place of its own."""
    parts = urlsplit(url)
    headers = {'HOST': parts.netloc, 'CONNECTION': 'close'} | {n.replace('_', '-'): v for n, v in fields.items()}
    if body:
        headers['CONTENT-LENGTH'] = str(len(body))
    target = parts.path + (f'?{parts.query}' if parts.query else '')
    return f'{method} {target} HTTP/1.1\r\n' + ''.join(f'{n}: {v}\r\n' for n, v in headers.items()) + f'\r\n{body}'


def withoutRepeats(messages: list[str]) -> list[tuple[str, int]]:
    """Return messages with how many times each was sent, where they came in sets; as they came where they did not."""
    runs: list[tuple[str, int]] = []
    for kind, group in groupby(messages, key=lambda message: field(message, 'NTS')):
        run = list(group)
        if kind == 'ssdp:byebye':
            run.sort(key=byContent)  # those after a change come in any order
        count = len(dict.fromkeys(run))
        times = len(run) // count
        isSet = run == run[:count] * times
        runs += [(message, times) for message in run[:count]] if isSet else [(message, 1) for message in run]
    return runs


def likeOthers(message: str) -> str:
    """Return an advertisement without what is of the address that it came from."""
    return re.sub(r'(?m)^(HOST|LOCATION|OPT|01-NLS): .*\n', '', message.replace('\r\n', '\n'))


def byContent(message: str) -> str:
    """Return what answers are sorted by: the fields that say what they are about."""
    return field(message, 'USN') + field(message, 'ST')


def field(message: str, name: str) -> str:
    """Return a header field of a message; empty when it is not there."""
    found = re.search(rf'(?m)^{name}: *([^\r\n]*)', message)
    return '' if found is None else found[1]


# The scenes

Scene = Callable[[Network, Normaliser], str]


def hostsOf(network: Network) -> tuple[Host, Host]:
    """Return the device's host and the visitor's, on one LAN."""
    lan = network.lan()
    return network.host('device', lan, hasIPv6=True), network.host('visitor', lan, hasIPv6=True)


def visitExample(name: str, visit: Callable[[Recorder, Description], None]) -> Scene:
    """Return the scene of an example, run as it stands."""

    def scene(network: Network, normalise: Normaliser) -> str:
        deviceHost, host = hostsOf(network)
        file, *options = name.split()
        with Prompt(host, strict=False) as visitor:
            recorder = Recorder(host, visitor, deviceHost, normalise)
            program = deviceHost.python(EXAMPLES / file, *options)
            visit(recorder, recorder.start())
            program.send_signal(signal.SIGINT)
            recorder.advertisements('byebye')
            program.communicate(timeout=STOP_SECONDS)
            return recorder.text

    return scene


def nothingMore(recorder: Recorder, described: Description) -> None:
    """Do no more than with every example."""


def visitLight(recorder: Recorder, described: Description) -> None:
    power, dimming = described.services
    recorder.subscribe(power)
    recorder.call(power, 'GetStatus')
    recorder.call(power, 'SetTarget', '<newTargetValue>1</newTargetValue>')
    recorder.events('event', 1)
    recorder.call(power, 'GetTarget')
    recorder.call(dimming, 'SetLoadLevelTarget', '<newLoadlevelTarget>101</newLoadlevelTarget>')
    recorder.call(dimming, 'SetLoadLevelTarget', '<newLoadlevelTarget>60</newLoadlevelTarget>')
    recorder.call(dimming, 'GetLoadLevelStatus')
    recorder.document(described.page)


def visitCamera(recorder: Recorder, described: Description) -> None:
    (camera,) = described.services
    recorder.call(camera, 'Capture', '<Width>8</Width>')
    recorder.call(camera, 'Capture', '<Width>7</Width>')


def visitSensor(recorder: Recorder, described: Description) -> None:
    (sensor,) = described.services
    recorder.subscribe(sensor)
    recorder.call(sensor, 'Read', '<Unit>C</Unit>')
    recorder.call(sensor, 'Read', '<Unit>K</Unit>')


def visitOwnPage(recorder: Recorder, described: Description) -> None:
    recorder.document(described.page, 'POST', 'name=Porch')
    recorder.advertisements('advertised after a change')
    recorder.documents(described.location)
    recorder.document(described.page, 'POST', 'name=Porch', ORIGIN='http://example.org')


def visitCommand(network: Network, normalise: Normaliser) -> str:
    """Record `upnp announce`: what it sends, and what it prints."""
    deviceHost, host = hostsOf(network)
    options = '--name Board --uuid 6a7b8c90-0000-4000-8000-00000000000a --port 5000 --page http://{host}:8080/'
    more = ('--category', 'Computers', '--service', 'urn:example-org:service:a:1', 'urn:example-org:service:a:2')
    with Prompt(host, strict=False) as visitor:
        recorder = Recorder(host, visitor, deviceHost, normalise)
        program = deviceHost.python('-m', 'upnp', 'announce', *options.split(), *more, stderr=subprocess.STDOUT)
        printed: list[str] = []
        assert program.stdout is not None
        reader = threading.Thread(target=lambda: printed.extend(program.stdout or ()))
        reader.start()
        described = recorder.start()
        recorder.document(urljoin(described.location, '/none'))
        program.send_signal(signal.SIGINT)
        recorder.advertisements('byebye')
        program.wait(STOP_SECONDS)
        reader.join()
        lines = (re.sub(r'^\d\d:\d\d:\d\d', '<time>', line) for line in printed)
        recorder.add('printed', ''.join(sortedSearches(lines)))
        return recorder.text


def sortedSearches(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, those about searches that stand together in order: they were sent at once."""
    searches: list[str] = []
    for line in lines:
        if ' searched for ' in line:
            searches.append(line)
            continue
        yield from sorted(searches)
        searches = []
        yield line
    yield from sorted(searches)


def visitExhibit(network: Network, normalise: Normaliser) -> str:
    """Record the device that has everything, while it changes, is left and comes back."""
    deviceHost, host = hostsOf(network)
    with Prompt(host, strict=False) as visitor, Prompt(deviceHost, strict=False) as device:
        recorder = Recorder(host, visitor, deviceHost, normalise)
        device.do('from tests.lan.programs import exhibit')
        device.do('main = exhibit.makeExhibit()')
        device.do("server = upnp.Announcer(main, extraHeaders={'X-EXTRA': 'yes'})")
        device.do("server.addPage('/setup', exhibit.setup)")
        device.do("server.addPage('/broken', exhibit.broken)")
        device.do("server.addPage('/logo.svg', b'<svg/>')")
        device.do('await server.start()')
        described = recorder.start(isThorough=True)
        recordHttp(recorder, described)
        recordControl(recorder, described)
        recordEventing(recorder, described, device)
        recordChanges(recorder, described, device, network, deviceHost)
        device.do('await server.stop()')
        recorder.advertisements('byebye')
        return recorder.text


def recordHttp(recorder: Recorder, described: Description) -> None:
    """Record pages of one's own, and every way in which HTTP refuses something."""
    location, page = described.location, described.page
    recorder.document(urljoin(page, '/setup?a=1'))
    recorder.document(urljoin(page, '/setup'), 'POST', 'b=2')
    recorder.document(urljoin(page, '/setup'), 'POST', 'b=2', ORIGIN='http://example.org')
    recorder.document(urljoin(page, '/broken'))
    recorder.document(urljoin(page, '/logo.svg'))
    recorder.document(location, 'HEAD')
    recorder.document(location, ACCEPT_LANGUAGE='de')
    recorder.document(location, CONNECTION='keep-alive, close')
    for method in ('POST', 'PUT', 'OPTIONS', 'BREW'):
        recorder.document(location, method)
    recorder.document(urljoin(location, '/none'))
    recorder.document(location, HOST='rebound.example.org')
    recorder.document(page, ORIGIN='http://example.org')
    stream = urljoin(page, next(iter(re.findall(r'data-live="([^"]+)"', recorder.get(page)))))
    recorder.document(stream, SEC_FETCH_SITE='cross-site')
    recorder.document(stream, 'HEAD')
    keep = requestFor(location, 'HEAD', '', {}).replace('CONNECTION: close\r\n', '')
    recorder.add('two requests, one connection', *recorder.exchanged(location, keep, keep))
    path = urlsplit(location).path
    odd = {
        'no request': 'nonsense\r\n\r\n',
        'HTTP/1.0': f'HEAD {path} HTTP/1.0\r\n\r\n',
        'HTTP/1.0, kept': f'HEAD {path} HTTP/1.0\r\nCONNECTION: keep-alive\r\n\r\n',
        'HTTP/2.0': f'HEAD {path} HTTP/2.0\r\nHOST: a\r\n\r\n',
        'no HOST': f'HEAD {path} HTTP/1.1\r\n\r\n',
        'a long line': f'GET /{"a" * 9000} HTTP/1.1\r\n\r\n',
        'a long head': f'GET {path} HTTP/1.1\r\nX: {"a" * 17000}\r\n\r\n',
        'a long body': f'POST {path} HTTP/1.1\r\nHOST: {urlsplit(location).netloc}\r\nCONTENT-LENGTH: 300000\r\n\r\n',
        'an absolute target': f'HEAD {location} HTTP/1.1\r\nHOST: {urlsplit(location).netloc}\r\n\r\n',
    }
    for title, request in odd.items():
        recorder.add(title, *recorder.exchanged(location, request))


def recordControl(recorder: Recorder, described: Description) -> None:
    """Record results and faults."""
    heating, bare = described.service('heating:2'), described.service('bare')
    recorder.call(heating, 'SetLevel', '<Level>55</Level>')
    recorder.call(heating, 'SetMode', '<Mode>eco</Mode>')
    recorder.call(heating, 'Measure', '<Unit>F</Unit><Digits>2</Digits>')
    recorder.call(heating, 'Picture')
    recorder.call(bare, 'Both', '<Text>a &amp; &lt;b&gt;</Text>')
    for name in ('Level', 'Note', 'Firmware', 'None'):
        recorder.query(heating, name)
    recorder.call(heating, 'None')
    recorder.call(heating, 'SetLevel')
    recorder.call(heating, 'SetLevel', '<Level>warm</Level>')
    recorder.call(heating, 'SetLevel', '<Level>101</Level>')
    recorder.call(heating, 'SetMode', '<Mode>hot</Mode>')
    recorder.call(heating, 'Fail', '<Reason>sun</Reason>')
    recorder.call(heating, 'Break')
    recorder.call(bare, 'Later', '<Text>x</Text>')
    recorder.call(heating, 'Picture', SOAPACTION='"other#Picture"')
    recorder.call(heating, 'Picture', CONTENT_TYPE='text/plain')
    recorder.document(heating.control, 'POST', 'no XML', **CONTROL, SOAPACTION=f'"{heating.serviceType}#Picture"')
    recorder.document(heating.control, 'POST', '<a/>', **CONTROL)
    recorder.document(heating.control)
    recorder.document(heating.control, 'POST', '<a/>', **CONTROL, ORIGIN='http://example.org')
    mPost = {'MAN': f'"{SOAP}"; ns=01', '01-SOAPACTION': f'"{heating.serviceType}#Picture"'}
    body = ENVELOPE.format(f'<u:Picture xmlns:u="{heating.serviceType}"/>')
    recorder.document(heating.control, 'M-POST', body, **CONTROL, **mPost)


def recordEventing(recorder: Recorder, described: Description, device: Prompt) -> None:
    """Record subscriptions, events to subscribers, to all and to the page, and the refusals."""
    heating, bare = described.service('heating:2'), described.service('bare')
    sid = recorder.subscribe(heating)
    recorder.follow(described.page)
    device.do('main.services[0].Level = 60')
    recorder.events('event', 1)
    recorder.followed('news of the page')
    device.do("main.services[0].Alert = 'smoke & fire'")
    recorder.events('event', 1)
    recorder.followed('news of the page')
    recorder.groupEvents('event to all', 2)
    recorder.call(heating, 'SetLevel', '<Level>0</Level>')
    recorder.events('event of two values', 1)
    recorder.followed('news of the page')
    recorder.document(heating.event, 'SUBSCRIBE', SID=sid, TIMEOUT='Second-infinite')
    recorder.document(heating.event, 'UNSUBSCRIBE', SID=sid)
    for fields in (
        {'SID': sid},
        {'NT': 'upnp:event'},
        {'CALLBACK': '<http://192.168.1.200/>', 'NT': 'upnp:event'},
        {'CALLBACK': '<http://192.168.1.11/>', 'NT': 'other'},
        {'CALLBACK': '<http://192.168.1.11/>', 'NT': 'upnp:event', 'SID': sid},
    ):
        recorder.document(heating.event, 'SUBSCRIBE', **fields)
    recorder.document(heating.event, 'UNSUBSCRIBE', SID=sid)
    recorder.document(bare.event, 'SUBSCRIBE')
    recorder.document(heating.event, 'SUBSCRIBE', ORIGIN='http://example.org')
    sid = recorder.subscribe(heating, STATEVAR='Level,IsOn', TIMEOUT='Second-10')
    device.do('main.services[0].Level = 80')
    recorder.events('event of a chosen value', 1)
    recorder.followed('news of the page')


def recordChanges(
    recorder: Recorder, described: Description, device: Prompt, network: Network, deviceHost: Host
) -> None:
    """Record what follows when devices, pages and addresses change, and after a byebye that is taken back."""
    device.do("main.friendlyName = 'Exhibit 2'")
    recorder.advertisements('advertised after another name')
    recorder.followed('the end of the stream')
    recorder.leave()
    device.do('server.addDevice(exhibit.makeNeighbour())')
    recorder.advertisements('advertised after a further root device')
    recorder.documents(urljoin(described.location, '/6a7b8c90-0000-4000-8000-000000000009/descr.xml'))
    device.do('main.services.pop()')
    recorder.advertisements('advertised after a service has gone')
    device.do('await server.removeDevice(server.devices[1])')
    recorder.advertisements('advertised after a root device has gone')
    recorder.document(urljoin(described.location, '/6a7b8c90-0000-4000-8000-000000000009/descr.xml'))
    device.do("server.addPage('/', b'<p>mine</p>')")
    recorder.document(described.page)
    device.do('server.bye()')
    recorder.advertisements('advertised after bye')
    device.do('server.notify()')
    recorder.advertisements('advertised after notify')
    deviceHost.ip('address add 192.168.77.1/24 dev eth0')
    recorder.advertisements('advertised after another address')


PINNED = {'isPinned': True}
SCENES: dict[str, tuple[Scene, dict[str, Any]]] = {
    'quickstart_dict': (visitExample('quickstart_dict.py', nothingMore), PINNED),
    'quickstart_attributes': (visitExample('quickstart_attributes.py', nothingMore), PINNED),
    'async_code': (visitExample('async_code.py', nothingMore), {}),
    'existing_loop': (visitExample('existing_loop.py', nothingMore), {}),
    'announce_my_pi': (visitExample('announce_my_pi.py', nothingMore), {}),
    'embedded_devices': (visitExample('embedded_devices.py', nothingMore), {}),
    'binary_light': (visitExample('binary_light.py --dimmable', visitLight), {}),
    'camera': (visitExample('camera.py', visitCamera), {'isRandom': True}),
    'sensor': (visitExample('sensor.py', visitSensor), {'isRandom': True}),
    'own_page': (visitExample('own_page.py', visitOwnPage), {}),
    'command': (visitCommand, PINNED),
    'exhibit': (visitExhibit, PINNED),
}


def pathOf(name: str) -> Path:
    """Return where a scene is recorded."""
    return RECORDINGS / f'{name}.txt'


def record(name: str) -> str:
    """Return what is said in a scene, in a network of its own."""
    scene, options = SCENES[name]
    with Network() as network:
        return scene(network, Normaliser(**options))


def main() -> None:
    """Write recordings anew."""
    for name in sys.argv[1:] or SCENES:
        text = record(name)
        former = pathOf(name).read_text() if pathOf(name).exists() else ''
        pathOf(name).write_text(text)
        sys.stdout.write(f'{name}: {len(text.splitlines())} lines, {"as before" if text == former else "CHANGED"}\n')


if __name__ == '__main__':
    main()
