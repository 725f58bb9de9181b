"""Each program in examples/, and the README's, runs as it stands, is found by another host, and leaves at Ctrl-C."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.lan.expected import EXAMPLES
from tests.lan.hosts import CHECKOUT, STOP_SECONDS, Host
from tests.lan.ssdp import Listener, search

pytestmark = pytest.mark.lan

MAX_LINES = 40
DEMO = ('urn:sadmin-fr:device:demo:1', 'sadmin-fr:service:dummy')
FOUND = {
    'quickstart_dict.py': DEMO,
    'quickstart_attributes.py': DEMO,
    'existing_loop.py': ('urn:example-org:device:thermometer:1',),
    'async_code.py': ('urn:example-org:device:lamp:1',),
    'embedded_devices.py': ('urn:example-org:device:gardenHub:1', 'urn:example-org:service:moisture:1'),
    'README.md': ('urn:example-org:device:lamp:1',),
}


@pytest.fixture(params=FOUND)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The path of an example; the README's is cut out of it."""
    name: str = request.param
    if name != 'README.md':
        return EXAMPLES / name
    (program,) = re.findall(r'^```python\n(.*?)^```$', (CHECKOUT / name).read_text(), re.DOTALL | re.MULTILINE)
    path = tmp_path / name
    path.write_text(program)
    return path


def test_every_example_is_run_here_and_short() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in EXAMPLES.glob('*.py')}
    assert set(lines) == set(FOUND) - {'README.md'}
    assert max(lines.values()) < MAX_LINES


def test_an_example_is_found_and_leaves_at_ctrl_c(example: Path, deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        program = deviceHost.python(example, strict=True)
        listener.waitFor(lambda seen: set(FOUND[example.name]) <= {one.target for one in seen})
        found = {target: {answer.usn for answer in search(searcher, target)} for target in FOUND[example.name]}
        announced = listener.alive()

        program.send_signal(signal.SIGINT)
        _output, errors = program.communicate(timeout=STOP_SECONDS)

        assert found == {target: {one.usn for one in announced if one.target == target} for target in found}
        assert (program.returncode, errors) == (0, '')
        listener.waitForByebye({one.usn for one in announced})
