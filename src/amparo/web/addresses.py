"""Addresses as settings name them: whole, and with HTTPS or without. Fetches nothing."""

import re
from typing import Final

from amparo.errors import Misconfigured

ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")


def is_secure(address: str) -> bool:
    """Whether browsers come to that address by HTTPS."""
    return address.startswith("https:")


def host_of(address: str) -> str:
    """The host of an address, with its port; "" where it is none."""
    return address.partition("://")[2].partition("/")[0]


def check_address(setting: str, address: str) -> None:
    """That the setting of that name is empty or a whole address. Raises: Misconfigured (bad_setting)."""
    if address and ADDRESS.fullmatch(address) is None:
        raise Misconfigured("bad_setting", f"{setting} is no whole address", "Write https://host/.")
