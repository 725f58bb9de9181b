"""Each guard against peers, and the tests that fail when it is taken out: ``python -m tests.guards``.

A guard that another one stands behind is taken out together with it, or not listed where it only saves work.
"""

from tests.guards import browsers, connections, control, discovery, events, pages, requests, subscriptions
from tests.guards.guard import Guard

__all__ = ['GUARDS', 'Guard']

GUARDS: tuple[Guard, ...] = (
    *discovery.GUARDS,
    *requests.GUARDS,
    *connections.GUARDS,
    *browsers.GUARDS,
    *control.GUARDS,
    *subscriptions.GUARDS,
    *events.GUARDS,
    *pages.GUARDS,
)
