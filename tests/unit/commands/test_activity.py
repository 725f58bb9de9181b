"""What the command line tells of the log: who came, in words, and nobody can write to the terminal."""

import io
import logging
import sys

import pytest

from upnp import Limits
from upnp.commands.activity import MAX_TOLD, MORE, REPEATED_SECONDS, Lately, Teller, Visit, visitOf
from upnp.control.answers import ControlAnswer
from upnp.control.calls import Calls
from upnp.description.answers import DescriptionAnswer, IconAnswer, ScpdAnswer
from upnp.discovery.ssdp import SEARCHED
from upnp.eventing.answers import SubscriptionAnswer
from upnp.http.answers import Resource, ResourceAnswer
from upnp.http.server import FETCHED
from upnp.presentation.answers import PageAnswer
from upnp.presentation.custompages import pageAt

CALLS = Calls(Limits())
STYLE = type('StyleAnswer', (ResourceAnswer,), {})
RESOURCES = {
    '/descr.xml': Resource(DescriptionAnswer, 'text/xml'),
    '/': Resource(PageAnswer, 'text/html'),
    '/style.css': Resource(STYLE, 'text/css'),
    '/lamp/scpd.xml': Resource(ScpdAnswer, 'text/xml'),
    '/lamp/control': Resource(ControlAnswer, 'text/xml', name='lamp'),
    '/lamp/event': Resource(SubscriptionAnswer, 'text/xml', name='lamp'),
    '/icon': Resource(IconAnswer, 'image/png'),
    '/setup': pageAt('/setup', b'', None, CALLS),
    '/state': pageAt('/state', lambda: '', None, CALLS),
}


def record(message: str, *args: object, level: int = logging.DEBUG) -> logging.LogRecord:
    """A record of the log."""
    return logging.LogRecord('upnp.http.server', level, __file__, 1, message, args, None)


def fetched(method: str, path: str, status: int = 200, peer: str = '192.168.1.7') -> logging.LogRecord:
    """What the HTTP server logs of a request."""
    return record(FETCHED, peer, 49152, method, path, status)


def wordsOf(one: logging.LogRecord) -> str | None:
    """What is told of a record."""
    visit = visitOf(one, RESOURCES)
    return None if visit is None else visit.words


def test_who_searches_is_told_with_the_target() -> None:
    assert wordsOf(record(SEARCHED, '192.168.1.7', 49152, 'ssdp:all')) == '192.168.1.7 searched for ssdp:all'


@pytest.mark.parametrize(
    ('method', 'path', 'deed'),
    [
        ('GET', '/descr.xml', 'read the description'),
        ('HEAD', '/descr.xml', 'read the description'),
        ('GET', '/', 'opened the page'),
        ('GET', '/icon', 'fetched the icon'),
        ('GET', '/setup', 'opened /setup'),
        ('POST', '/state', 'opened /state'),
        ('GET', '/lamp/scpd.xml', 'read a service description'),
        ('POST', '/lamp/control', 'called an action of lamp'),
        ('SUBSCRIBE', '/lamp/event', 'subscribed to the events of lamp'),
        ('UNSUBSCRIBE', '/lamp/event', 'unsubscribed from the events of lamp'),
    ],
)
def test_what_is_done_over_http_is_told_in_words(method: str, path: str, deed: str) -> None:
    assert wordsOf(fetched(method, path)) == f'192.168.1.7 {deed}'


@pytest.mark.parametrize(
    'one',
    [
        fetched('GET', '/style.css'),
        fetched('GET', '/gone'),  # while the answer was on its way
        fetched('GET', '/favicon.ico', 404),  # browsers ask for it by themselves
        record('> %s to %s', 'NOTIFY', '239.255.255.250'),
        record('ready'),
    ],
)
def test_the_parts_of_a_page_and_packets_are_not_told(one: logging.LogRecord) -> None:
    assert wordsOf(one) is None


def test_a_refusal_is_told_with_its_status() -> None:
    assert wordsOf(fetched('GET', '/descr.xml', 403)) == "192.168.1.7 was refused 'GET /descr.xml': 403 Forbidden"
    assert wordsOf(fetched('', '', 400)) == '192.168.1.7 was refused what cannot be read: 400 Bad Request'
    assert wordsOf(fetched('GET', '/', 499)) == "192.168.1.7 was refused 'GET /': 499"


def test_a_peer_by_ipv6_is_told_without_the_number_of_its_link() -> None:
    assert wordsOf(fetched('GET', '/', peer='fe80::9%3')) == 'fe80::9 opened the page'


def test_no_text_of_a_peer_reaches_the_terminal_as_it_came() -> None:
    assert wordsOf(fetched('GET', '/\x1b[2J\n\u202e', 404)) == (
        "192.168.1.7 was refused 'GET /\\x1b[2J\\n\\u202e': 404 Not Found"
    )
    assert wordsOf(record(SEARCHED, '192.168.1.7', 1, 'a\x07b')) == '192.168.1.7 searched for a\\x07b'


def test_of_a_long_path_the_beginning_is_told() -> None:
    words = wordsOf(fetched('GET', '/' + 'x' * 8000, 404))
    assert words is not None
    assert len(words) < 150


def test_the_same_is_told_once_in_ten_seconds() -> None:
    lately, visit = Lately(), Visit('key', 'words')
    assert [lately.wordsFor(visit, now) for now in (0, 1, REPEATED_SECONDS - 0.1)] == ['words', '', '']
    assert lately.wordsFor(visit, REPEATED_SECONDS) == 'words'


def test_whoever_asks_for_a_thousand_things_that_are_not_there_has_one_line() -> None:
    lately = Lately()
    visits = [visitOf(fetched('GET', f'/{number}', 404), RESOURCES) for number in range(1000)]
    told = [lately.wordsFor(visit, 0) for visit in visits if visit is not None]
    assert [words for words in told if words] == ["192.168.1.7 was refused 'GET /0': 404 Not Found"]


def test_no_more_is_told_than_can_be_read_and_kept() -> None:
    lately = Lately()
    told = [lately.wordsFor(Visit(str(number), 'words'), 0) for number in range(5000)]
    assert told == ['words'] * (MAX_TOLD - 1) + [MORE] + [''] * (5000 - MAX_TOLD)
    assert lately.wordsFor(Visit('later', 'words'), REPEATED_SECONDS) == 'words'


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines without the time."""
    return [line.split('  ', 1)[1] for line in capsys.readouterr().out.splitlines()]


def test_a_teller_writes_visits_and_what_is_above_debug_once_it_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(lambda: RESOURCES, lambda: None, isVerbose=False)
    teller.handle(record('at the start', level=logging.INFO))
    teller.handle(fetched('GET', '/', peer='192.168.1.6'))
    assert shown(capsys) == []
    teller.begin()
    for one in (fetched('GET', '/'), fetched('GET', '/'), record('packet'), record('seen', level=logging.INFO)):
        teller.handle(one)
    assert shown(capsys) == ['at the start', '192.168.1.7 opened the page', 'seen']


def test_a_verbose_teller_writes_everything_at_once_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(lambda: RESOURCES, lambda: None, isVerbose=True)
    for one in (fetched('GET', '/'), record('packet'), fetched('GET', '/')):
        teller.handle(one)
    line = "< 192.168.1.7:49152 GET '/': 200"
    assert shown(capsys) == [line, 'packet', line]


def test_a_teller_says_when_nobody_reads_it_any_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, 'stdout', Closed())
    closed: list[bool] = []
    Teller(lambda: RESOURCES, lambda: closed.append(True), isVerbose=True).handle(record('packet'))
    assert closed == [True]
    assert capsys.readouterr().err == ''


def test_a_record_that_cannot_be_formatted_is_a_mistake_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    closed: list[bool] = []
    Teller(lambda: RESOURCES, lambda: closed.append(True), isVerbose=True).handle(record('%d', 'no number'))
    assert closed == []
    assert 'no number' in capsys.readouterr().err
