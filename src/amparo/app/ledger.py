"""Where the ledger of an installation is. Migrates nothing and reads nothing."""

from pathlib import Path

from amparo.app.archive import LEDGER
from amparo.app.settings import Deployment
from amparo.errors import NotFound
from amparo.store.db import Database, is_postgres, sqlite_path, sqlite_url


def ledger_of(deployment: Deployment) -> Database:
    """The ledger, whether it was ever made or not. Raises: Misconfigured (misconfigured)."""
    url = deployment.database_url or sqlite_url(deployment.data_dir.absolute() / LEDGER)
    return Database(url, connections_max=deployment.database_connections_max)


def ledger_there(deployment: Deployment) -> Database:
    """The ledger as it is: not migrated, nothing replayed. Raises: NotFound (no_ledger), Misconfigured (misconfigured)."""
    if not is_postgres(deployment.database_url):
        ledger_path(deployment)
    return ledger_of(deployment)


def ledger_path(deployment: Deployment) -> Path:
    """The file of a ledger in SQLite. Raises: NotFound (no_ledger)."""
    path = deployment.data_dir.absolute() / LEDGER
    if deployment.database_url:
        path = sqlite_path(deployment.database_url)
    if not path.is_file():
        raise NotFound("no_ledger", "there is no ledger in the data folder", "Give the folder of a service that ran.")
    return path
