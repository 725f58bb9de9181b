"""The exceptions: one base, the built-in kin, and what each carries."""

import copy
import errno
import pickle

import pytest

import upnp
from upnp import Errors


@pytest.mark.parametrize(
    ('kind', 'bases'),
    [
        (upnp.UPnPError, (Exception,)),
        (upnp.ActionError, (upnp.UPnPError,)),
        (upnp.MessageError, (upnp.UPnPError, ValueError)),
        (upnp.DescriptionError, (upnp.UPnPError, ValueError)),
        (upnp.NetworkError, (upnp.UPnPError, OSError)),
    ],
)
def test_each_error_has_its_bases(kind: type[Exception], bases: tuple[type[Exception], ...]) -> None:
    assert kind.__bases__ == bases


def test_every_error_is_exported() -> None:
    assert sorted(Errors.__all__) == ['ActionError', 'DescriptionError', 'MessageError', 'NetworkError', 'UPnPError']
    assert all(getattr(upnp, name) is getattr(Errors, name) for name in Errors.__all__)


def test_a_message_error_tells_the_status_to_answer_with() -> None:
    assert upnp.MessageError('no').status == 400
    assert upnp.MessageError('long', 414).status == 414
    assert str(upnp.MessageError('long', 414)) == 'long'


def test_a_description_error_tells_the_place() -> None:
    error = upnp.DescriptionError('is missing', 'device.services[0]')
    assert (str(error), error.path) == ('device.services[0]: is missing', 'device.services[0]')


def test_a_description_error_may_have_no_place() -> None:
    error = upnp.DescriptionError('is missing')
    assert (str(error), error.path) == ('is missing', '')


def test_a_network_error_keeps_the_number() -> None:
    error = upnp.NetworkError(errno.EADDRINUSE, 'HTTP port 5000 is taken')
    assert (error.errno, error.strerror) == (errno.EADDRINUSE, 'HTTP port 5000 is taken')


def test_an_action_error_tells_code_and_description() -> None:
    error = upnp.ActionError(701, 'No such preset')
    assert (str(error), error.code, error.description) == ('701 No such preset', 701, 'No such preset')


@pytest.mark.parametrize(
    ('code', 'description'),
    [(401, 'Invalid Action'), (501, 'Action Failed'), (601, 'Argument Value Out of Range'), (701, 'Action Failed')],
)
def test_an_action_error_without_a_description_has_the_words_of_uda(code: int, description: str) -> None:
    """UDA 1.1 §3.2.5; errorDescription is required."""
    assert upnp.ActionError(code).description == description


@pytest.mark.parametrize('code', [0, -1, 1000, '701', 701.0, True, None])
def test_the_code_of_an_action_error_is_a_number(code: object) -> None:
    with pytest.raises(ValueError, match=r'ActionError: code .* is no number from 1 to 999'):
        upnp.ActionError(code)


@pytest.mark.parametrize(
    'error',
    [
        upnp.ActionError(701, 'a'),
        upnp.MessageError('a', 431),
        upnp.DescriptionError('a', 'b'),
        upnp.NetworkError(98, 'a'),
    ],
)
def test_an_error_can_be_copied_and_sent_to_another_process(error: Exception) -> None:
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(other), str(other), vars(other)) == (type(error), str(error), vars(error))
