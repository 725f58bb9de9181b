"""Guards of the pages: how many are open, how often they are told, what they may load, who sends them anything."""

from tests.guards.guard import Guard

__all__ = ['GUARDS']

NEWS, PAGES, HTTP = (
    'protocol/presentation/test_streams.py',
    'protocol/presentation/test_custompages.py',
    'protocol/http/test_server.py',
)

GUARDS = (
    Guard(
        'there are maxPageStreamsPerPeer',
        'presentation/streams.py',
        'if count >= self._limits.maxPageStreamsPerPeer:',
        'if False:',
        (f'{NEWS}::test_the_pages_of_one_peer_have_their_bound',),
    ),
    Guard(
        'there are maxPageStreams in all',
        'presentation/streams.py',
        'if len(self._readers) < self._most:',
        'if True:',
        (f'{NEWS}::test_all_pages_together_have_their_bound_and_who_has_most_gives_way',),
    ),
    Guard(
        'a newcomer displaces no page of a peer that has no more',
        'presentation/streams.py',
        'if count + 1 >= len(most):',
        'if False:',
        (f'{NEWS}::test_all_pages_together_have_their_bound_and_who_has_most_gives_way',),
    ),
    Guard(
        'open pages have their share of the descriptors',
        'presentation/streams.py',
        'descriptorShare(limits.maxPageStreams, DESCRIPTOR_PART)',
        'limits.maxPageStreams',
        (f'{NEWS}::test_pages_never_use_up_the_descriptors',),
    ),
    Guard(
        'a page that has not taken the last message is told nothing more',
        'presentation/streams.py',
        'if reader.isBehind or not (due := reader.take()):',
        'if not (due := reader.take()):',
        (f'{NEWS}::test_a_page_that_reads_nothing_is_told_nothing_more_and_cut_off',),
    ),
    Guard(
        'a page that takes nothing gets no comments',
        'presentation/streams.py',
        """if not reader.isBehind:
                reader.write(self._still, now)""",
        'reader.write(self._still, now)',
        (f'{NEWS}::test_a_page_that_reads_nothing_gets_no_comments_either',),
    ),
    Guard(
        'a page that takes nothing is cut off',
        'presentation/streams.py',
        'if reader.look(now) >= self._limits.writeSeconds:',
        'if False:',
        (f'{NEWS}::test_a_page_that_reads_nothing_is_told_nothing_more_and_cut_off',),
    ),
    Guard(
        'a page is told ten times a second at the most',
        'presentation/streams.py',
        'max(loopTime(), self._toldAt + REST_SECONDS)',
        'self._loop.time()',
        (f'{NEWS}::test_what_changes_often_is_told_ten_times_a_second_and_the_last_value_arrives',),
    ),
    Guard(
        'a page that is closed is forgotten',
        'http/server.py',
        """        finally:
            answer.ended()""",
        """        finally:
            pass""",
        (f'{NEWS}::test_a_page_that_is_closed_is_told_nothing_and_forgotten',),
    ),
    Guard(
        'idle connections give way before an open page',
        'http/server.py',
        'connection.isBusy = True  # one that is idle gives way before it',
        'pass',
        (f'{NEWS}::test_idle_connections_give_way_before_an_open_page',),
    ),
    Guard(
        'a page that has given way while its head was sent is cut off',
        'presentation/streams.py',
        'if reader not in self._readers:\n            reader.abort()',
        'if False:\n            reader.abort()',
        (f'{NEWS}::test_one_that_has_given_way_before_its_head_was_taken_is_closed',),
    ),
    Guard(
        'a page that takes nothing is cut off where others are closed',
        'presentation/streams.py',
        'if self.isBehind:\n            self.abort()\n        elif',
        'if',
        (f'{NEWS}::test_a_page_that_takes_nothing_is_cut_off_where_pages_are_closed',),
    ),
    Guard(
        'a page that does not take a comment is looked at',
        'presentation/streams.py',
        'reader.write(self._still, now)\n        self._mind(now)',
        'reader.write(self._still, now)',
        (f'{NEWS}::test_one_that_takes_no_comment_is_cut_off_too',),
    ),
    Guard(
        'a page does not go on with a service that was replaced',
        'eventing/events.py',
        'if [*map(id, former)] != [*map(id, self._services)]:',
        'if False:',
        (f'{NEWS}::test_a_page_comes_again_when_a_service_is_replaced_by_its_like',),
    ),
    Guard(
        "a stranger's page uses up no place for an open page",
        'presentation/answers.py',
        'isForOwnPages = True',
        'isForOwnPages = False',
        (f'{NEWS}::test_a_page_of_a_strangers_gets_no_news_and_uses_up_no_place',),
    ),
    Guard(
        'what a browser says to come from another site does',
        'addressing/access.py',
        "return headers.get('sec-fetch-site') in STRANGE_SITES",
        'return False',
        (f'{NEWS}::test_a_page_of_a_strangers_gets_no_news_and_uses_up_no_place',),
    ),
    Guard(
        'after the byebye nothing is multicast',
        'eventing/events.py',
        'if self._isOpen and (body := event.body(publisher.multicastNames)):',
        'if body := event.body(publisher.multicastNames):',
        (f'{NEWS}::test_after_a_byebye_the_page_goes_on_and_nothing_is_multicast',),
    ),
    Guard(
        'an announcer that has stopped opens no page',
        'eventing/events.py',
        """        if self._loop is None:
            raise MessageError('the announcer has stopped', 503)
""",
        '',
        (f'{NEWS}::test_after_the_end_no_page_is_opened',),
    ),
    Guard(
        'the page runs and loads nothing but its own',
        'presentation/answers.py',
        'self.headers |= PAGE_HEADERS',
        'pass',
        (f'{HTTP}::test_the_page_and_its_files_are_served_as_safe_as_they_can_be',),
    ),
    Guard(
        "one's own page stands in no frame of a stranger's",
        'presentation/custompages.py',
        """'CONTENT-SECURITY-POLICY': "frame-ancestors 'self'\"""",
        '',
        (f'{PAGES}::test_bytes_are_served_as_they_are',),
    ),
    Guard(
        'a content type writes no headers',
        'presentation/custompages.py',
        'if contentType is not None and not re.match(CONTENT_TYPE, contentType):',
        'if False:',
        (f'{PAGES}::test_what_is_wrong_is_told_with_its_remedy',),
    ),
    Guard(
        'whoever says to be Windows cannot fill the log',
        'description/answers.py',
        'isNew = address not in self._addresses and len(self._addresses) < MAX_WINDOWS_READERS',
        'isNew = True',
        (f'{HTTP}::test_whoever_says_to_be_windows_cannot_fill_the_log',),
    ),
)
