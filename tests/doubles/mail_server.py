"""A mail server on loopback that keeps what it is given, or refuses it (RFC 5321, no TLS)."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import override


class MailServer(socketserver.ThreadingTCPServer):
    """`letters` are the messages taken, whole; `refuses` makes it turn every sender away."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[str] = []
        self.refuses = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    @override
    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "MAIL" and self.server.refuses:
                self._say("451 not now, ada@lumen.example")
            elif verb == "DATA":
                self._say("354 go on")
                self.server.letters.append(self._message())
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 well")

    def _message(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run the server until the block ends."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
