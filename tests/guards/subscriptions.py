"""Guards of what is subscribed to: where events may go, for how long, and how many subscriptions there are."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

NOWHERE_ELSE = ('unit/eventing/test_gena.py::test_events_go_nowhere_else',)
ANOTHER = ('unit/eventing/test_gena.py::test_another_callback_is_refused',)
GRANTED = ('unit/eventing/test_gena.py::test_the_time_that_is_granted_lies_within_its_bounds',)

GUARDS = (
    Guard(
        'a callback is on the link of its subscriber',
        'eventing/gena.py',
        ' or not self._isOnLink(callback.address)',
        '',
        NOWHERE_ELSE,
    ),
    Guard(
        'a callback is at its subscriber alone, unless the link is allowed',
        'eventing/gena.py',
        """if self.network is None:
            return False
        address, link = ip_address(literal), ip_interface(self.network).network""",
        "address, link = ip_address(literal), ip_interface(self.network or '0.0.0.0/0').network",
        NOWHERE_ELSE,
    ),
    Guard(
        'a callback of another is not at this machine',
        'eventing/gena.py',
        'self._isOurs(callback.address) or ',
        '',
        NOWHERE_ELSE,
    ),
    Guard(
        'a callback is never our own HTTP port',
        'eventing/gena.py',
        'if callback.port == self.port and self._isOurs(callback.address):',
        'if False:',
        NOWHERE_ELSE,
    ),
    Guard(
        'a callback is no broadcast address',
        'eventing/gena.py',
        'isHost = address != link.network_address and address != link.broadcast_address',
        'isHost = True',
        NOWHERE_ELSE,
    ),
    Guard(
        'every callback is checked, not the first alone',
        'eventing/gena.py',
        'for callback in callbacks:',
        'for callback in callbacks[:1]:',
        ('unit/eventing/test_gena.py::test_one_callback_that_is_not_allowed_spoils_the_others',),
    ),
    Guard(
        'there are maxCallbacks',
        'eventing/gena.py',
        'if len(urls) > limits.maxCallbacks:',
        'if False:',
        ('unit/eventing/test_gena.py::test_six_callbacks_are_taken_and_seven_are_not',),
    ),
    Guard('a callback has maxCallbackBytes', 'eventing/gena.py', 'len(url) > limits.maxCallbackBytes or ', '', ANOTHER),
    Guard(
        'a callback has no control character in disguise',
        'eventing/gena.py',
        ' or re.search(HIDDEN_CONTROL, url)',
        '',
        ANOTHER,
    ),
    Guard(
        'a callback has nothing that may not stand in a request line',
        'eventing/gena.py',
        r'([/?][!#-;=?-~]*)?\Z',
        r'([/?][^<>]*)?\Z',
        ANOTHER,
    ),
    Guard(
        'a callback has a port',
        'eventing/gena.py',
        'if not 0 < port <= MAX_PORT:',
        'if False:',
        ANOTHER,
    ),
    Guard(
        'an IPv4 address in the clothes of IPv6 is no callback',
        'eventing/gena.py',
        'if isIPv4Inside or ',
        'if ',
        ANOTHER,
    ),
    Guard(
        'an address of nobody or of many is no callback',
        'eventing/gena.py',
        ' or address.is_unspecified or address.is_multicast',
        '',
        ANOTHER,
    ),
    Guard(
        'nothing stands around the callbacks',
        'eventing/gena.py',
        'if not re.match(CALLBACKS, text):',
        'if False:',
        ('unit/eventing/test_gena.py::test_junk_around_the_brackets_is_refused',),
    ),
    Guard(
        'minSubscriptionSeconds are granted at least',
        'eventing/gena.py',
        'max(seconds, limits.minSubscriptionSeconds)',
        'seconds',
        GRANTED,
    ),
    Guard(
        'maxSubscriptionSeconds are granted at most',
        'eventing/gena.py',
        'min(max(seconds, limits.minSubscriptionSeconds), limits.maxSubscriptionSeconds)',
        'max(seconds, limits.minSubscriptionSeconds)',
        GRANTED,
    ),
    Guard(
        'infinity is not granted',
        'eventing/gena.py',
        'return limits.maxSubscriptionSeconds',
        'return 10 * limits.maxSubscriptionSeconds',
        GRANTED,
    ),
    Guard('of a time so many digits are read', 'eventing/gena.py', '[:MAX_DIGITS]', '', GRANTED),
    Guard(
        'there are maxSubscriptionsPerPeer',
        'eventing/subscriptions.py',
        'if count >= limits.maxSubscriptionsPerPeer:',
        'if False:',
        ('unit/eventing/test_subscriptions.py::test_so_many_subscriptions_of_a_peer_to_a_service_are_taken',),
    ),
    Guard(
        'there are maxSubscriptions',
        'eventing/subscriptions.py',
        'elif (count := len(self.subscriptions)) >= limits.maxSubscriptions:',
        'elif False:',
        ('unit/eventing/test_subscriptions.py::test_so_many_subscriptions_are_taken',),
    ),
    Guard(
        'of a peer the one that is told nothing any more makes room for its next',
        'eventing/subscriptions.py',
        'gone = next((one for one in own if one.isPaused), None)',
        'gone = None',
        ('unit/eventing/test_subscriptions.py::test_who_is_told_nothing_more_makes_room_for_others',),
    ),
    Guard(
        'a peer displaces nobody who has as few',
        'eventing/subscriptions.py',
        ' if len(self._peers.get(peer, ())) + 1 < len(most) else None',
        '',
        ('unit/eventing/test_subscriptions.py::test_who_has_most_makes_room_for_those_who_still_have_fewer',),
    ),
    Guard(
        'who has made room is told nothing more',
        'eventing/events.py',
        'self._endEach(self._book.makeRoom(service, peer))',
        'self._book.makeRoom(service, peer)',
        (
            'protocol/eventing/test_events.py::test_who_has_most_subscriptions_is_told_nothing_more_for_its_newest_when_there_are_too_many',
        ),
    ),
    Guard(
        'of many variables that are asked for each is looked up once',
        'eventing/gena.py',
        'known = frozenset(names)',
        'known = names',
        ('unit/eventing/test_gena.py::test_many_names_are_not_compared_with_each_evented_variable',),
    ),
    Guard(
        'of many subscriptions the one that is told nothing any more makes room',
        'eventing/subscriptions.py',
        'gone = next((one for one in self.subscriptions.values() if one.isPaused), None) or self._excess(peer)',
        'gone = self._excess(peer)',
        ('unit/eventing/test_subscriptions.py::test_who_is_told_nothing_more_makes_room_before_who_has_most',),
    ),
    Guard(
        'who has most subscriptions makes room for those who have fewer',
        'eventing/subscriptions.py',
        'return next(reversed(most.values())) if len(self._peers.get(peer, ())) + 1 < len(most) else None',
        'return None',
        ('unit/eventing/test_subscriptions.py::test_who_has_most_makes_room_for_those_who_still_have_fewer',),
    ),
    Guard(
        'a subscription whose time is over is none',
        'eventing/subscriptions.py',
        ' or now >= subscription.expires',
        '',
        ('unit/eventing/test_subscriptions.py::test_a_subscription_that_is_not_there_is_told_412',),
    ),
    Guard(
        'a subscription is to one service',
        'eventing/subscriptions.py',
        ' or subscription.publisher.service is not service',
        '',
        ('unit/eventing/test_subscriptions.py::test_a_subscription_that_is_not_there_is_told_412',),
    ),
    Guard(
        'a subscription whose answer is lost is forgotten',
        'eventing/answers.py',
        'self.subject(Evented).events.drop(self._subscription)',
        'pass',
        ('protocol/eventing/test_events.py::test_a_subscriber_that_does_not_get_the_answer_is_forgotten',),
    ),
)
