"""Stand-ins for the host's modules, as far as files need them; tests/hosts uses the real ones."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Column, String, create_engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session

from adapters.openwebui.file_links import CHATS, NOWHERE, Place
from adapters.openwebui.file_rows import FILE_ROUTES, FILES, USERS
from adapters.openwebui.files import HostStorage, OpenWebUiFiles
from adapters.openwebui.host_functions import DATABASE, STORED_SETTINGS
from adapters.openwebui.storage_account import AUTHS, AccountForm
from adapters.openwebui.stored_bytes import PROVIDER
from adapters.openwebui.uploads import UPLOADED
from tests.doubles.telemetry import RecordedTelemetry

FORM = AccountForm("Storage@System.local", "Storage")
HOME = "http://localhost:8080/"


class Base(DeclarativeBase):
    """Base class of the stand-in's tables."""


class File(Base):
    """The columns of the host's table of files that the pipe reads."""

    __tablename__ = "file"
    id = Column(String, primary_key=True)
    user_id = Column(String)
    filename = Column(String)
    path = Column(String)
    meta = Column(JSON)


class User(Base):
    """The host's table of people; as up to 0.8, two may have one address."""

    __tablename__ = "user"
    id = Column(String, primary_key=True)
    name = Column(String)
    email = Column(String)
    role = Column(String)


class Auth(Base):
    """The host's table of ways to sign in."""

    __tablename__ = "auth"
    id = Column(String, primary_key=True)


class HostError(Exception):
    """An error of the host with a status, as its routes raise it."""

    def __init__(self, status_code: int) -> None:
        super().__init__("File note.txt is not allowed")
        self.status_code = status_code


class LocalStorage:
    """Keeps files in the upload folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def upload_file(self, file: Any, name: str) -> tuple[bytes, str]:
        content = file.read()
        if not content:
            raise ValueError("empty")
        (self.folder / name).write_bytes(content)
        return content, str(self.folder / name)

    def get_file(self, path: str) -> str:
        return path

    def lose(self, path: str) -> None:
        Path(path).unlink()


class Refused(Exception):
    """The error of a cloud's client library."""

    def __init__(self) -> None:
        super().__init__("Not Found")
        self.response = {"ResponseMetadata": {"HTTPStatusCode": 404}}


class CloudStorage(LocalStorage):
    """Keeps files in a bucket; `get_file` writes a copy into the upload folder as the newest hosts do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bucket: dict[str, bytes] = {}
        self.downloads = 0
        self.on_download: Callable[[Path], object] = lambda _copy: None

    def upload_file(self, file: Any, name: str) -> tuple[bytes, str]:
        content, _ = super().upload_file(file, name)
        self.bucket[name] = content
        (self.folder / name).unlink()  # another replica answers the next request
        return content, f"s3://bucket/folder/{name}"

    def get_file(self, path: str) -> str:
        self.downloads += 1
        copy = self.folder / path.rpartition("/")[2]
        copy.write_bytes(b"")
        if copy.name not in self.bucket:
            try:
                raise Refused
            except Refused as error:
                raise RuntimeError("Error downloading file") from error
        copy.write_bytes(self.bucket[copy.name])
        self.on_download(copy)
        return str(copy)

    def lose(self, path: str) -> None:
        del self.bucket[path.rpartition("/")[2]]


class UploadFile:
    """An uploaded file."""

    def __init__(self, file: Any, *, size: int, filename: str, headers: dict[str, str]) -> None:
        self.file, self.size, self.filename = file, size, filename
        self.content_type = headers["content-type"]


class HostFiles:
    """A host with an administrator `root` and the people `ann` and `bob`; implements the ground of the contract."""

    def __init__(self, folder: Path, *, coroutines: bool, cloud: bool = False, seconds: float = 30.0) -> None:
        # a file: in memory all threads would share one connection, and each other's transactions
        engine = create_engine(f"sqlite:///{folder.parent / (folder.name + '.db')}", connect_args={"timeout": 60})
        Base.metadata.create_all(engine)
        self.coroutines, self.folder = coroutines, folder
        self.storage = CloudStorage(folder) if cloud else LocalStorage(folder)
        self.telemetry = RecordedTelemetry()
        self.shared: set[tuple[str, str]] = set()
        self.settings: dict[str, Any] = {}
        self.access_error: Exception | None = None
        self.link_error: Exception | None = None
        self.links: list[tuple[str, str, list[str], str]] = []
        self.uploads: list[Any] = []
        self.threads: set[int] = set()
        self.desk = HostStorage(self.telemetry, seconds=seconds)
        self._engine, self._lock = engine, threading.Lock()
        for name, role in (("root", "admin"), ("ann", "user"), ("bob", "user")):
            self.add_account(name, f"{name}@example.com", role)

    # --- the ground of the contract -----------------------------------------------------------------------

    def files(self, person: str, *, request: Any = ..., place: Place = NOWHERE) -> OpenWebUiFiles:
        own = frozenset({"localhost:8080"})
        given = self.request if request is ... else request
        return OpenWebUiFiles(self.desk, person, given, own=own, piece=64 * 1024, fallback=FORM, place=place)

    async def share(self, file_id: str, reader: str) -> None:
        self.shared.add((file_id, reader))

    async def lose(self, file_id: str) -> None:
        self.storage.lose(self.row(file_id).path)

    async def forget_size(self, file_id: str) -> None:
        self.change(file_id, meta={"name": "x.png", "content_type": "image/png"})

    # --- for tests of the adapter alone -------------------------------------------------------------------

    @property
    def request(self) -> Any:
        """Return the host's request object."""
        config = SimpleNamespace(FILE_MAX_SIZE=self.settings.get("FILE_MAX_SIZE"), WEBUI_URL="https://chat.example/ui")
        return SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(config=config)), base_url=HOME)

    def row(self, file_id: str) -> Any:
        """Return the stored row."""
        with Session(self._engine) as session:
            found = session.get(File, file_id)
            assert found is not None
            return SimpleNamespace(user_id=found.user_id, path=found.path, filename=found.filename, meta=found.meta)

    def change(self, file_id: str, **values: Any) -> None:
        """Change the stored row."""
        with Session(self._engine) as session:
            session.execute(update(File).where(File.id == file_id).values(**values))
            session.commit()

    def accounts(self) -> list[tuple[str, str, str]]:
        """Return id, address and role of everybody but `root`, `ann` and `bob`."""
        with Session(self._engine) as session:
            query = select(User.id, User.email, User.role).where(User.id.not_in(["root", "ann", "bob"]))
            return [tuple(row) for row in session.execute(query)]

    def add_account(self, user_id: str, email: str, role: str, *, signs_in: bool = True) -> None:
        """Store a person."""
        with Session(self._engine) as session:
            session.add(User(id=user_id, name=user_id, email=email, role=role))
            if signs_in:
                session.add(Auth(id=user_id))
            session.commit()

    def modules(self) -> dict[str, ModuleType]:
        """Return the host's modules by name."""
        found = {
            FILES: {"File": File},
            USERS: {"Users": self._functions("get_user_by_id", "get_user_by_email", "insert_new_user")},
            AUTHS: {"Auth": Auth},
            FILE_ROUTES: vars(self._functions("has_access_to_file", "upload_file_handler")),
            CHATS: {"Chats": self._functions("insert_chat_files")},
            PROVIDER: {"Storage": self.storage, "UPLOAD_DIR": str(self.folder)},
            DATABASE: {"get_async_db_context": self._async_session} if self.coroutines else {"get_db": self._session},
            UPLOADED: {"UploadFile": UploadFile, "Headers": dict},
        }
        if self.coroutines:
            found[STORED_SETTINGS] = {"Config": SimpleNamespace(get=self._setting)}
        modules = {name: ModuleType(name) for name in found}
        for name, module in modules.items():
            vars(module).update(found[name])
        return modules

    # --- details ------------------------------------------------------------------------------------------

    def _functions(self, *names: str) -> Any:
        return SimpleNamespace(**{name: self._function(getattr(self, f"_{name}")) for name in names})

    def _function(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def blocking(*given: Any, **named: Any) -> Any:
            self.threads.add(threading.get_ident())
            return work(*given, **named)

        async def waited(*given: Any, **named: Any) -> Any:
            await asyncio.sleep(0)
            return work(*given, **named)

        return waited if self.coroutines else blocking

    async def _setting(self, key: str) -> Any:
        values = {"webui.url": "https://chat.example/ui", "rag.file.max_size": self.settings.get("FILE_MAX_SIZE")}
        return values[key]

    @contextmanager
    def _session(self) -> Iterator[Session]:
        self.threads.add(threading.get_ident())
        with self._lock, Session(self._engine) as session:
            yield session

    @asynccontextmanager
    async def _async_session(self) -> AsyncIterator[Any]:
        async def execute(query: Any) -> Any:
            with Session(self._engine) as session:
                return list(session.execute(query))

        yield SimpleNamespace(execute=execute)

    def _one_user(self, condition: Any) -> Any:
        with Session(self._engine) as session:
            found = session.execute(select(User).where(condition)).scalars().first()
            return found and SimpleNamespace(id=found.id, name=found.name, email=found.email, role=found.role)

    def _get_user_by_id(self, user_id: str) -> Any:
        return self._one_user(User.id == user_id)

    def _get_user_by_email(self, email: str) -> Any:
        return self._one_user(User.email == email)

    def _insert_new_user(self, **values: Any) -> Any:
        with Session(self._engine) as session:
            session.add(User(**values))
            try:
                session.commit()
            except IntegrityError:
                session.rollback()
                raise
        return self._get_user_by_id(values["id"])

    def _has_access_to_file(self, file_id: str, kind: str, user: Any) -> bool:
        assert kind == "read"
        if self.access_error is not None:
            raise self.access_error
        return (file_id, user.id) in self.shared

    def _insert_chat_files(self, chat_id: str, message_id: str, file_ids: list[str], user_id: str) -> None:
        if self.link_error is not None:
            raise self.link_error
        self.links.append((chat_id, message_id, file_ids, user_id))

    def _upload_file_handler(self, request: Any, *, file: Any, metadata: Any, process: bool, user: Any) -> Any:
        assert process is False
        self.uploads.append(file)
        file_id = str(uuid4())
        try:
            content, path = self.storage.upload_file(file.file, f"{file_id}_{file.filename}")
        except ValueError as error:
            raise HostError(400) from error
        limit = self.settings.get("FILE_MAX_SIZE")
        if limit and len(content) > limit * 1024 * 1024:
            raise HostError(413)
        meta = {"name": file.filename, "content_type": file.content_type, "size": len(content), "data": metadata}
        with Session(self._engine) as session:
            session.add(File(id=file_id, user_id=user.id, filename=file.filename, path=path, meta=meta))
            session.commit()
        return SimpleNamespace(id=file_id)
