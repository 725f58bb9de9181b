"""Guards of the events that are sent: what waits, how long, and over how many connections."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

ALLOWED = ('protocol/eventing/test_events.py::test_there_are_never_more_connections_than_allowed',)
SILENT = ('protocol/eventing/test_events.py::test_one_who_never_answers_holds_up_nobody_and_is_given_up',)

GUARDS = (
    Guard(
        'an event escapes its values',
        'eventing/gena.py',
        '<{name}>{escape(text)}</{name}>',
        '<{name}>{text}</{name}>',
        ('unit/eventing/test_gena.py::test_a_property_set_is_exact_to_the_byte',),
    ),
    Guard(
        'maxQueuedEvents are kept',
        'eventing/publisher.py',
        'while len(self._events) > limits.maxQueuedEvents or self._bytes',
        'while self._bytes',
        ('unit/eventing/test_publisher.py::test_so_many_events_are_kept',),
    ),
    Guard(
        'maxQueuedEventBytes are kept',
        'eventing/publisher.py',
        ' or self._bytes > limits.maxQueuedEventBytes',
        '',
        ('unit/eventing/test_publisher.py::test_so_many_bytes_of_events_are_kept',),
    ),
    Guard(
        'an event is kept in few forms',
        'eventing/publisher.py',
        'if len(self._bodies) < MAX_BODIES:',
        'if True:',
        ('unit/eventing/test_publisher.py::test_eight_bodies_of_an_event_are_kept',),
    ),
    Guard(
        'the present state is kept in few forms',
        'eventing/publisher.py',
        'if len(self._present) < MAX_BODIES:',
        'if True:',
        ('unit/eventing/test_publisher.py::test_eight_bodies_of_what_has_changed_are_kept_until_something_changes',),
    ),
    Guard(
        'after maxFailedEvents nothing is told',
        'eventing/subscriptions.py',
        'return self.failures >= self.publisher.limits.maxFailedEvents',
        'return False',
        ('unit/eventing/test_subscriptions.py::test_after_three_failures_in_a_row_nothing_is_told_until_renewal',),
    ),
    Guard(
        'a trouble of this machine is no failure',
        'eventing/notifier.py',
        'isCounted=not isOurFault',
        'isCounted=True',
        ('protocol/eventing/test_events.py::test_a_trouble_of_this_machine_is_no_failure_of_the_subscriber',),
    ),
    Guard(
        'the initial event waits until the subscriber can know its SID',
        'eventing/events.py',
        'onGrid(asyncio.get_running_loop().time() + HOLD_SECONDS)',
        'asyncio.get_running_loop().time()',
        ('protocol/eventing/test_events.py::test_the_initial_event_waits_until_the_subscriber_can_know_its_sid',),
    ),
    Guard(
        'who cannot know its SID yet is told nothing else either',
        'eventing/events.py',
        'if one not in self._unaware])',
        '])',
        ('protocol/eventing/test_events.py::test_the_initial_event_waits_until_the_subscriber_can_know_its_sid',),
    ),
    # Time
    Guard(
        'a subscriber accepts a connection within connectSeconds',
        'eventing/notifier.py',
        'self._triedAt + limits.connectSeconds if',
        'self._triedAt + 9999 if',
        ('protocol/eventing/test_events.py::test_a_callback_that_accepts_no_connection_is_given_up',),
    ),
    Guard(
        'a subscriber answers within eventSeconds',
        'eventing/notifier.py',
        'askedAt + limits.eventSeconds',
        'askedAt + 9999',
        SILENT,
    ),
    Guard(
        'all callbacks together have their time',
        'eventing/notifier.py',
        'min(phase, self.began + NOTICE_SECONDS)',
        'phase',
        ('protocol/eventing/test_events.py::test_all_callbacks_together_have_half_a_minute',),
    ),
    Guard(
        'a connection that nothing goes over is closed',
        'eventing/notifier.py',
        'if not connection.isOpen or self._endOf(connection, since) <= now:',
        'if not connection.isOpen:',
        ('protocol/eventing/test_events.py::test_an_idle_connection_is_closed',),
    ),
    # Answers
    Guard(
        'of an answer maxEventAnswerBytes are read',
        'http/client.py',
        'if isTooLong:',
        'if False:',
        ('protocol/http/test_client.py::test_an_endless_body_ends_the_connection',),
    ),
    Guard(
        'what nobody asked for ends the connection',
        'http/client.py',
        'elif self._answered is None:',
        'elif False:',
        ('protocol/http/test_client.py::test_what_nobody_asked_for_ends_the_connection',),
    ),
    Guard(
        'a connection with more than an answer is not used again',
        'http/client.py',
        'self._keeps and not self._received',
        'self._keeps',
        (
            'protocol/http/test_client.py::test_an_answer_counts_with_its_head_and_the_connection_is_used_again_with_its_end',
        ),
    ),
    Guard(
        'the length of an answer is a number',
        'http/message.py',
        'if length is not None and not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):',
        'if False:',
        ('unit/http/test_message.py::test_an_answer_whose_length_is_none_is_refused',),
    ),
    # Connections
    Guard(
        'there are maxEventConnections',
        'eventing/delivery.py',
        '*(Share(places, prompt, untried, slow), ',
        '*(Share(9999, prompt, untried, slow), ',
        (
            'protocol/eventing/test_events.py::test_newcomers_and_those_who_answered_at_once_have_no_more_than_all_connections',
        ),
    ),
    Guard(
        'a part of the connections is kept free for newcomers',
        'eventing/delivery.py',
        'free = places // MIN_SHARE',
        'free = 0',
        ('protocol/eventing/test_events.py::test_a_newcomer_finds_a_place_where_all_who_were_prompt_hang',),
    ),
    Guard(
        'who subscribes anew is no newcomer',
        'eventing/delivery.py',
        ' or subscription.peer in self._slowPeers',
        '',
        ('protocol/eventing/test_events.py::test_a_newcomer_does_not_wait_for_those_who_are_known_to_hang',),
    ),
    Guard(
        'of slow peers few are remembered',
        'eventing/delivery.py',
        'if len(self._slowPeers) > self._maxSlowPeers:',
        'if False:',
        ('protocol/eventing/test_events.py::test_peers_that_were_slow_are_not_heaped_up',),
    ),
    Guard(
        'the rest of an answer comes within eventSeconds',
        'eventing/notifier.py',
        'return connection.askedAt + self.limits.eventSeconds',
        'return since + self.limits.idleSeconds',
        ('protocol/eventing/test_events.py::test_the_rest_of_an_answer_has_so_long_and_no_longer',),
    ),
    Guard(
        'what is beyond the bytes of an answer is not looked at',
        'http/client.py',
        'data = data[: self._left]',
        'pass',
        ('protocol/http/test_client.py::test_what_is_no_answer_is_an_error',),
    ),
    Guard(
        'kept connections count too',
        'eventing/notifier.py',
        'if self._kept and len(self._active) + len(self._kept) >= self._places:',
        'if False:',
        ALLOWED,
    ),
    Guard(
        'slow subscribers have a share of the connections',
        'eventing/delivery.py',
        '*(Share(half, untried, slow), Share(half - free, slow)),',
        '',
        (
            'protocol/eventing/test_events.py::test_a_newcomer_finds_a_place_where_all_who_were_prompt_hang',
            'protocol/eventing/test_events.py::test_a_newcomer_does_not_wait_for_those_who_are_known_to_hang',
        ),
    ),
    Guard(
        'events have their share of the descriptors',
        'eventing/notifier.py',
        'transport.descriptorShare(limits.maxEventConnections, DESCRIPTOR_PART)',
        'limits.maxEventConnections',
        ('protocol/eventing/test_events.py::test_events_never_use_up_the_descriptors',),
    ),
    Guard(
        'while others wait an event is given up after a second',
        'eventing/notifier.py',
        'while self._scheduler.isWaitedFor and self._hurry():',
        'while False:',
        ('protocol/eventing/test_events.py::test_while_others_wait_an_event_is_given_up_after_a_second',),
    ),
    Guard(
        'who has many subscriptions waits no less for it',
        'eventing/delivery.py',
        'lane.waiting.add(subscription.peer, subscription)',
        "lane.waiting.add('', subscription)",
        ('protocol/eventing/test_events.py::test_of_those_that_answered_at_once_the_peers_take_turns_too',),
    ),
    Guard(
        'an initial event that is owed to one that has left does not wait',
        'eventing/notifier.py',
        'if not subscription.isLive:  # an initial event',
        'if False:  # an initial event',
        ('protocol/eventing/test_events.py::test_initial_events_of_those_that_have_left_are_not_heaped_up',),
    ),
)
