"""Guards against what a web page can have a browser send."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

NOT_OURS = ('unit/addressing/test_access.py::test_a_request_that_is_meant_for_another_is_not_ours',)
OWN_PAGE = ('unit/addressing/test_access.py::test_a_page_is_our_own_when_it_is_of_the_place_that_it_asks',)
NO_CALL = ('protocol/control/test_answers.py::test_what_is_no_call_gets_a_status_and_no_fault',)

GUARDS = (
    Guard(
        'a request for another host is refused',
        'http/server.py',
        'if not self._isForUs(request):',
        'if False:',
        ('protocol/http/test_server.py::test_a_request_for_another_host_is_refused_whatever_it_asks_for',),
    ),
    Guard(
        'HTTP/1.0 names no other host either',
        'http/server.py',
        'named is None or isOurs(named, request.host)',
        "request.version == 'HTTP/1.0' or isOurs(str(named), request.host)",
        ('protocol/http/test_server.py::test_http_1_0_may_leave_the_host_out_and_not_name_another',),
    ),
    Guard(
        'the host of the absolute form is ours too',
        'http/server.py',
        'not request.authority or isOurs(request.authority, request.host)',
        'True',
        ('protocol/http/test_server.py::test_the_host_of_the_absolute_form_counts_too',),
    ),
    Guard(
        'a host has our port or none',
        'addressing/access.py',
        'if port in (None, self._here.httpPort) and (',
        'if (',
        NOT_OURS,
    ),
    Guard(
        'localhost is ours on this machine only',
        'addressing/access.py',
        'name == LOCAL and isLoopback(literal)',
        'name == LOCAL',
        ('unit/addressing/test_access.py::test_localhost_is_ours_on_this_machine',),
    ),
    Guard(
        'what is advertised is ours with its port only',
        'addressing/access.py',
        ' and port in (None, self._advertisedPort or self._here.httpPort)',
        '',
        ('unit/addressing/test_access.py::test_what_is_advertised_is_ours_with_its_port',),
    ),
    Guard(
        'what is allowed with a port is ours with that port only',
        'addressing/access.py',
        'fnmatchcase(name, pattern) and allowed in (None, port)',
        'fnmatchcase(name, pattern)',
        ('unit/addressing/test_access.py::test_what_is_allowed_is_ours',),
    ),
    Guard(
        'a page of another place changes nothing',
        'addressing/access.py',
        "if origin is not None and not self.isOwnOrigin(origin, headers.get('host', '')):",
        'if False:',
        ('protocol/http/test_server.py::test_what_changes_something_is_not_taken_from_another_page',),
    ),
    Guard(
        'a page of another scheme than those of the web is not ours',
        'addressing/access.py',
        'if scheme not in PORTS or page is None',
        'if page is None',
        OWN_PAGE,
    ),
    Guard(
        'a page of another port is not ours',
        'addressing/access.py',
        'return (page[0], page[1] or PORTS[scheme]) == (place[0], place[1] or PORTS[scheme])',
        'return page[0] == place[0]',
        OWN_PAGE,
    ),
    Guard(
        'a method that is not for what is served is refused',
        'http/server.py',
        'if request.method not in resource.answer.methods:',
        'if False:',
        ('protocol/control/test_answers.py::test_a_control_path_takes_posts_only',),
    ),
    Guard(
        'a call has an XML content type',
        'control/answers.py',
        "if not re.match(ANY_XML, headers.get('content-type', '')):",
        'if False:',
        NO_CALL,
    ),
    Guard(
        'a call has its SOAPACTION',
        'control/answers.py',
        """    if name not in headers:
        raise MessageError(f'a call without {name.upper()}')
    return headers[name]""",
        """    return headers.get(name, '"urn:exemple-org:service:Lamp:2#GetLevel"')""",
        NO_CALL,
    ),
    Guard(
        'SOAPACTION names a service and an action',
        'control/soap.py',
        'if not headerType or not headerAction:',
        'if False:',
        ('unit/control/test_soap.py::test_a_header_that_names_no_action_is_no_call',),
    ),
    Guard(
        'SOAPACTION names the action that is called',
        'control/soap.py',
        'if element.name != headerAction:',
        'if False:',
        ('unit/control/test_soap.py::test_what_is_no_action_here_is_told_401',),
    ),
    Guard(
        'SOAPACTION names the service that is asked',
        'control/soap.py',
        'includes(own, headerType) and ',
        '',
        ('unit/control/test_soap.py::test_what_is_no_action_here_is_told_401',),
    ),
    Guard(
        'a call names the service that is asked',
        'control/soap.py',
        ' and includes(own, element.namespace)',
        '',
        ('unit/control/test_soap.py::test_what_is_no_action_here_is_told_401',),
    ),
)
