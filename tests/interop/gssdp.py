"""GSSDP, as Debian has it: the program that discovers, and what it prints."""

from __future__ import annotations

import re

DISCOVER = 'gssdp-discover'
REPORT = re.compile(r'^resource (available|unavailable)\n  USN: +(.+)$(?:\n  Location: (.+)$)?', re.MULTILINE)
