"""A stream's transport over a socket, by the loop's readers and writers alone; a share of the descriptors."""

import asyncio
import logging
import socket
import sys

__all__ = ['SocketTransport', 'descriptorShare', 'isPossibleOn']

log = logging.getLogger(__name__)

READ_BYTES = 65536
HIGH_WATER_BYTES = 65536  # written and not yet taken by the peer; beyond, whoever writes is told to wait
LOW_WATER_BYTES = 16384
NOBODY = asyncio.Protocol()


def isPossibleOn(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a loop watches descriptors; Windows' default one does not."""
    return type(loop).add_reader is not asyncio.AbstractEventLoop.add_reader


def descriptorShare(wanted: int, part: int) -> int:
    """Return how many descriptors may be used for one purpose: those wanted, but one of ``part`` of all at most.

    The rest is for other sockets, and for the program's own files.
    """
    if sys.platform != 'win32':
        from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit  # here, as Windows has no such limit

        most, _ = getrlimit(RLIMIT_NOFILE)
        if most != RLIM_INFINITY:
            return min(wanted, max(most // part, 1))
    return wanted


class SocketTransport(asyncio.Transport):
    """The transport of one accepted connection.

    :param sock: does not block.
    :param protocol: of a stream; it is told that the connection is made, and what has come with it.
    :param peer: the peer's socket address, as told when the connection was accepted: one that has left already has none
        any more, and what it has sent before is read all the same. None for a connection that we have made.
    """

    def __init__(self, sock: socket.socket, protocol: asyncio.Protocol, *, peer: object = None) -> None:
        super().__init__(None if peer is None else {'peername': peer, 'sockname': sock.getsockname()})
        self._sock = sock
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()
        self._isClosing = self._isReading = self._isFull = False
        protocol.connection_made(self)
        self.resume_reading()
        if peer is not None:  # it is likely to have sent something by now
            self._onReadable()

    # Reading

    def is_reading(self) -> bool:
        """Tell whether what comes is taken."""
        return self._isReading

    def pause_reading(self) -> None:
        """Take no more."""
        if self._isReading:
            self._isReading = False
            self._loop.remove_reader(self._sock.fileno())

    def resume_reading(self) -> None:
        """Take what comes."""
        if not self._isReading and not self._isClosing:
            self._isReading = True
            self._loop.add_reader(self._sock.fileno(), self._onReadable)

    def _onReadable(self) -> None:
        try:
            received = self._sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if received:
            self._protocol.data_received(received)
        else:
            self.pause_reading()
            if not self._protocol.eof_received():
                self.close()

    # Writing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send what the kernel takes, and keep the rest."""
        if self._isClosing or not data:
            return
        if not self._unsent:
            try:
                data = data[self._sock.send(data) :]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError as error:
                self._lose(error)
                return
            if not data:
                return
            self._loop.add_writer(self._sock.fileno(), self._onWritable)
        self._unsent += data
        if len(self._unsent) > HIGH_WATER_BYTES and not self._isFull:
            self._isFull = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the kernel has not taken."""
        return len(self._unsent)

    def can_write_eof(self) -> bool:
        """Tell that half a connection is not closed."""
        return False

    def _onWritable(self) -> None:
        try:
            del self._unsent[: self._sock.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if not self._unsent:
            self._loop.remove_writer(self._sock.fileno())
        if self._isFull and len(self._unsent) <= LOW_WATER_BYTES:
            self._isFull = False
            self._protocol.resume_writing()  # it may write, or close
        if self._isClosing and not self._unsent:
            self._lose(None)

    # The end

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self._isClosing

    def close(self) -> None:
        """Close it, once what was written is sent."""
        if not self._isClosing:
            self.pause_reading()
            self._isClosing = True
            if not self._unsent:
                self._lose(None)

    def abort(self) -> None:
        """Close it now."""
        self._lose(None)

    def _lose(self, error: OSError | None) -> None:
        if self._sock.fileno() < 0:
            return
        self.pause_reading()
        self._isClosing = True
        if self._unsent:
            self._loop.remove_writer(self._sock.fileno())
            self._unsent.clear()
        self._sock.close()
        protocol, self._protocol = self._protocol, NOBODY  # which knows it too: else both would wait for the collector
        if not self._loop.is_closed():
            self._loop.call_soon(protocol.connection_lost, error)
