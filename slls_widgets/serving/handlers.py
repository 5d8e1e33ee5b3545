"""What the server answers, and to what: the page, its websocket, its files, and nothing else.

Voila's own list of addresses is cut down to these, because the app needs no other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import split_host_and_port
from tornado.routing import Rule
from tornado.web import HTTPError, RedirectHandler, RequestHandler
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from .door import Stranger
from .hosting import Hosting
from .kernels import Guest
from .settings import EXTENSIONS, LIMITS
from .sockets import Socket

__all__ = ["ALLOWED_MESSAGES", "Anybody", "served"]

Route = tuple[Any, ...]

# What a page may say to its kernel: to change its widgets, and to ask which there are.
ALLOWED_MESSAGES = ["comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"]
RETRY_SECONDS = 20
KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"

_PREFIX = re.compile(r"(/[A-Za-z0-9._~%@+-]+)+")
_OWN_ADDRESS = re.compile(r'(="|Url": ")\./(?=voila/|")')
_SHARE = Path(__file__).parent / "share"
_FULL = (_SHARE / "full.html").read_text(encoding="utf-8")
_FAILED = (_SHARE / "failed.html").read_text(encoding="utf-8")


class Anybody(IdentityProvider):
    """Everybody is the same visitor: no log-in, no name, no cookie."""

    def get_user(self, handler: RequestHandler) -> User:
        """The one visitor."""
        return User("visitor")

    def is_token_authenticated(self, handler: RequestHandler) -> bool:
        """Never: nobody is excused from the check against cross-site requests."""
        return False


class _PlainErrors(JupyterHandler):
    """Errors as one line of text.

    Jupyter's own error page needs files that Voila does not serve, and older versions log a traceback for an
    error in JSON.
    """

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")


class AppPage(TornadoVoilaHandler, _PlainErrors):
    """The app's page, as long as there is a place for another visitor."""

    async def get(self, path: str | None = None) -> None:
        visitors: Any = self.kernel_manager
        async with visitors.welcome() as guest:
            if guest is None:
                self.set_status(503)
                self.set_header("Retry-After", str(RETRY_SECONDS))
                self.finish(_FULL.format(visitors=visitors.max_visitors, seconds=RETRY_SECONDS))
                return
            try:
                async with asyncio.timeout(LIMITS.page_seconds) as guest.limit:
                    await visitors.check_pool()
                    await self._make(guest)
            except HTTPError:
                raise
            except Exception as error:
                # Whatever happened in the kernel: the visitor is told, and the place is free.
                self.log.error("A page could not be made: %r", error)
            else:
                if await visitors.lives(guest.kernel_id):
                    return
            finally:
                guest.limit = None
            await visitors.end(guest.kernel_id)
            if not self._headers_written:
                self.set_status(503)
                self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(_FAILED)

    def should_use_rendered_notebook(self, *arguments: Any) -> Any:
        """Whether the page is made of a kernel of the pool, which is the visitor's only then."""
        pooled = super().should_use_rendered_notebook(*arguments)
        if pooled:
            visitors: Any = self.kernel_manager
            visitors.expect_pooled()
        return pooled

    async def _make(self, guest: Guest) -> None:
        # A visitor who leaves half way is followed to the end all the same, to know the kernel.
        async for html in self._pieces():
            named = re.search(r'"kernelId": "([0-9a-f-]+)"', html)
            if named:
                guest.kernel_id = named[1]
            self.write(html)
            self.flush()

    async def _pieces(self) -> AsyncIterator[str]:
        prefix, rest = self._prefix(), ""
        async for html in self.get_generator():  # type: ignore[no-untyped-call]
            if not prefix:
                yield html
                continue
            # An address may come in several pieces, but on one line.
            lines, end, rest = (rest + html).rpartition("\n")
            yield _OWN_ADDRESS.sub(rf"\1{prefix}/", lines + end)
        yield _OWN_ADDRESS.sub(rf"\1{prefix}/", rest)

    def _prefix(self) -> str:
        """What a proxy has taken off the path, if it says so.

        The page's addresses are relative, which is enough where the proxy's address ends with a slash.
        """
        told = self.request.headers.get("X-Forwarded-Prefix", "").rstrip("/")
        believed = self.settings["hosting"].behind_proxy and _PREFIX.fullmatch(told)
        return told + self.settings["hosting"].base_url.rstrip("/") if believed else ""


class Kernel(_PlainErrors, KernelHandler):
    """Whether a kernel lives. Only its own page knows its name."""

    async def delete(self, kernel_id: str) -> None:
        raise HTTPError(405)


class Health(RequestHandler):
    """How many visitors there are, for whoever watches the server; starts no kernel."""

    def get(self) -> None:
        visitors = self.settings["kernel_manager"]
        self.set_header("Cache-Control", "no-store")
        self.finish({"visitors": visitors.visitors(), "max_visitors": visitors.max_visitors})


class GoodBye(RequestHandler):
    """A page says that it closes. Its websocket says so more reliably; see ``kernels``."""

    def check_xsrf_cookie(self) -> None:
        """Nothing is done, so nothing needs protection."""

    def post(self, _kernel_id: str) -> None:
        self.set_status(204)


class Files(FileFindHandler, _PlainErrors):
    """Files of the parts of JupyterLab that the page loads."""


class Nothing(RequestHandler):
    """Every other address."""

    def prepare(self) -> None:
        raise HTTPError(404)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")


class NotHere(RequestHandler):
    """A request for the name of another machine."""

    def prepare(self) -> None:
        name = split_host_and_port(self.request.host)[0]
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(
            f"403 This server does not go by the name {name[:100]!a}. Whoever runs it can allow it: "
            "slls app --allow-host NAME, or --behind-proxy where a proxy decides about names.\n"
        )


def served(voila: list[Route], hosting: Hosting) -> list[Any]:
    """Choose from Voila's routes what the app needs; the rest is not served.

    Parameters
    ----------
    voila : list of tuple
        The routes of ``Voila.init_handlers``; each handler keeps the arguments that it has there.
    hosting : Hosting
        The path under which the app appears, and the names of the server.
    """
    base_url = hosting.base_url
    arguments = {route[1]: route[2:] for route in voila}

    def at(path: str) -> str:
        return url_path_join(re.escape(base_url), path)

    extensions = "|".join(re.escape(name) for name in EXTENSIONS)
    routes: list[Route] = [
        (at("$"), AppPage, *arguments[TornadoVoilaHandler]),
        (at("health$"), Health),
        (at(f"api/kernels/{KERNEL}$"), Kernel),
        (at(f"api/kernels/{KERNEL}/channels$"), Socket),
        # No path with "..": Voila's handler stumbles over those.
        (at(r"voila/templates/(slls/static/[\w-]+(?:\.[\w-]+)*)$"), TemplateStaticFileHandler),
        (at("voila/static/(.+)"), MultiStaticFileHandler, *arguments[MultiStaticFileHandler]),
        (at(f"voila/labextensions/((?:{extensions})/.+)"), Files, *arguments[FileFindHandler]),
        (at(r"voila/api/shutdown/([\w-]+)$"), GoodBye),
    ]
    if base_url != "/":
        routes.append((re.escape(base_url.rstrip("/")) + "$", RedirectHandler, {"url": base_url}))
    return [Rule(Stranger(hosting), NotHere), *routes, (r".*", Nothing)]
