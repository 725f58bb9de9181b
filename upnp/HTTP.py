"""The HTTP server that a LOCATION leads to (UDA 1.1 §2.1, §2.11): its documented names."""

from .description.answers import DescriptionAnswer, ScpdAnswer
from .http.answers import HttpAnswer, HttpRequest, ServerErrorAnswer
from .http.server import HTTP, HttpServer

__all__ = [
    'HTTP',
    'DescriptionAnswer',
    'HttpAnswer',
    'HttpRequest',
    'HttpServer',
    'ScpdAnswer',
    'ServerErrorAnswer',
]
