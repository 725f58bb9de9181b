"""XML text: elements in order, everything escaped."""

from xml.etree import ElementTree

import pytest

from upnp._xml import Element, Template, escape, forbiddenCharacter, render

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
        ('{host}', '&#123;host}'),
        (Template('{host}'), '{host}'),
        (Template('{host}/<&>'), '{host}/&lt;&amp;&gt;'),
        ('\x7f\x85\u2028\ud7ff\ue000\ufffd\U0001f600', '\x7f\x85\u2028\ud7ff\ue000\ufffd\U0001f600'),
    ],
)
def test_text_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


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
    with pytest.raises(ValueError, match='cannot carry'):
        escape(f'a{character}b')


def test_other_text_has_no_forbidden_character() -> None:
    assert forbiddenCharacter('\t\n\r aé€\U0001f600') is None
    assert forbiddenCharacter('') is None


def test_equal_elements_are_equal_objects() -> None:
    assert Element('a', 'b', {'c': 'd'}) == Element('a', 'b', {'c': 'd'})
    assert Element('a', 'b') != Element('a', 'c')
