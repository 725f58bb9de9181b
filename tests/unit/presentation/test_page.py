"""The page of a device."""

import re
import struct
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

import upnp
from upnp.description.writing import placesOf
from upnp.presentation.page import Page, Parts, renderPage

FOLDER = Path(upnp.__file__).parent / 'presentation'
HTML = '<title>{name}</title>{icon}{style} {script} {live} {configId} {description}\n{head}{parts}{facts}'
PARTS = Parts(HTML, '/page.css', '/page.js')
WHOLE = Parts((FOLDER / 'page.html').read_text(), '/page-00000000.css', '/page-00000000.js')
MAX_BYTES = 40_000  # of all that a browser fetches for the dimmable light
HOSTILE = ['<script>alert(1)</script>', '</title>', '"><b>', '&lt;', '{parts}', '{name}', '{host}', "'onload='"]


def page(device: upnp.Device, *, first: bool = True, parts: Parts = PARTS) -> Page:
    """The page of a root device."""
    return renderPage(device, placesOf(device, first=first), parts, 7)


def html(device: upnp.Device, parts: Parts = PARTS) -> str:
    """What is read."""
    return page(device, parts=parts).body().decode()


class SwitchPower(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'
    serviceId = 'urn:upnp-org:serviceId:SwitchPower:1'
    Target = upnp.StateVariable(dataType='boolean', defaultValue=False)
    Status = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)

    @upnp.action(arguments={'newTargetValue': 'Target'})
    async def SetTarget(self, newTargetValue: bool) -> None:
        self.Target = self.Status = newTargetValue

    @upnp.action(returns={'RetTargetValue': 'Target'})
    async def GetTarget(self) -> bool:
        return bool(self.Target)

    @upnp.action(returns={'ResultStatus': 'Status'})
    async def GetStatus(self) -> bool:
        return bool(self.Status)


class Dimming(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:Dimming:1'
    serviceId = 'urn:upnp-org:serviceId:Dimming:1'
    LoadLevelTarget = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100))
    LoadLevelStatus = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100), sendEvents=True)

    @upnp.action(arguments={'newLoadlevelTarget': 'LoadLevelTarget'})
    async def SetLoadLevelTarget(self, newLoadlevelTarget: int) -> None:
        self.LoadLevelTarget = self.LoadLevelStatus = newLoadlevelTarget

    @upnp.action(returns={'GetLoadlevelTarget': 'LoadLevelTarget'})
    async def GetLoadLevelTarget(self) -> int:
        return int(self.LoadLevelTarget)

    @upnp.action(returns={'retLoadlevelStatus': 'LoadLevelStatus'})
    async def GetLoadLevelStatus(self) -> int:
        return int(self.LoadLevelStatus)


def light(*services: upnp.Service) -> upnp.Device:
    """A light."""
    type_ = 'urn:schemas-upnp-org:device:DimmableLight:1'
    return upnp.Device(deviceType=type_, friendlyName='Desk light', uuid='a', services=services)


def test_a_page_is_rendered_to_the_byte() -> None:
    device = upnp.Device(
        deviceType='urn:x:device:BigLamp:1',
        friendlyName='lamp <1>',
        uuid='a',
        manufacturer='BONNET & Co',
        manufacturerURL='http://sadmin.fr/?a&b',
        modelDescription='Shines',
        modelNumber=7,
        serialNumber='"007"',
    )
    device.addService(SwitchPower())
    assert html(device) == (
        '<title>lamp &lt;1&gt;</title><link rel="icon" href="data:,">/page.css /page.js /a/live 7 /descr.xml\n'
        '<div class="face" data-initial="L"></div>\n'
        '<div><h1>lamp &lt;1&gt;</h1>\n<p class="kind">BONNET &amp; Co</p>\n<p>Shines</p>\n</div>\n'
        '<section class="service" data-key="/a/0" data-control="/a/0/control"'
        ' data-service="urn:schemas-upnp-org:service:SwitchPower:1">\n'
        '<h2>Switch power</h2>\n'
        '<dl class="values live">\n'
        '<div><dt>Status</dt><dd data-variable="Status" data-type="boolean"><span class="off">Off</span></dd></div>\n'
        '</dl>\n'
        '<dl class="values still">\n'
        '<div><dt>Target</dt><dd data-variable="Target" data-type="boolean"><span class="off">Off</span></dd></div>\n'
        '</dl>\n'
        '<div class="actions">\n'
        '<form class="action" data-action="SetTarget" autocomplete="off" novalidate>\n'
        '<fieldset disabled aria-label="Set target">\n'
        '<div class="field"><label for="s0-0-0">New target value</label>\n'
        '<input id="s0-0-0" data-argument="newTargetValue" data-type="boolean" type="checkbox" role="switch"></div>\n'
        '<button title="SetTarget">Set target</button>\n</fieldset>\n'
        '<p role="alert"></p>\n<div role="status"></div>\n</form>\n'
        '<form class="action bare" data-action="GetTarget" autocomplete="off" novalidate>\n'
        '<fieldset disabled aria-label="Get target">\n'
        '<button title="GetTarget">Get target</button>\n</fieldset>\n'
        '<p role="alert"></p>\n<div role="status"><dl class="result" hidden>\n'
        '<div><dt>Ret target value</dt><dd data-output="RetTargetValue" data-type="boolean"></dd></div>\n'
        '</dl></div>\n</form>\n'
        '<form class="action bare" data-action="GetStatus" autocomplete="off" novalidate>\n'
        '<fieldset disabled aria-label="Get status">\n'
        '<button title="GetStatus">Get status</button>\n</fieldset>\n'
        '<p role="alert"></p>\n<div role="status"><dl class="result" hidden>\n'
        '<div><dt>Result status</dt><dd data-output="ResultStatus" data-type="boolean"></dd></div>\n'
        '</dl></div>\n</form>\n'
        '</div>\n'
        '<details><summary>Technical details</summary>\n<dl class="facts">\n'
        '<div><dt>Type</dt><dd>urn:schemas-upnp-org:service:SwitchPower:1</dd></div>\n'
        '<div><dt>Identifier</dt><dd>urn:upnp-org:serviceId:SwitchPower:1</dd></div>\n'
        '<div><dt>Variables</dt><dd><code>Target: boolean</code><code>Status: boolean</code></dd></div>\n'
        '<div><dt>Actions</dt><dd><code>SetTarget(newTargetValue: boolean)</code>'
        '<code>GetTarget() \u2192 RetTargetValue: boolean</code>'
        '<code>GetStatus() \u2192 ResultStatus: boolean</code></dd></div>\n'
        '<div><dt>Description</dt><dd><a href="/a/0/scpd.xml">SCPD in XML</a></dd></div>\n'
        '</dl>\n</details>\n</section>\n'
        '<dl class="facts">\n'
        '<div><dt>Manufacturer</dt>'
        '<dd><a href="http://sadmin.fr/?a&amp;b" rel="noreferrer">BONNET &amp; Co</a></dd></div>\n'
        '<div><dt>Number</dt><dd>7</dd></div>\n'
        '<div><dt>Serial number</dt><dd>&quot;007&quot;</dd></div>\n'
        '<div><dt>UDN</dt><dd>uuid:a</dd></div>\n'
        '<div><dt>Type</dt><dd>urn:x:device:BigLamp:1</dd></div>\n'
        '</dl>\n'
    )


class Read(HTMLParser):
    """What a browser makes of a page, as far as it matters here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data.strip())

    def values(self, name: str) -> list[str | None]:
        """Return the values of an attribute."""
        return [value for one, value in self.attributes if one == name]


@pytest.mark.parametrize('name', HOSTILE)
def test_a_name_is_shown_as_it_was_given_and_never_obeyed(name: str) -> None:
    read = Read(html(upnp.Device(friendlyName=name, uuid='a')))
    assert [text for text in read.texts if name in text] == [name, name]
    assert read.tags == ['title', 'link', 'div', 'div', 'h1', 'p', 'dl', 'div', 'dt', 'dd']


def told(text: str) -> upnp.Device:
    """A device and an embedded one, all of whose texts are this."""
    names = ('manufacturer', 'modelName', 'modelDescription', 'modelNumber', 'serialNumber', 'UPC', 'deviceType')
    elements = dict.fromkeys(names, text)
    addresses = dict.fromkeys(('manufacturerURL', 'modelURL'), f'http://x/{text}')
    service = upnp.Service(serviceType=text, serviceId=text, SCPDURL=text, controlURL=text)
    service.stateVariables = [{'name': 'Note', 'defaultValue': text}]  # type: ignore[assignment]
    service.actions = [{'name': 'Do'}]  # type: ignore[assignment]
    inner = upnp.Device(friendlyName=text, uuid=text, **elements, **addresses)
    return upnp.Device(friendlyName=text, uuid='a', services=[service], devices=[inner], **elements, **addresses)


@pytest.mark.parametrize('text', HOSTILE)
def test_what_a_device_tells_is_shown_as_text(text: str) -> None:
    read, plain = Read(html(told(text))), Read(html(told('TAME')))
    assert read.tags == plain.tags
    assert [name for name, _ in read.attributes] == [name for name, _ in plain.attributes]
    assert [text in one for one in read.texts if one] == ['TAME' in one for one in plain.texts if one]


@pytest.mark.parametrize(
    'address', ['javascript:alert(1)', 'data:text/html,x', ' http://x', 'file:///a', 'x"onclick="']
)
def test_only_addresses_of_the_web_become_links(address: str) -> None:
    device = upnp.Device(friendlyName='x', uuid='a', manufacturer='M', manufacturerURL=address, modelURL=address)
    service = upnp.Service(serviceType='s', SCPDURL=address)
    service.stateVariables = [{'name': 'Where', 'dataType': 'string', 'defaultValue': address}]  # type: ignore[assignment]
    device.addService(service)
    read = Read(html(device))
    assert read.values('href') == ['data:,']
    assert read.texts.count(address.strip()) == 2
    assert 'M' in read.texts


def test_an_address_without_a_text_is_its_own() -> None:
    read = Read(html(upnp.Device(friendlyName='x', modelURL='https://example.org/')))
    assert read.values('href') == ['data:,', 'https://example.org/']
    assert 'https://example.org/' in read.texts


def test_a_name_that_no_page_can_show_is_refused() -> None:
    with pytest.raises(upnp.DescriptionError, match='XML cannot carry'):
        page(upnp.Device(friendlyName='\0'))


def test_a_page_shows_the_values_of_the_moment_it_is_read_at() -> None:
    values = iter(['1', '2'])
    read = Page(['<b>', '<i>', lambda: next(values), lambda: '', '</b>'], ())
    assert (read.body(), read.body()) == (b'<b><i>1</b>', b'<b><i>2</b>')


def test_a_value_that_was_set_is_on_the_page_that_is_read_next() -> None:
    switch = SwitchPower()
    shown = page(light(switch))
    switch.Status = True
    assert b'data-type="boolean"><span class="on">On</span>' in shown.body()


def test_a_page_has_news_of_the_services_with_evented_variables() -> None:
    quiet, evented = upnp.Service(serviceType='a'), upnp.Service(serviceType='b')
    evented.stateVariables = [{'name': 'On', 'sendEvents': True}]  # type: ignore[assignment]
    device = upnp.Device(friendlyName='Lamp', uuid='a', services=[quiet, evented])
    assert page(device).services == ((evented, '/a/1'),)


def test_variables_that_only_give_types_have_no_value() -> None:
    service = upnp.Service(serviceType='a')
    service.stateVariables = [{'name': 'A_ARG_TYPE_X'}, {'name': 'Y'}]  # type: ignore[assignment]
    assert Read(html(light(service))).values('data-variable') == ['Y']


def test_headings_go_down_by_one_each_and_never_beyond_the_last() -> None:
    device = light(SwitchPower())
    inner = device
    for depth in range(7):
        inner.addDevice(upnp.Device(friendlyName=f'Part {depth}', uuid=f'b{depth}', services=[SwitchPower()]))
        inner = inner.devices[0]
    headings = re.findall('<h([1-6])>', html(device, WHOLE))
    assert ''.join(headings) == '1' + '2' + '23' + '34' + '45' + '56' + '66' + '66' + '66' + '2'


def test_an_embedded_device_has_its_services_and_what_is_known_of_it() -> None:
    inner = upnp.Device(friendlyName='Bulb', uuid='b', serialNumber='12', services=[SwitchPower()])
    device = upnp.Device(friendlyName='Lamp', uuid='a', devices=[inner])
    read = Read(html(device))
    assert read.values('data-key') == ['/b/0']
    assert {'About Bulb', '12', 'uuid:b', 'Switch power'} <= set(read.texts)


@pytest.mark.parametrize(
    ('name', 'elements', 'kind'),
    [
        ('Lamp', {'deviceType': 'urn:x:device:DeskLamp:1'}, ['Desk lamp']),
        ('Desk lamp', {'deviceType': 'urn:x:device:DeskLamp:1'}, []),
        ('Lamp', {'deviceType': 'urn:x:device:DeskLamp:1', 'manufacturer': 'ACME', 'modelName': 'L1'}, ['ACME L1']),
        ('Lamp', {'modelName': 'L1'}, ['L1']),
        ('Lamp', {}, []),
    ],
)
def test_what_a_device_is_stands_below_its_name(name: str, elements: dict[str, str], kind: list[str]) -> None:
    assert re.findall('<p class="kind">(.*)</p>', html(upnp.Device(friendlyName=name, **elements))) == kind


def test_services_of_one_kind_are_told_apart() -> None:
    two = [upnp.Service(serviceType='urn:x:service:Switch:1', serviceId=f'urn:x:serviceId:{side}') for side in 'LR']
    read = Read(html(light(*two)))
    assert [text for text in read.texts if text in ('Switch', 'urn:x:serviceId:L', 'urn:x:serviceId:R')] == [
        *('Switch', 'urn:x:serviceId:L', 'urn:x:serviceId:L', 'Switch', 'urn:x:serviceId:R', 'urn:x:serviceId:R')
    ]


def test_nothing_is_there_twice() -> None:
    device = light(SwitchPower(), SwitchPower(serviceId='urn:upnp-org:serviceId:Other'), Dimming())
    device.addDevice(upnp.Device(friendlyName='Bulb', uuid='b', services=[SwitchPower(), Dimming()]))
    read = Read(html(device, WHOLE))
    counts = Counter(read.values('id'))
    assert [id_ for id_, count in counts.items() if count > 1] == []
    assert set(read.values('for')) == set(counts) - {'link', 'changed'}
    assert len(read.values('for')) == 5


def test_what_is_missing_is_said() -> None:
    assert 'This device has no services.' in html(light())
    assert 'This service has no values and no actions.' in html(light(upnp.Service(serviceType='x')))


def test_an_action_without_a_function_is_no_form() -> None:
    service = upnp.Service(serviceType='x', actions=[{'name': 'DoIt'}, {'name': 'LeaveIt'}])
    read = Read(html(light(service)))
    assert 'Not implemented by this device: Do it, Leave it.' in read.texts
    assert 'DoIt()' in read.texts
    assert 'form' not in read.tags


def test_an_action_that_is_called_elsewhere_is_no_form() -> None:
    read = Read(html(light(SwitchPower(controlURL='http://192.0.2.7/', SCPDURL='http://192.0.2.7/scpd'))))
    assert 'Called elsewhere, not here: Set target, Get target, Get status.' in read.texts
    assert 'http://192.0.2.7/scpd' in read.values('href')
    assert 'form' not in read.tags


def png(side: int) -> bytes:
    """The first bytes of a square picture."""
    header = struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + b'IHDR' + header + bytes(4)


def iconOf(data: bytes) -> upnp.Icon:
    """An icon that was read."""
    icon = upnp.Icon(data=data)
    icon.load(data)
    return icon


@pytest.mark.parametrize(
    ('sides', 'chosen'), [([48], 0), ([48, 120, 96], 1), ([512, 2048], 0), ([4096, 1024], 1), ([], None)]
)
def test_the_largest_icon_that_is_no_burden_is_the_face(sides: list[int], chosen: int | None) -> None:
    device = light()
    device.icons = [iconOf(png(side)) for side in sides]  # type: ignore[assignment]
    device.addIcon(upnp.Icon(url='http://192.0.2.7/icon.png', mimetype='image/png', width=200, height=200, depth=8))
    device.addIcon(upnp.Icon(data=b'<svg/>', mimetype='text/xml', width=300, height=300, depth=8))
    device.icons[-1].load(b'<svg/>')
    read = Read(html(device))
    place = None if chosen is None else placesOf(device, first=True).icon(device.icons[chosen])
    assert read.values('src') == ([place] if place else [])
    assert read.values('href')[0] == (place or 'data:,')


def test_an_icon_without_a_width_is_as_good_as_a_small_one() -> None:
    device = light()
    device.addIcon(iconOf(b'GIF89a'))
    assert Read(html(device)).values('type') == ['image/gif']


def test_a_large_device_is_one_piece_between_its_values() -> None:
    services = [
        upnp.Service(
            serviceType=f'urn:x:service:S{number}:1',
            stateVariables=[{'name': f'V{index}', 'sendEvents': True} for index in range(10)],
        )
        for number in range(100)
    ]
    shown = page(light(*services), parts=WHOLE)
    assert shown.body().count(b'data-variable=') == 1000
    assert len(shown.services) == 100


# What a browser fetches


def dimmable() -> upnp.Device:
    """The dimmable light of the examples."""
    return light(SwitchPower(), Dimming())


def test_the_page_of_the_dimmable_light_is_small() -> None:
    """With its style sheet and its script."""
    files = [(FOLDER / name).read_bytes() for name in ('page.css', 'page.js')]
    assert len(html(dimmable(), WHOLE).encode()) + sum(map(len, files)) <= MAX_BYTES


def test_the_page_has_nothing_inline() -> None:
    """Its Content-Security-Policy would not let it."""
    read = Read(html(dimmable(), WHOLE))
    assert [name for name, _ in read.attributes if name == 'style' or name.startswith('on')] == []
    assert 'style' not in read.tags
    assert read.tags.count('script') == len(read.values('src')) == 1


def test_the_page_says_what_it_is() -> None:
    read = Read(html(dimmable(), WHOLE))
    assert read.values('lang') == ['en']
    assert [tag for tag in read.tags if tag in ('header', 'main', 'footer', 'h1')] == ['header', 'h1', 'main', 'footer']
    assert ('content', 'width=device-width, initial-scale=1') in read.attributes
    assert read.values('data-config') == ['7']
    assert read.values('data-live') == ['/a/live']


@pytest.mark.parametrize('name', ['page.css', 'page.js', 'page.html'])
@pytest.mark.parametrize(
    'text',
    [
        *('innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'eval(', 'Function(', '@import', 'url('),
        *('setAttribute(`on', 'import(', '//cdn', 'src="http', 'href="http', '.style.'),
    ],
)
def test_a_file_of_the_page_does_nothing_that_could_be_misused(name: str, text: str) -> None:
    assert text not in (FOLDER / name).read_text()


def test_the_files_of_the_page_name_no_other_host() -> None:
    """The namespaces of SOAP are names, and fetched by nobody."""
    texts = ''.join((FOLDER / name).read_text() for name in ('page.css', 'page.js', 'page.html'))
    assert set(re.findall(r'https?://[\w.]+', texts)) == {'http://schemas.xmlsoap.org'}
