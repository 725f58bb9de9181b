"""Guards of the bytes of an HTTP request, and of what is written in answer."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

STATUS = ('protocol/http/test_server.py::test_a_request_that_cannot_be_served_gets_its_status',)
TWO_WAYS = ('unit/http/test_message.py::test_a_request_that_two_readers_could_understand_in_two_ways_is_refused',)
TWO_LENGTHS = ('unit/http/test_message.py::test_a_length_that_could_be_understood_in_two_ways_is_refused',)
NO_CHUNK_SIZE = ('unit/http/test_message.py::test_what_is_no_chunk_size_is_refused',)

GUARDS = (
    # How much
    Guard(
        'a request line has maxRequestLineBytes',
        'http/connections.py',
        "if (line < 0 and len(self._buffer) > most) or len(self._buffer[:line].removesuffix(b'\\r')) > most:",
        'if False:',
        STATUS,
    ),
    Guard(
        'a head has maxHeadBytes',
        'http/connections.py',
        'if end < 0 or end > self._limits.maxHeadBytes:',
        'if end < 0:',
        STATUS,
    ),
    Guard(
        'a head without an end is collected to maxHeadBytes',
        'http/connections.py',
        ' or len(buffer) > limits.maxHeadBytes',
        '',
        STATUS,
    ),
    Guard('a head has maxHeaderFields', 'http/message.py', 'if len(lines) - 1 > maxFields:', 'if False:', STATUS),
    Guard(
        'a body beyond maxBodyBytes is refused before it is read',
        'http/connections.py',
        'if length > self._limits.maxBodyBytes:',
        'if False:',
        STATUS,
    ),
    Guard(
        'chunks have maxBodyBytes in all',
        'http/connections.py',
        'if total > self._limits.maxBodyBytes:',
        'if False:',
        STATUS,
    ),
    Guard(  # what is looked through for the end of the line, and what may wait for it
        'the line of a chunk has maxChunkLineBytes',
        'http/connections.py',
        """(end := self._buffer.find(b'\\n', 0, most + 1)) < 0:
            if len(self._buffer) > most:""",
        """(end := self._buffer.find(b'\\n')) < 0:
            if False:""",
        ('protocol/http/test_server.py::test_the_line_of_a_chunk_is_bounded',),
    ),
    Guard(
        'a trailer has maxHeaderFields',
        'http/connections.py',
        'for _ in range(self._limits.maxHeaderFields):',
        'while True:',
        STATUS,
    ),
    Guard(
        'of a body that nobody wants nothing is collected',
        'http/connections.py',
        'if not keep:  # what is dropped need not be collected first',
        'if False:',
        ('protocol/http/test_server.py::test_a_body_that_nobody_wants_takes_no_memory',),
    ),
    # Where a request ends (RFC 9112 §11.2)
    Guard(
        'Content-Length with Transfer-Encoding is refused',
        'http/message.py',
        "if length is not None or request.version == 'HTTP/1.0':",
        "if request.version == 'HTTP/1.0':",
        TWO_LENGTHS,
    ),
    Guard(
        'HTTP/1.0 with Transfer-Encoding is refused',
        'http/message.py',
        "if length is not None or request.version == 'HTTP/1.0':",
        'if length is not None:',
        ('unit/http/test_message.py::test_http_1_0_has_no_chunks',),
    ),
    Guard(
        'a coding other than chunked is refused',
        'http/message.py',
        "if coding.lower() != 'chunked':",
        'if False:',
        TWO_LENGTHS,
    ),
    Guard(
        'a Content-Length is digits and nothing else',
        'http/message.py',
        'if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):',
        'if len(length) > MAX_DIGITS:',
        TWO_LENGTHS,
    ),
    Guard(
        'a Content-Length has few digits',
        'http/message.py',
        'if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):',
        'if not (length.isascii() and length.isdigit()):',
        TWO_LENGTHS,
    ),
    # Later, "a, a" is no host, "1, 1" is no length, and "chunked, chunked" no coding of ours: this is the first line.
    Guard('a second Host is refused', 'http/message.py', "in ('host', ", 'in (', TWO_WAYS),
    Guard('a second Content-Length is refused', 'http/message.py', "'content-length', 'tr", "'tr", TWO_WAYS),
    Guard('a second Transfer-Encoding is refused', 'http/message.py', ", 'transfer-encoding'):", '):', TWO_WAYS),
    Guard(
        'behind the size of a chunk comes nothing but extensions',
        'http/message.py',
        r"rb'([0-9A-Fa-f]{1,8})[ \t]*(;.*)?\Z'",
        r"rb'([0-9A-Fa-f]{1,8})'",
        NO_CHUNK_SIZE,
    ),
    Guard('the size of a chunk has few digits', 'http/message.py', '[0-9A-Fa-f]{1,8}', '[0-9A-Fa-f]+', NO_CHUNK_SIZE),
    Guard(
        'the line of a chunk has no bare CR and no NUL',
        'http/message.py',
        r"if found is None or b'\r' in line or b'\0' in line:",
        'if found is None:',
        NO_CHUNK_SIZE,
    ),
    Guard(
        'a line between chunks ends with CR LF',
        'http/connections.py',
        "raise MessageError('a line between chunks that LF alone ends')",
        'return line[:-1]',
        ('protocol/http/test_server.py::test_lines_between_chunks_end_with_cr_lf',),
    ),
    Guard(
        'a chunk that is longer than it says is refused',
        'http/connections.py',
        "raise MessageError('a chunk is longer than it says')",
        'pass',
        STATUS,
    ),
    Guard(
        'a field that is folded, or has a space before its colon, is refused',
        'http/message.py',
        'not colon or not TOKEN.match(name) or CONTROL.search(value)',
        'not colon or CONTROL.search(value)',
        TWO_WAYS,
    ),
    Guard(
        'a line without a colon is refused',
        'http/message.py',
        'not colon or not TOKEN.match(name) or CONTROL.search(value)',
        'not TOKEN.match(name) or CONTROL.search(value)',
        TWO_WAYS,
    ),
    Guard(
        'a bare CR, a NUL or a control character in a field is refused',
        'http/message.py',
        'not colon or not TOKEN.match(name) or CONTROL.search(value)',
        'not colon or not TOKEN.match(name)',
        TWO_WAYS,
    ),
    Guard(
        'a bare CR, a NUL or a control character in a request line is refused',
        'http/message.py',
        ' or CONTROL.search(line)',
        '',
        TWO_WAYS,
    ),
    Guard(
        'HTTP/1.1 without a Host is refused',
        'http/message.py',
        "if version == 'HTTP/1.1' and 'host' not in headers:",
        'if False:',
        STATUS,
    ),
    Guard(
        'another version of HTTP is refused',
        'http/message.py',
        "if version.group(1) != '1':",
        'if False:',
        ('unit/http/test_message.py::test_another_major_version_is_refused_with_505',),
    ),
    Guard(
        'after a broken request the connection is closed',
        'http/server.py',
        "HttpRequest('', '', 'HTTP/1.1', {'connection': 'close'})",
        "HttpRequest('', '', 'HTTP/1.1', {})",
        ('protocol/http/test_server.py::test_a_broken_request_closes_the_connection_and_an_unknown_path_does_not',),
    ),
    # What is written
    Guard(
        'no line is slipped into a message',
        'http/message.py',
        "if text.count('\\n') != len(lines) - 1 or text.count('\\r') != len(lines) - 1 or '\\0' in text:",
        'if False:',
        ('unit/http/test_message.py::test_nobody_slips_a_line_into_a_message',),
    ),
    Guard(
        'the log has the words of a peer as repr',
        'http/server.py',
        "FETCHED = '< %s:%s %s %r: %d'",
        "FETCHED = '< %s:%s %s %s: %d'",
        ('protocol/http/test_server.py::test_what_a_peer_asks_for_does_nothing_to_whoever_reads_the_log',),
    ),
    Guard(
        'a fault writes no lines of its own in the log',
        'control/answers.py',
        'self.request.path, Legible(error))',
        'self.request.path, error)',
        ('protocol/control/test_answers.py::test_a_fault_writes_no_lines_of_its_own_in_the_log',),
    ),
    Guard(
        'what a function raises writes no lines of its own in the log',
        'control/calls.py',
        'log.addFilter(makeLegible)',
        '',
        ('protocol/control/test_calls.py::test_what_a_peer_sent_writes_no_lines_of_its_own_in_the_log',),
    ),
    Guard(
        'the page of a device escapes its name',
        'presentation/page.py',
        "'name': [escape(textOf(root, 'friendlyName', 'device'))]",
        "'name': [textOf(root, 'friendlyName', 'device')]",
        ('unit/presentation/test_page.py::test_a_name_is_shown_as_it_was_given_and_never_obeyed',),
    ),
    Guard(
        'the page of a device escapes what is known of it',
        'presentation/values.py',
        "return escape(text)\n    return f'<a href",
        "return text\n    return f'<a href",
        ('unit/presentation/test_page.py::test_what_a_device_tells_is_shown_as_text',),
    ),
    Guard(
        'what is no web address is no link of the page',
        'presentation/values.py',
        '    if not isWebAddress(address):',
        '    if not address:',
        ('unit/presentation/test_page.py::test_only_addresses_of_the_web_become_links',),
    ),
    Guard(
        'the page of a device escapes what explains an action',
        'presentation/forms.py',
        '<p class="about">{escape(text)}</p>',
        '<p class="about">{text}</p>',
        ('unit/presentation/test_forms.py::test_what_a_service_says_is_shown_and_never_obeyed',),
    ),
    Guard(
        'the page of a device escapes an allowed value',
        'presentation/forms.py',
        '>{escape(value)}</option>',
        '>{value}</option>',
        ('unit/presentation/test_forms.py::test_what_a_service_says_is_shown_and_never_obeyed',),
    ),
    Guard(
        'the page of a device escapes what an input begins with',
        'presentation/forms.py',
        'value="{escape(text[:size])}"',
        'value="{text[:size]}"',
        ('unit/presentation/test_forms.py::test_what_a_service_says_is_shown_and_never_obeyed',),
    ),
    Guard(
        'the page of a device escapes a value',
        'presentation/values.py',
        "return f'<span{long}>{escape(text)}</span>'",
        "return f'<span{long}>{text}</span>'",
        ('unit/presentation/test_page.py::test_what_a_device_tells_is_shown_as_text',),
    ),
    Guard(
        'a description escapes its texts',
        'base/xml.py',
        '<{head}>{escapeInTemplate(element.content)}</{element.name}>',
        '<{head}>{element.content}</{element.name}>',
        ('unit/description/test_writing.py::test_a_text_is_read_as_it_was_given',),
    ),
    Guard(
        'a document is kept for few of our addresses',
        'description/answers.py',
        'if len(self._filled) >= MAX_FILLED:',
        'if False:',
        ('protocol/http/test_listener.py::test_a_document_is_kept_for_few_addresses',),
    ),
)
