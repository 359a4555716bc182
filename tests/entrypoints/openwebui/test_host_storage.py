"""Where data is stored: as the operator says, else in the host's PostgreSQL, else in a file beside the host's."""

from pathlib import Path
from types import ModuleType

import pytest

from adapters.sql.engines import database_url
from entrypoints.core.storage_location import StorageLocation, StorageLocationWrong, sqlite_location
from entrypoints.openwebui.host_storage import HostStorage, host_storage, location_beside_host, storage_location

HERE = Path("/srv/host")
OWN = "OPENROUTER_PIPE_DATABASE_URL"


def beside(folder: str) -> StorageLocation:
    file = Path(folder) / "openrouter_pipe.db"
    key_file = Path(folder) / "openrouter_pipe.key"
    return StorageLocation(f"sqlite+aiosqlite:///{file}", sqlite_file=file, key_file=key_file, folder=Path(folder))


def place(host_url: str = "", data: str = "", schema: str = "", **environment: str) -> StorageLocation:
    return storage_location(environment, HostStorage(host_url, data, schema), HERE)


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:////data/webui.db", "/data"),
        ("sqlite:///data/webui.db", "/srv/host/data"),
        ("sqlite:///webui.db", "/srv/host"),
        ("sqlite:///./../elsewhere/webui.db", "/srv/elsewhere"),
        ("sqlite:////da ta/ü%20/webui.db?timeout=3", "/da ta/ü%20"),
        ("sqlite+aiosqlite:////data/webui.db", "/data"),
        ("sqlite+sqlcipher:///data/webui.db", "/data"),
        ("sqlite+sqlcipher:////data/webui.db", "/data"),
    ],
)
def test_a_host_on_sqlite_has_our_file_beside_its_own(url: str, folder: str) -> None:
    assert place(url, data="/another") == beside(folder)


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_host_without_a_database_file_has_our_file_in_its_data_folder(url: str) -> None:
    assert place(url, data="/data") == beside("/data")
    assert place(url, data="relative/data") == beside("/srv/host/relative/data")
    assert place(url) == beside("/srv/host/data")


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg"]
)
def test_a_host_on_postgresql_shares_its_database(scheme: str) -> None:
    found = place(f"{scheme}://me:p%40ss@db:5433/chat?sslmode=require", schema="webui")

    url = "postgresql+psycopg://me:p%40ss@db:5433/chat?sslmode=require"
    assert found == StorageLocation(url, schema="webui", folder=HERE / "data")


def test_encryption_of_the_connection_is_asked_for_in_libpqs_word() -> None:
    assert place("postgresql+asyncpg://db/chat?ssl=require").url == "postgresql+psycopg://db/chat?sslmode=require"
    assert place("postgres://db/chat?ssl=a&sslmode=b").url == "postgresql+psycopg://db/chat?sslmode=b"


@pytest.mark.parametrize("password", ["p/a?s#s", "p:a%2Fs s", "%"])
def test_a_password_comes_through_as_the_host_reads_it(password: str) -> None:
    found = database_url(place(f"postgres://me:{password}@db/chat").url)

    assert found.password == database_url(f"postgresql://me:{password}@db/chat").password


def test_the_operators_postgresql_comes_first_and_is_not_the_hosts() -> None:
    found = place("postgres://host/chat", schema="webui", **{OWN: " postgres://me@own/store "})

    assert found == StorageLocation("postgresql+psycopg://me@own/store", folder=HERE / "data")


@pytest.mark.parametrize(
    ("url", "file"),
    [("sqlite:////own/store.db", "/own/store.db"), ("sqlite:///own/store.db", "/srv/host/own/store.db")],
)
def test_the_operators_file_is_used_itself_with_its_key_beside_it(url: str, file: str) -> None:
    found = place("postgres://host/chat", **{OWN: url})

    key = Path(file).with_name("openrouter_pipe.key")
    assert found == StorageLocation(f"sqlite+aiosqlite:///{file}", "", Path(file), key, Path(file).parent)


def test_an_empty_variable_counts_as_missing() -> None:
    assert place("sqlite:////data/webui.db", **{OWN: "  "}) == beside("/data")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("s3cret", "is no database URL"),
        ("postgres://me:s3cret@db:port/x", "is no database URL"),
        ("mysql://me:s3cret@db/x", "names neither a PostgreSQL nor a SQLite database"),
        ("sqlite://", "must name a file, as in sqlite:////data/openrouter_pipe.db"),
        ("sqlite:///:memory:", "must name a file, as in sqlite:////data/openrouter_pipe.db"),
    ],
)
def test_an_invalid_value_is_reported_by_its_variable_alone(value: str, reason: str) -> None:
    with pytest.raises(StorageLocationWrong) as caught:
        place(**{OWN: value})

    assert str(caught.value) == f"{OWN} {reason}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_invalid_host_url_is_reported_by_its_variable() -> None:
    with pytest.raises(StorageLocationWrong, match=r"^DATABASE_URL names neither"):
        place("mysql://me:s3cret@db/x")


def test_no_password_is_shown() -> None:
    url = "postgres://me:s3cret@db/chat"

    assert "s3cret" not in repr(place(url)) + repr(HostStorage(url))


def test_the_hosts_storage_is_read_from_its_loaded_settings() -> None:
    env = ModuleType("open_webui.env")
    env.__dict__.update(DATABASE_URL="postgresql://a/b", DATA_DIR=Path("/from/host"), DATABASE_SCHEMA=None)
    environment = {"DATABASE_URL": "sqlite:///other.db", "DATA_DIR": "/other", "DATABASE_SCHEMA": "named"}

    assert host_storage(environment, {"open_webui.env": env}) == HostStorage("postgresql://a/b", "/from/host", "named")
    assert host_storage(environment, {}) == HostStorage("sqlite:///other.db", "/other", "named")
    assert host_storage({}, {}) == HostStorage()


@pytest.mark.parametrize("data", ["", "/data", "files"])
def test_an_invalid_location_carries_its_problem_and_still_has_a_folder(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = location_beside_host({OWN: "mysql://me:s3cret@db/x", "DATA_DIR": data})

    assert found == StorageLocation(
        folder=tmp_path / (data or "data"), wrong=f"{OWN} names neither a PostgreSQL nor a SQLite database"
    )


@pytest.mark.parametrize(("url", "shared"), [("postgres://db/chat", True), ("sqlite:////data/webui.db", False)])
def test_only_a_server_is_shared_between_machines(url: str, shared: bool) -> None:
    assert place(url).is_shared is shared
    assert not sqlite_location(Path("/a.db")).is_shared


def test_a_working_directory_that_is_gone_costs_the_database_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert location_beside_host({}).wrong == "the working directory is gone"
    monkeypatch.chdir(tmp_path)
