"""Reads the settings of a process once: defaults, then a TOML file, then AMPARO_* of the environment. It knows no room.

A room's section is a frozen dataclass; the string under a field is its doc line. In the file a section is a table
(``[api] in_flight_max = 32``), in the environment a prefix (``AMPARO_API_IN_FLIGHT_MAX=32``).
"""

import ast
import difflib
import inspect
import os
import textwrap
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from amparo.app.values import Unfit, fit, told
from amparo.errors import Misconfigured

Origin = Literal["default", "file", "environment", "argument"]
PREFIX = "AMPARO_"
CONFIG = "AMPARO_CONFIG"
FILE_NAME = "amparo.toml"
FILE_BYTES_MAX = 1024 * 1024
WITHDRAWALS_KEY_BYTES_MIN = 32
PEPPER_BYTES_MIN = 32
WEBHOOKS_KEY_BYTES_MIN = 32
CONSOLE_KEY_BYTES_MIN = 32
DATABASES = ("postgresql+psycopg://", "sqlite:///")
Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What concerns the whole installation and no one room."""

    data_dir: Path = Path("var")
    """Folder of all state."""
    database_url: str = field(default="", repr=False, metadata={"url": True})
    """Where the ledger is: postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or sqlite:///PATH; empty: an SQLite file in the data folder."""
    database_connections_max: int = field(default=8, metadata={"min": 2, "max": 500})
    """Connections one process keeps to PostgreSQL for reading, when that many are needed at once; 4 more serve writing."""
    intake_database_url: str = field(default="", repr=False, metadata={"url": True})
    """Where the portal keeps what a person sends, apart from the ledger, written as database_url; empty: intake.sqlite in the data folder."""
    intake_pepper: bytes = field(default=b"", repr=False, metadata={"secret": True, "min": PEPPER_BYTES_MIN})
    """What receipts are digested with beside the number, in hex; empty: a file in the data folder. Never in a database."""
    withdrawals_file: Path | None = None
    """The file of withdrawals; empty: withdrawals.log in the data folder."""
    withdrawals_key: bytes = field(default=b"", repr=False, metadata={"secret": True, "min": WITHDRAWALS_KEY_BYTES_MIN})
    """Key of the digests in the file of withdrawals, in hex; empty: a key file in the data folder."""
    console_key: bytes = field(default=b"", repr=False, metadata={"secret": True, "min": CONSOLE_KEY_BYTES_MIN})
    """What the keys of staff are locked with beside their passkeys and passwords, in hex; empty: a file in the data folder. Never in a database."""
    webhooks_key: bytes = field(default=b"", repr=False, metadata={"secret": True, "min": WEBHOOKS_KEY_BYTES_MIN})
    """What the secrets of webhooks are locked with, in hex; empty: a file in the data folder. Never in a database; one for all machines on a ledger."""
    desk_passphrase: str = field(default="", repr=False, metadata={"secret": True})
    """Opens the desk key, to which persons' words are sealed: for the first start, which else draws one, and for `amparo case`."""
    api_url: str = ""
    """A running server the commands speak to; empty: they open the data folder themselves."""
    api_key: str = field(default="", repr=False, metadata={"secret": True})
    """The key with which the commands speak to that server."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of ``amparo settings show``. value: as text, a secret masked."""

    key: str
    value: str
    origin: Origin
    doc: str
    variable: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a process, read once."""

    deployment: Deployment
    sections: Mapping[str, object] = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)

    def section(self, cls: type[Section]) -> Section:
        """The section of that class, which must be one of those that were asked for."""
        for section in self.sections.values():
            if isinstance(section, cls):
                return section
        raise AssertionError(f"{cls.__name__} was not among the sections")

    def table(self) -> tuple[Row, ...]:
        """Every key with its value, origin and doc line, in the order of the records."""
        return self.rows


@dataclass(frozen=True, slots=True)
class _Key:
    section: str
    field: Field[Any]
    wanted: object
    doc: str

    @property
    def name(self) -> str:
        return f"{self.section}.{self.field.name}" if self.section else self.field.name

    @property
    def variable(self) -> str:
        return PREFIX + self.name.replace(".", "_").upper()


def environment() -> dict[str, str]:
    """The AMPARO_* variables of this process."""
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def child_environment(data: Path) -> dict[str, str]:
    """What a child process of the service is given: this environment, and where all workers count for `/metrics`."""
    return {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(data / "run" / "metrics")}


def read(
    data: Path | None, environ: Mapping[str, str], sections: Mapping[str, type], *, elsewhere: Collection[str] = ()
) -> Settings:
    """The settings of a process started with ``--data DATA`` (or without, None), from DATA/amparo.toml or AMPARO_CONFIG.

    elsewhere: names of sections that other processes read; what stands in them is passed over.
    Raises: Misconfigured (as `load`).
    """
    if named := environ.get(CONFIG):
        if not Path(named).is_file():
            raise Misconfigured("no_config", f"{CONFIG} names no file", "Correct the path, or unset it.")
        return load(Path(named), environ, sections, data=data, elsewhere=elsewhere)
    folder = data or Path(environ.get("AMPARO_DATA_DIR") or Deployment().data_dir)
    return load(folder / FILE_NAME, environ, sections, data=folder if data else None, elsewhere=elsewhere)


def load(
    path: Path,
    environ: Mapping[str, str],
    sections: Mapping[str, type],
    *,
    data: Path | None = None,
    elsewhere: Collection[str] = (),
) -> Settings:
    """Settings from the file at ``path`` (none there: defaults) and ``environ``. sections: a dataclass by name.

    elsewhere: as for ``read``. data: the data folder given as an argument; it goes before file and environment.
    Raises: Misconfigured (unknown_setting, bad_setting, bad_config, misconfigured).
    """
    keys = {key.name: key for name, cls in {"": Deployment, **sections}.items() for key in _keys(name, cls)}
    given: dict[str, tuple[object, Origin]] = {
        name: (value, "file") for name, value in _from_file(path, sections, keys, elsewhere)
    }
    if path.name == FILE_NAME and "data_dir" in given and CONFIG not in environ:
        raise _bad(keys["data_dir"], "file", "has no place in a file inside the data folder")
    given |= {name: (value, "environment") for name, value in _from_environment(environ, keys, elsewhere)}
    if data is not None:
        given["data_dir"] = (str(data), "argument")
    values = {name: _value(key, given.get(name)) for name, key in keys.items()}
    records = {name: _record(name, cls, values, keys) for name, cls in {"": Deployment, **sections}.items()}
    deployment = records.pop("")
    assert isinstance(deployment, Deployment)
    _check_databases(deployment)
    return Settings(deployment, records, tuple(_rows(keys, values, given)))


def _check_databases(deployment: Deployment) -> None:
    urls = {"database_url": deployment.database_url, "intake_database_url": deployment.intake_database_url}
    for name, url in urls.items():
        if url and not url.startswith(DATABASES):
            raise Misconfigured(
                "misconfigured",
                f"{name} is neither of PostgreSQL nor of SQLite",
                "Leave it empty, or write postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.",
            )
    if deployment.database_url and deployment.database_url == deployment.intake_database_url:
        raise Misconfigured(
            "misconfigured",
            "database_url and intake_database_url are the same",
            "Give the portal a database of its own, with a role that may do nothing else.",
        )


def doc_lines(cls: type) -> dict[str, str]:
    """The string under each field of a dataclass, by field name."""
    node = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(node, ast.ClassDef)
    found = {}
    for line, after in zip(node.body, node.body[1:], strict=False):
        named = isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            assert isinstance(line, ast.AnnAssign)
            assert isinstance(line.target, ast.Name)
            found[line.target.id] = " ".join(str(after.value.value).split())
    return found


def _keys(section: str, cls: type) -> Iterator[_Key]:
    hints, docs = get_type_hints(cls), doc_lines(cls)
    for each in fields(cls):
        yield _Key(section, each, hints[each.name], docs.get(each.name, ""))


def _from_file(
    path: Path, sections: Mapping[str, type], keys: Mapping[str, _Key], elsewhere: Collection[str]
) -> Iterator[tuple[str, object]]:
    for name, value in _toml(path).items():
        if name in elsewhere:
            continue
        if name not in sections:
            yield _known(name, keys), value
        elif isinstance(value, dict):
            yield from ((_known(f"{name}.{each}", keys), given) for each, given in value.items())
        else:
            raise Misconfigured(
                "bad_setting", f"{name} in the file is not a table", f"Write [{name}] and keys under it."
            )


def _toml(path: Path) -> dict[str, object]:
    try:
        if not path.exists():
            return {}
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Misconfigured("bad_config", "the settings file is larger than 1 MiB", "Is it the right file?")
        return tomllib.loads(path.read_bytes().decode())
    except UnicodeDecodeError:
        raise Misconfigured("bad_config", "the settings file is not UTF-8", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        place = str(error).rpartition("(")[2].rstrip(")")
        raise Misconfigured("bad_config", f"the settings file is not TOML: {place}", "See https://toml.io.") from None
    except OSError as error:
        raise Misconfigured("bad_config", f"the settings file: {error.strerror}", "May this user read it?") from None


def _from_environment(
    environ: Mapping[str, str], keys: Mapping[str, _Key], elsewhere: Collection[str]
) -> Iterator[tuple[str, str]]:
    variables = {key.variable: name for name, key in keys.items()}
    others = tuple(f"{PREFIX}{name.upper()}_" for name in elsewhere)
    assert len(variables) == len(keys), "two settings share a variable"
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable == CONFIG:
            continue
        if variable not in variables and variable.startswith(others):
            continue
        if variable not in variables:
            raise _unknown(variable, variables)
        yield variables[variable], value


def _known(name: str, keys: Mapping[str, _Key]) -> str:
    if name not in keys:
        raise _unknown(name, keys)
    return name


def _unknown(name: str, known: Mapping[str, object]) -> Misconfigured:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else "`amparo settings show` lists all there are."
    return Misconfigured("unknown_setting", f"there is no setting {name[:80]!a}", hint)


def _bad(key: _Key, origin: Origin, why: str) -> Misconfigured:
    place = key.variable if origin == "environment" else key.name
    return Misconfigured("bad_setting", f"{place} {why}", key.doc)


def _value(key: _Key, given: tuple[object, Origin] | None) -> object:
    if given is None or (given[0] == "" and key.field.default in ("", b"", None)):
        return key.field.default
    try:
        return fit(given[0], key.wanted, key.field.metadata)
    except Unfit as error:
        raise _bad(key, given[1], str(error)) from None


def _record(section: str, cls: type, values: Mapping[str, object], keys: Mapping[str, _Key]) -> object:
    own = {key.field.name: values[name] for name, key in keys.items() if key.section == section}
    return cls(**own)


def _rows(
    keys: Mapping[str, _Key], values: Mapping[str, object], given: Mapping[str, tuple[object, Origin]]
) -> Iterator[Row]:
    for name, key in keys.items():
        origin: Origin = given[name][1] if name in given else "default"
        yield Row(name, told(values[name], key.field.metadata), origin, key.doc, key.variable)
