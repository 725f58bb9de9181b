from asyncio import DatagramTransport
from collections.abc import Iterable, Mapping
from typing import Self

class SSDPMessage:
    version: str
    headers: list[tuple[str, str]]

    def __init__(
        self, version: str = 'HTTP/1.1', headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None
    ) -> None: ...
    @classmethod
    def parse(cls, msg: str) -> SSDPMessage: ...
    @classmethod
    def parse_headers(cls, msg: str) -> list[tuple[str, str]]: ...
    def __bytes__(self) -> bytes: ...

class SSDPResponse(SSDPMessage):
    status_code: int
    reason: str

    def __init__(
        self,
        status_code: int | str,
        reason: str,
        *,
        version: str = 'HTTP/1.1',
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None: ...
    @classmethod
    def parse(cls, msg: str) -> Self: ...
    def sendto(self, transport: DatagramTransport, addr: tuple[str, int]) -> None: ...

class SSDPRequest(SSDPMessage):
    method: str
    uri: str

    def __init__(
        self,
        method: str,
        uri: str = '*',
        version: str = 'HTTP/1.1',
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None: ...
    @classmethod
    def parse(cls, msg: str) -> Self: ...
    def sendto(self, transport: DatagramTransport, addr: tuple[str, int]) -> None: ...
