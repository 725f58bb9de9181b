"""XML text: elements in order, everything escaped; and a reader that takes all that is well-formed, within bounds."""

import tracemalloc
from collections.abc import Callable, Iterable
from contextlib import suppress
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from upnp import Limits, MessageError
from upnp.base.xml import (
    MAX_NAMESPACE,
    Element,
    Node,
    Template,
    checkText,
    escape,
    escapeInTemplate,
    forbiddenCharacter,
    parse,
    render,
)

NOT_XML = ['\0', '\x08', '\x0b', '\x0c', '\x1f', '\ud800', '\udfff', '\ufffe', '\uffff']


def test_a_document_is_rendered_to_the_byte() -> None:
    leaf = Element('name', 'Tom & <Jerry>')
    inner = Element('inner', (leaf, Element('empty'), Element('list', ())), {'a': '"1"', 'b': '2'})
    assert render(Element('root', (inner, leaf), {'xmlns': 'urn:x'})) == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<root xmlns="urn:x">\n'
        '  <inner a="&quot;1&quot;" b="2">\n'
        '    <name>Tom &amp; &lt;Jerry&gt;</name>\n'
        '    <empty/>\n'
        '    <list/>\n'
        '  </inner>\n'
        '  <name>Tom &amp; &lt;Jerry&gt;</name>\n'
        '</root>\n'
    )


@pytest.mark.parametrize(
    ('text', 'escaped'),
    [
        ('plain', 'plain'),
        ('', ''),
        ('<a href="b">&amp;</a>', '&lt;a href=&quot;b&quot;&gt;&amp;amp;&lt;/a&gt;'),
        (']]>', ']]&gt;'),
        ("'", "'"),
        ('a\rb\tc\nd', 'a&#13;b\tc\nd'),
        ('{host}', '{host}'),
        ('\x7f\x85\u2028\ud7ff\ue000\ufffd\U0001f600', '\x7f\x85\u2028\ud7ff\ue000\ufffd\U0001f600'),
    ],
)
def test_text_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert escapeInTemplate(text) == escaped.replace('{', '&#123;')


def test_what_is_to_be_filled_in_later_keeps_its_braces() -> None:
    assert escapeInTemplate(Template('{host}/<&>')) == '{host}/&lt;&amp;&gt;'
    assert escapeInTemplate('{host}/<&>') == '&#123;host}/&lt;&amp;&gt;'


@pytest.mark.parametrize('text', ['<&>"\'', 'a\rb\nc\td', '{a}', ']]>', '&#123;', '\x85\u2028', '\U0001f600'])
def test_a_reader_finds_the_same_text(text: str) -> None:
    (child,) = ElementTree.fromstring(render(Element('a', (Element('b', text),))))
    assert child.text == text


@pytest.mark.parametrize('text', ['<&>"\'', 'a\rb', '{a}', '\U0001f600'])
def test_a_reader_finds_the_same_attribute(text: str) -> None:
    assert ElementTree.fromstring(render(Element('a', '', {'b': text}))).get('b') == text


@pytest.mark.parametrize('character', NOT_XML)
def test_what_xml_cannot_carry_is_found_and_refused(character: str) -> None:
    """XML 1.0 §2.2."""
    assert forbiddenCharacter(f'a{character}b') == character
    for refuse in (escape, checkText):
        with pytest.raises(ValueError, match='cannot carry'):
            refuse(f'a{character}b')


def test_other_text_has_no_forbidden_character() -> None:
    assert forbiddenCharacter('\t\n\r aé€\U0001f600') is None
    assert forbiddenCharacter('') is None
    checkText('\t\n\r aé€\U0001f600')


def test_equal_elements_are_equal_objects() -> None:
    assert Element('a', 'b', {'c': 'd'}) == Element('a', 'b', {'c': 'd'})
    assert Element('a', 'b') != Element('a', 'c')


# Reading


def leaf(name: str, text: str = '', namespace: str = '', **attributes: str) -> Node:
    """An element without children."""
    return Node(namespace, name, attributes, (), text)


TREE = Node('urn:x', 'a', {}, (leaf('b', 'e', c='d'), leaf('f', namespace='urn:x')), '')


@pytest.mark.parametrize(
    'document',
    [
        pytest.param('<a xmlns="urn:x"><b xmlns="" c="d">e</b><f/></a>', id='default namespace, and none inside'),
        pytest.param('<x:a xmlns:x="urn:x"><b c="d">e</b><x:f/></x:a>', id='prefix'),
        pytest.param('<é.1:a xmlns:é.1="urn:x"><b c="d">e</b><é.1:f/></é.1:a>', id='prefix of other letters'),
        pytest.param('<x:a xmlns:x="urn:x"><b c="d">e</b><f xmlns="urn:x"></f></x:a>', id='two ways'),
        pytest.param('<x:a xmlns:x="urn:x"><b c="d">e</b><y:f xmlns:y="urn:x"/></x:a>', id='two prefixes'),
        pytest.param('<x:a xmlns:x="urn:&#120;"><b c="&#100;">&#x65;</b><x:f/></x:a>', id='character references'),
        pytest.param("<x:a\n xmlns:x='urn:x' ><b\tc = 'd' >e</b ><x:f /></x:a>", id='white space in tags'),
        pytest.param('<x:a xmlns:x="urn:x"><b c="d"><![CDATA[e]]></b><x:f/></x:a>', id='CDATA'),
        pytest.param('<!--a--><x:a xmlns:x="urn:x"><b c="d"><!--b-->e<!----></b><x:f/></x:a><!--c-->', id='comments'),
        pytest.param('<?a b?><x:a xmlns:x="urn:x"><?a?><b c="d"><?a?>e</b><x:f/></x:a><?c?>', id='instructions'),
        pytest.param('<?xml version="1.0"?>\r\n<x:a xmlns:x="urn:x"><b c="d">e</b><x:f/></x:a>\r\n', id='declaration'),
    ],
)
def test_the_form_of_a_document_matters_little(document: str) -> None:
    """UDA 1.1 §2.2: comments and processing instructions are to be ignored."""
    assert parse(document) == parse(document.encode()) == TREE


@pytest.mark.parametrize(
    ('content', 'text'),
    [
        ('', ''),
        (' \n\t', ' \n\t'),
        ('a\r\nb\rc', 'a\nb\nc'),
        ('&#13;&#10;', '\r\n'),
        ('&lt;&gt;&amp;&quot;&apos;', '<>&"\''),
        ('a<!-- b -->c<?d?>e', 'ace'),
        ('<![CDATA[<b>&amp;</b>]]>', '<b>&amp;</b>'),
        ('a<![CDATA[b]]>c<![CDATA[]]><![CDATA[d]]>', 'abcd'),
        ('a<b>not this</b>c', 'ac'),
        ('{host}', '{host}'),
        ('é€\U0001f600\x7f\x85\u2028', 'é€\U0001f600\x7f\x85\u2028'),
        ('x' * 100_000, 'x' * 100_000),
    ],
)
def test_an_element_has_its_own_text_as_it_stands(content: str, text: str) -> None:
    assert parse(f'<a>{content}</a>').text == text


def test_an_attribute_with_a_namespace_is_known_by_both() -> None:
    root = parse('<a xmlns="urn:x" xmlns:y="urn:y" b="1" y:b="2" xml:lang="fr"/>')
    assert root.attributes == {'b': '1', 'urn:y b': '2', 'http://www.w3.org/XML/1998/namespace lang': 'fr'}


def test_children_are_found_by_name_whatever_their_namespace() -> None:
    root = parse('<a xmlns:y="urn:y"><c/><b>1</b><y:b>2</y:b></a>')
    assert root.child('b') == leaf('b', '1')
    assert list(root.all('b')) == [leaf('b', '1'), leaf('b', '2', 'urn:y')]
    assert root.child('d') is None
    assert list(root.all('d')) == []


ENCODED = '<?xml version="1.0" encoding="{}"?><a>é\U0001f600</a>'


@pytest.mark.parametrize('declared', ['utf-8', 'UTF-8', 'utf-16', 'ISO-8859-1', 'US-ASCII', 'unheard-of'])
@pytest.mark.parametrize(
    'encode',
    [
        pytest.param(lambda text: text, id='str'),
        pytest.param(lambda text: '\ufeff' + text, id='str with a mark'),
        pytest.param(lambda text: text.encode(), id='UTF-8'),
        pytest.param(lambda text: text.encode('utf-8-sig'), id='UTF-8 with a mark'),
        pytest.param(lambda text: b'\xff\xfe' + text.encode('utf-16-le'), id='UTF-16, low byte first'),
        pytest.param(lambda text: b'\xfe\xff' + text.encode('utf-16-be'), id='UTF-16, high byte first'),
    ],
)
def test_the_bytes_tell_the_encoding_whatever_is_declared(encode: Callable[[str], str | bytes], declared: str) -> None:
    """UDA 1.1 §2.2 has UTF-8 alone; some peers declare another, and send UTF-8 all the same."""
    assert parse(encode(ENCODED.format(declared))) == leaf('a', 'é\U0001f600')


NOT_WELL_FORMED = [
    *(b'', b' \r\n', b'a', b'<', b'<a', b'<a>', b'<a></b>', b'<a/><b/>', b'<a/>b', b'</a>', b'<a><b></a></b>', b'<a>b'),
    *(b'<a b', b'<a b="c"', b'<a><!--</a>', b'<a><!-- -- --></a>', b'<a><![CDATA[</a>', b'<a>]]></a>', b'<a>&lt</a>'),
    *(
        b'<a b=c/>',
        b'<a b="<"/>',
        b'<a b="1" b="2"/>',
        b'<a b="1"c="2"/>',
        b'<1/>',
        b'<a&/>',
        b'<a>&</a>',
        b'<?xml?><a/>',
    ),
    *(b'<a>&nbsp;</a>', b'<?xml version="1.0" standalone="no"?><a>&b;</a>', b'<a>&#0;</a>', b'<a>&#xD800;</a>'),
    *(b'<a>&#xFFFF;</a>', b'<a>\0</a>', b'<a>\x1b</a>', b'<a/>\0', b'\0<a/>', b'<a>\xef\xbf\xbf</a>'),
    *(b'<x:a/>', b'<a x:b="1"/>', b'<a xmlns:x=""/>', b'<a xmlns:xml="urn:x"/>', b'<a xmlns:xmlns="urn:x"/>', b'<:a/>'),
    *(b'<a xmlns:x="urn:y" xmlns:z="urn:y" x:b="1" z:b="2"/>', b'\n<?xml version="1.0"?><a/>', b'<a><?xml?></a>'),
    *(b'<a>\xe9</a>', b'<a>\xc3</a>', b'<a>\xed\xa0\x80</a>', b'<a>\xc0\xbc</a>', b'<a/>\xff', '<a/>'.encode('utf-32')),
    *('<a/>'.encode('utf-16') + b'x', b'\xff\xfe', b'\xfe\xff\xd8\x00', b'\xff\xfe\xef\xbb\xbf<a/>'),
]


@pytest.mark.parametrize('document', NOT_WELL_FORMED)
def test_what_is_not_well_formed_raises_message_error(document: bytes) -> None:
    with pytest.raises(MessageError, match='not well-formed XML') as caught:
        parse(document)
    assert caught.value.status == 400


@pytest.mark.parametrize('document', ['<a>\ud800</a>', '\udc00', '<a b="\udfff"/>', '', '<a>\0</a>', '<a>\uffff</a>'])
def test_a_text_that_is_not_well_formed_raises_message_error(document: str) -> None:
    with pytest.raises(MessageError, match='not well-formed XML'):
        parse(document)


LAUGHS = ''.join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))


@pytest.mark.parametrize(
    'declaration',
    [
        *('<!DOCTYPE a>', '<!DOCTYPE a []>', '<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd">'),
        *('<!DOCTYPE a PUBLIC "b" "c">', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'),
        *('<!DOCTYPE a [<!ENTITY % b SYSTEM "http://192.0.2.1/"> %b;]>', '<!DOCTYPE a [<!ATTLIST a b CDATA "c">]>'),
        pytest.param(f'<!DOCTYPE a [<!ENTITY l0 "laugh">{LAUGHS}]>', id='a billion laughs'),
        pytest.param(f'<!DOCTYPE a [<!ENTITY l9 "{"x" * 100_000}">]>', id='one long laugh'),
    ],
)
def test_a_document_type_declaration_is_refused(declaration: str) -> None:
    """SOAP 1.1 §3, UDA 1.1 §2.2."""
    with pytest.raises(MessageError, match='document type declaration'):
        parse(f'<?xml version="1.0"?>{declaration}<a>{"&l9;" * 1000}</a>')


def withAttributes(number: int) -> str:
    """An element with so many attributes."""
    return ''.join(['<a', *(f' b{one}="c"' for one in range(number)), '/>'])


LONG = 'x' * 9999
LIMITS = Limits(maxXmlDepth=4, maxXmlElements=10, maxXmlAttributes=3)


@pytest.mark.parametrize(
    ('make', 'limits', 'limit'),
    [
        (lambda number: '<a>' * number + '</a>' * number, LIMITS, 4),
        (lambda number: '<a>' * number + '</a>' * number, None, 32),
        (lambda number: f'<a>{"<b/>" * (number - 1)}</a>', LIMITS, 10),
        (lambda number: f'<a>{"<b/>" * (number - 1)}</a>', None, 10_000),
        (lambda number: f'<a>{"<b><c/></b>" * ((number - 1) // 2)}{"<d/>" * ((number - 1) % 2)}</a>', LIMITS, 10),
        (lambda number: f'<b>{withAttributes(number)}</b>', LIMITS, 3),
        (withAttributes, None, 256),
        (lambda number: withAttributes(number).replace(' b', ' xmlns:b'), None, 256),
        (lambda number: f'<a xmlns:b="{"u" * number}"/>', None, MAX_NAMESPACE),
        (lambda number: f'<a><b xmlns="{"u" * number}"/></a>', None, MAX_NAMESPACE),
        (lambda number: f'<a b:c="" xmlns:b="{"u" * number}" b:d=""/>', None, MAX_NAMESPACE),
    ],
    ids=[
        *('depth', 'depth by default', 'elements', 'elements by default', 'elements deeper', 'attributes'),
        *('attributes by default', 'declarations', 'namespace of a prefix', 'default namespace'),
        'namespace of attributes',
    ],
)
def test_a_limit_is_kept_to_one(make: Callable[[int], str], limits: Limits | None, limit: int) -> None:
    parse(make(limit), limits)
    with pytest.raises(MessageError, match=f'XML .*{limit}|XML with a? ?.*{limit + 1} ') as caught:
        parse(make(limit + 1), limits)
    assert caught.value.status == 400


def copies(namespace: int, parts: Iterable[str]) -> str:
    """An element with a namespace of some length, and what has that namespace inside it."""
    return f'<a xmlns:b="{"u" * namespace}">{"".join(parts)}</a>'


NAMED = [' '.join(f'b:c{number:x}=""' for number in range(start, start + 250)) for start in range(0, 19_500, 250)]
HOSTILE = {
    'namespace of many elements': copies(MAX_NAMESPACE, (f'<b:c{number}/>' for number in range(9990))),
    'namespace of many attributes': copies(MAX_NAMESPACE, (f'<c {names}/>' for names in NAMED)),
    'long namespace of many elements': copies(50_000, (f'<b:c{number}/>' for number in range(9990))),
    'long namespace of many attributes': copies(50_000, (f'<c {names}/>' for names in NAMED)),
    'long namespace beside its attributes': f'<a xmlns:b="{"u" * 50_000}" {" ".join(NAMED)}/>',
    'long namespace behind its attributes': f'<a {" ".join(NAMED)} xmlns:b="{"u" * 50_000}"/>',
    'many declarations': f'<a {" ".join(f"""xmlns:b{number}="u" """ for number in range(15_000))}/>',
    'many empty elements': f'<a>{"<b/>" * 60_000}</a>',
    'many inside each other': '<a>' * 80_000,
    'many pieces of text': f'<a>{"&lt;<!---->" * 20_000}</a>',
}


@pytest.mark.parametrize('document', HOSTILE.values(), ids=HOSTILE)
def test_no_document_takes_much_more_memory_than_it_is_long(document: str) -> None:
    """One of the greatest length that a request may have must not endanger a small board."""
    assert 90_000 < len(document) < 256 * 1024
    tracemalloc.start()
    with suppress(MessageError):
        parse(document.encode())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 << 20


BEYOND = {  # by how it begins, and what then comes many times
    'as many levels as a request has room for': ('', '<a>', 87_000),
    'a hundred thousand levels': ('', '<a>', 100_000),
    'ten megabytes of levels': ('', '<a>', 3_500_000),
    'levels behind much text': (f'<a>{"x" * 125_000}', '<a>', 43_000),
    'ten megabytes of elements': ('<a>', '<b/>', 2_500_000),
    'ten megabytes of elements with attributes': ('<a>', '<b c="" d=""/>', 700_000),
    'ten megabytes of elements with too many attributes': ('<a>', withAttributes(257), 5000),
    'ten megabytes of declarations': ('<!DOCTYPE a [', '<!ENTITY b "c">', 660_000),
    'a billion laughs': (f'<!DOCTYPE a [<!ENTITY l0 "laugh">{LAUGHS}]><a>', '&l9;', 200_000),
}


@pytest.mark.parametrize(('start', 'more', 'times'), BEYOND.values(), ids=BEYOND)
def test_what_is_beyond_a_limit_is_refused_before_it_is_read(start: str, more: str, times: int) -> None:
    """However long a document is, what is spent on it is as much as a limit allows."""
    document = (start + more * times).encode()
    tracemalloc.start()
    with pytest.raises(MessageError, match=r'XML (deeper|with)'):
        parse(document)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize('ahead', range(4))
def test_a_long_document_is_read_as_a_short_one(ahead: int) -> None:
    """Wherever the pieces of it end: in a character, a tag or a reference."""
    text, value = 'é\U0001f600€' * 9000, 'ü&amp;' * 9000
    document = f'<a>{"x" * ahead}{text}<b c="{value}">{"&lt;" * 5000}</b>{"<d/>" * 5000}<!--{text}--></a>'
    root = parse(document)
    assert root.text == 'x' * ahead + text
    assert root.children[0] == leaf('b', '<' * 5000, c='ü&' * 9000)
    assert root.children[1:] == (leaf('d'),) * 5000


@pytest.mark.parametrize(
    'document',
    [f'<{LONG}', f'<a {LONG}', f'<a xmlns="{LONG}"/>', f'<!DOCTYPE {LONG}>', f'<a>&{LONG};</a>', f'<a>{LONG}'],
)
def test_an_error_repeats_nothing_of_a_stranger_at_length(document: str) -> None:
    with pytest.raises(MessageError) as caught:
        parse(document)
    assert len(str(caught.value)) < 100


# Both ways


MANY = settings(max_examples=150, deadline=None, database=None)
carried = st.text(
    st.characters(
        exclude_categories=['Cs', 'Cc'], exclude_characters='\ufffe\uffff', include_characters='\t\n\r\x7f\x85'
    ),
    max_size=20,
)


@MANY
@given(carried, carried)
@example('{host}\r\n\t ]]>', '{\'"<&>}')
def test_a_rendered_text_is_read_the_same(text: str, attribute: str) -> None:
    document = render(Element('a', (Element('b', text, {'c': attribute}),)))
    expected = leaf('b', text, c=attribute.translate(dict.fromkeys(b'\t\n', ' ')))  # XML 1.0 §3.3.3
    assert parse(document).children == parse(document.encode('utf-16')).children == (expected,)


@MANY
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60), st.text('<a/> ="&;!-[]?x:\'', max_size=20)))
def test_any_document_gives_an_element_or_a_message_error(document: str | bytes) -> None:
    with suppress(MessageError):
        assert isinstance(parse(document), Node)
