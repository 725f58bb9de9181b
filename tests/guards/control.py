"""Guards of the XML of a call, and of the functions that it runs."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

TO_ONE = ('unit/base/test_xml.py::test_a_limit_is_kept_to_one',)
MEMORY = ('unit/base/test_xml.py::test_no_document_takes_much_more_memory_than_it_is_long',)
NOT_ALLOWED = ('unit/control/test_soap.py::test_an_argument_that_is_not_allowed_is_told_with_its_code',)
STUCK = ('protocol/control/test_calls.py::test_a_stuck_function_is_told_of_once_and_others_are_refused_until_it_ends',)
SO_MANY = ('protocol/control/test_calls.py::test_so_many_calls_of_a_peer_run_and_so_many_more_wait',)
ONCE = ('protocol/control/test_calls.py::test_anything_else_that_a_function_raises_is_501_and_logged_once',)
WRONG = ('protocol/control/test_answers.py::test_a_result_or_an_error_that_is_none_is_501_too',)

GUARDS = (
    # XML
    Guard(
        'a document type is refused',
        'base/xml.py',
        "raise MessageError('XML with a document type declaration')",
        'pass',
        ('unit/base/test_xml.py::test_a_document_type_declaration_is_refused',),
    ),
    Guard('XML has maxXmlDepth', 'base/xml.py', 'if self._depth > self._limits.maxXmlDepth:', 'if False:', TO_ONE),
    Guard(
        'XML has maxXmlElements', 'base/xml.py', 'if self._count > self._limits.maxXmlElements:', 'if False:', TO_ONE
    ),
    Guard(
        'an element has maxXmlAttributes',
        'base/xml.py',
        'if attributes > self._limits.maxXmlAttributes:',
        'if False:',
        TO_ONE,
    ),
    Guard('namespaces count as attributes', 'base/xml.py', 'self._declared += 1', 'pass', TO_ONE),
    Guard('a namespace is short', 'base/xml.py', 'if len(name) > MAX_NAMESPACE:', 'if False:', TO_ONE),
    Guard(
        'a long document is looked through for long namespaces before they are multiplied',
        'base/xml.py',
        'if len(document) > SMALL_BYTES:',
        'if False:',
        MEMORY,
    ),
    Guard(
        'bytes are UTF-8, or UTF-16 with its mark, whatever is declared',
        'base/xml.py',
        "expat = ParserCreate('utf-8', SEPARATOR)",
        'expat = ParserCreate(None, SEPARATOR)',
        ('unit/base/test_xml.py::test_the_bytes_tell_the_encoding_whatever_is_declared',),
    ),
    Guard(
        'a fault has no character that XML cannot carry',
        'control/soap.py',
        "description = description.replace(character, '?')",
        'break',
        ('unit/control/test_soap.py::test_any_description_can_be_told',),
    ),
    Guard(
        'a fault escapes its description',
        'control/soap.py',
        'description=escape(description)',
        'description=description',
        ('unit/control/test_soap.py::test_any_description_can_be_told',),
    ),
    Guard(
        'a result escapes its values',
        'control/soap.py',
        '<{argument.name}>{escape(text)}</{argument.name}>',
        '<{argument.name}>{text}</{argument.name}>',
        ('unit/control/test_soap.py::test_a_caller_reads_the_text_that_was_returned',),
    ),
    # Arguments
    Guard(
        'arguments are checked before the function runs',
        'control/soap.py',
        'values[name] = variableOf(service, argument).parse(given[name].text)',
        'values[name] = given[name].text',
        NOT_ALLOWED,
    ),
    Guard(
        'a missing argument is refused',
        'control/soap.py',
        "raise ActionError(402, f'Invalid Args: {name} is missing')",
        'continue',
        NOT_ALLOWED,
    ),
    Guard(
        'an argument that is there twice is refused',
        'control/soap.py',
        'if element.name in given:',
        'if False:',
        NOT_ALLOWED,
    ),
    Guard(
        'an argument with elements is refused', 'control/soap.py', 'if given[name].children:', 'if False:', NOT_ALLOWED
    ),
    Guard(
        'calls that are remembered are few',
        'control/answers.py',
        'if len(known) >= MAX_KNOWN:',
        'if False:',
        ('protocol/control/test_answers.py::test_calls_are_remembered_within_bounds',),
    ),
    Guard(
        'calls that are remembered are short',
        'control/answers.py',
        ' and len(soapAction) + len(body) <= MAX_KNOWN_BYTES',
        '',
        ('protocol/control/test_answers.py::test_calls_are_remembered_within_bounds',),
    ),
    # Functions
    Guard(
        'an async function has callSeconds',
        'control/calls.py',
        """del self._deadlines[deadline]
            deadline.ring()""",
        'del self._deadlines[deadline]',
        ('protocol/control/test_calls.py::test_a_plain_function_and_what_it_returns_to_be_awaited_have_one_time',),
    ),
    Guard(
        'a function that ignores its end is given up',
        'control/calls.py',
        'call_later(END_SECONDS, self._giveUp)',
        'call_later(9999, self._giveUp)',
        (
            'protocol/control/test_answers.py::test_a_function_that_resists_its_end_holds_up_neither_its_caller_nor_a_stop',
        ),
    ),
    Guard(
        'while a thread is stuck, others are told so at once',
        'control/worker.py',
        'if (stuck := self._stuck) is not None:',
        'if False:',
        STUCK,
    ),
    Guard(
        'those that wait for a thread that gets stuck are told so',
        'control/worker.py',
        'for other in others:',
        'for other in ():',
        STUCK,
    ),
    Guard(
        'however many callers leave, one timer watches what runs',
        'control/worker.py',
        ' and self._watchedOn is not loop:',
        ':',
        ('protocol/control/test_calls.py::test_however_many_callers_leave_one_timer_watches_what_runs',),
    ),
    Guard(
        'a call whose caller has gone never begins',
        'control/calls.py',
        """finally:
            worker.forget(job)""",
        """finally:
            pass""",
        ('protocol/control/test_calls.py::test_calls_that_nobody_waits_for_never_begin',),
    ),
    Guard(
        'a cancelled task stays cancelled',
        'control/calls.py',
        'if isinstance(error, asyncio.CancelledError) and currentTask().cancelling():',
        'if False:',
        ('protocol/control/test_calls.py::test_a_caller_that_goes_cancels_its_async_function_and_waits_for_its_end',),
    ),
    Guard(
        'what a function raises as a cancellation ends nothing else',
        'control/calls.py',
        ' and currentTask().cancelling():',
        ':',
        ONCE,
    ),
    Guard(
        'the caller is told nothing of what a function has raised',
        'control/calls.py',
        """self._note(callee, error)
        return ActionError(501)""",
        """self._note(callee, error)
        return ActionError(501, repr(error))""",
        ONCE,
    ),
    Guard('what a function raises is told once', 'control/calls.py', 'if cause in self._noted:', 'if False:', ONCE),
    Guard(
        'what a function returns wrongly is told once',
        'control/calls.py',
        'logging.DEBUG if cause in self._noted else level',
        'level',
        ('protocol/control/test_calls.py::test_a_result_that_cannot_be_sent_is_told_once',),
    ),
    Guard(
        'sys.exit ends no thread',
        'control/worker.py',
        'except BaseException as raised:  # sys.exit',
        'except Exception as raised:  # sys.exit',
        ('protocol/control/test_calls.py::test_sys_exit_ends_neither_the_thread_nor_the_program',),
    ),
    Guard(
        'a wrong result is 501',
        'control/answers.py',
        'except Exception as error:  # of whatever kind',
        'except ActionError as error:  # of whatever kind',
        WRONG,
    ),
    Guard(
        'a result of another type is refused',
        'control/soap.py',
        'variableOf(call.service, argument).render(value)',
        'str(value)',
        ('unit/control/test_soap.py::test_a_wrong_result_is_told_with_its_argument',),
    ),
    Guard(
        'maxCallsPerPeer run at a time',
        'base/fairness.py',
        'if running < self._limits.maxCallsPerPeer:',
        'if True:',
        SO_MANY,
    ),
    Guard(
        'maxWaitingCallsPerPeer wait',
        'base/fairness.py',
        'if len(waiting) >= self._limits.maxWaitingCallsPerPeer:',
        'if False:',
        SO_MANY,
    ),
    Guard(
        'a place that comes in the moment of a cancellation is passed on',
        'base/fairness.py',
        'if call is not None and call in waiting:',
        'if call is not None:',
        ('protocol/control/test_calls.py::test_a_turn_that_comes_in_the_moment_of_a_cancellation_is_not_lost',),
    ),
    Guard(
        'peers take turns in the thread of a service',
        'base/fairness.py',
        'self._ofOwner.move_to_end(owner)',
        'pass',
        (
            'unit/base/test_fairness.py::test_owners_take_turns_and_keep_their_own_order',
            'protocol/control/test_calls.py::test_peers_take_turns_in_the_thread_of_a_service',
        ),
    ),
)
