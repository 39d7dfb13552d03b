"""The addresses of a name within a time: the system's own look-up takes as long as its resolver lets it."""

import socket
import threading
from concurrent.futures import Future

from urllib3.util.connection import allowed_gai_family


class LookUps:
    """One thread for each name that is being looked up, however many ask for it: a resolver that hangs holds
    no more than that, and nobody who waits."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._running: dict[str, Future[list[str]]] = {}

    def addresses(self, name: str, timeout_s: float) -> list[str]:
        """Raises socket.gaierror, also when the time is over."""
        with self._changing:
            asked = self._running.get(name) or self._begin(name)
        try:
            return asked.result(timeout_s)
        except TimeoutError as error:
            raise socket.gaierror(socket.EAI_AGAIN, "the look-up takes too long") from error

    def _begin(self, name: str) -> Future[list[str]]:
        asked: Future[list[str]] = Future()
        # A daemon: what hangs must not keep the program from its end.
        threading.Thread(target=self._look_up, args=(name, asked), name="look-up", daemon=True).start()
        self._running[name] = asked  # a thread that cannot be had answers nobody; its end waits for our lock
        return asked

    def _look_up(self, name: str, asked: Future[list[str]]) -> None:
        try:
            found = socket.getaddrinfo(name, None, allowed_gai_family(), socket.SOCK_STREAM)
            asked.set_result([str(address[0]) for *_, address in found])
        except (OSError, UnicodeError) as error:  # a name that is too long is a UnicodeError
            asked.set_exception(socket.gaierror(socket.EAI_NONAME, str(error)))
        finally:
            with self._changing:
                self._running.pop(name, None)
