"""Chromium without a screen."""

from __future__ import annotations

from pathlib import Path

from tests.lan.hosts import Host

BROWSER = 'chromium'
BROWSER_SECONDS = 60.0
OPTIONS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--dump-dom',
)


def dom(searcher: Host, url: str, profile: Path) -> str:
    """Return what a browser has made of a page."""
    home = {'HOME': str(profile), 'XDG_CONFIG_HOME': str(profile), 'XDG_CACHE_HOME': str(profile)}
    command = (BROWSER, *OPTIONS, f'--user-data-dir={profile}/user', url)
    return searcher.run(*command, env=home, timeout=BROWSER_SECONDS).stdout
