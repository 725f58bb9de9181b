"""Guards of HTTP connections: how long, how many, and what happens without descriptors."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

TO_THE_MOMENT = ('protocol/http/test_transport.py::test_a_peer_gets_its_time_to_the_moment',)
GIVES_WAY = ('protocol/http/test_server.py::test_the_connection_idle_longest_gives_way',)
LACK = ('protocol/http/test_transport.py::test_a_lack_of_descriptors_is_told_once_and_passes_by_itself',)

GUARDS = (
    Guard(
        'a head has headSeconds',
        'http/connections.py',
        """began = True
                self._expect(limits.headSeconds)""",
        'began = True',
        (
            'protocol/http/test_transport.py::test_the_time_for_a_head_begins_with_its_first_byte_and_more_bytes_win_none',
        ),
    ),
    Guard(
        'a body has bodySeconds',
        'http/connections.py',
        'self._expect(self._limits.bodySeconds)',
        'self._expect(9999)',
        TO_THE_MOMENT,
    ),
    Guard(
        'a connection is idle for idleSeconds',
        'http/connections.py',
        'self._expect(limits.headSeconds if began else limits.idleSeconds)',
        'self._expect(limits.headSeconds if began else 9999)',
        TO_THE_MOMENT,
    ),
    Guard(
        'an answer is taken within writeSeconds',
        'http/connections.py',
        """async with asyncio.timeout(self._limits.writeSeconds):
                    await self.writer.drain()""",
        'await self.writer.drain()',
        ('protocol/http/test_server.py::test_a_peer_that_reads_nothing_is_cut_off',),
    ),
    Guard(
        'the last answer is taken within writeSeconds',
        'http/connections.py',
        """async with asyncio.timeout(self._limits.writeSeconds):
                await self.writer.wait_closed()""",
        'await self.writer.wait_closed()',
        ('protocol/http/test_server.py::test_a_peer_that_reads_nothing_is_cut_off',),
    ),
    Guard(
        'what comes in the moment of the cut is not begun',
        'http/connections.py',
        'if not received or self._isLate:',
        'if not received:',
        ('protocol/http/test_transport.py::test_what_comes_in_the_moment_of_the_cut_is_not_begun',),
    ),
    Guard(
        'there are maxConnections in all',
        'http/table.py',
        'elif len(self._open) > self._most:',
        'elif False:',
        GIVES_WAY,
    ),
    Guard(
        'there are maxConnectionsPerPeer',
        'http/table.py',
        'if len(siblings) > self._limits.maxConnectionsPerPeer:',
        'if False:',
        GIVES_WAY,
    ),
    Guard(
        'the one idle longest gives way, not another',
        'http/table.py',
        'self._open.move_to_end(connection)',
        'pass',
        ('protocol/http/test_server.py::test_one_that_has_just_been_served_is_not_idle',),
    ),
    Guard(
        'a newcomer does not give way',
        'http/table.py',
        '[one for one in listed if one is not newcomer] or listed',
        'listed',
        ('protocol/control/test_answers.py::test_a_connection_with_a_call_under_way_is_not_idle',),
    ),
    Guard(
        'a connection with a call under way gives way last',
        'http/table.py',
        'next((one for one in others if not one.isBusy), others[0])',
        'others[0]',
        ('protocol/control/test_answers.py::test_a_connection_with_a_call_under_way_is_not_idle',),
    ),
    Guard(
        'who has many connections gives way before who has few',
        'http/table.py',
        'if most > FEW_CONNECTIONS:',
        'if False:',
        ('protocol/http/test_server.py::test_who_has_many_connections_gives_way_before_who_has_few',),
    ),
    Guard(
        'a connection counts until it is closed',
        'http/table.py',
        'self._open.move_to_end(connection, last=False)',
        'del self._open[connection]',
        ('protocol/http/test_server.py::test_a_connection_counts_until_it_is_closed_and_gives_way_first',),
    ),
    Guard(
        'a connection that is being closed gives way first',
        'http/table.py',
        'self._open.move_to_end(connection, last=False)',
        'self._open.move_to_end(connection)',
        ('protocol/http/test_server.py::test_a_connection_that_is_being_closed_gives_way_before_an_idle_one',),
    ),
    Guard(
        'a peer that nobody knows is not served',
        'http/server.py',
        ' or not connection.isKnown',
        '',
        ('protocol/http/test_transport.py::test_a_connection_of_nobody_is_not_served',),
    ),
    Guard(
        'requests that are slow to read wait for their turn',
        'base/fairness.py',
        'return not self._waiting and now < self._end',
        'return True',
        ('protocol/http/test_connections.py::test_what_is_slow_to_read_waits_for_the_next_turn_and_peers_take_turns',),
    ),
    Guard(
        'one that has given way begins nothing',
        'http/table.py',
        'victim.task.cancel()  # what',
        'pass  # what',
        ('protocol/control/test_answers.py::test_a_connection_that_gives_way_begins_no_call_any_more',),
    ),
    Guard(
        'requests sent in advance delay nobody',
        'http/server.py',
        'if served % ANSWERS_AT_ONCE == 0:',
        'if False:',
        ('protocol/control/test_answers.py::test_a_peer_that_has_sent_much_in_advance_delays_nobody',),
    ),
    Guard(
        'a crowd is accepted bit by bit',
        'http/listener.py',
        'for _ in range(ACCEPTS_AT_ONCE):',
        'while True:',
        ('protocol/http/test_transport.py::test_a_crowd_is_accepted_bit_by_bit_so_that_others_have_their_turn',),
    ),
    Guard(
        'a peer that left while it waited stops nobody',
        'http/listener.py',
        'if error.errno not in EXHAUSTED:',
        'if False:',
        ('protocol/http/test_transport.py::test_peers_that_left_while_they_waited_stop_nobody',),
    ),
    Guard(
        'without descriptors a connection is asked to give way',
        'http/listener.py',
        'if not self._makesRoom():',
        'if True:',
        ('protocol/http/test_transport.py::test_who_gives_way_makes_room_at_once',),
    ),
    Guard(
        'without descriptors the connection idle longest gives way',
        'http/table.py',
        """self._dismiss(givingWay(self._open))
        return True""",
        'return True',
        ('protocol/http/test_server.py::test_without_descriptors_the_connection_idle_longest_gives_way',),
    ),
    Guard(
        'without descriptors the loop is not kept busy',
        'http/listener.py',
        """self._wait()
                    return""",
        'return',
        LACK,
    ),
    Guard('a lack of descriptors is told once', 'http/listener.py', 'if not self._isTold:', 'if True:', LACK),
    Guard(
        'the descriptors are not used up by one purpose',
        'http/transport.py',
        'min(wanted, max(most // part, 1))',
        'wanted',
        ('protocol/http/test_transport.py::test_descriptors_are_left_for_others',),
    ),
    Guard(
        'connections have their share of the descriptors',
        'http/table.py',
        'descriptorShare(self._limits.maxConnections, DESCRIPTOR_PART)',
        'self._limits.maxConnections',
        ('protocol/http/test_server.py::test_connections_never_use_up_the_descriptors',),
    ),
    Guard(
        'who is told to wait writes no more',
        'http/transport.py',
        'if len(self._unsent) > HIGH_WATER_BYTES and not self._isFull:',
        'if False:',
        ('protocol/http/test_transport.py::test_a_writer_is_told_to_wait_once_and_to_go_on_once',),
    ),
)
