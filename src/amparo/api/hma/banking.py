"""HMA's banks: make, show, rename, share out, delete. A bank is on or off by its ratio there; a pause shows as ratio 0."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api.banking import bank_of, check_may_make_banks
from amparo.api.doors import Doors
from amparo.api.hma.shapes import HMABank, HMABankIn, HMABankPut, HMAMessage
from amparo.api.hma.words import fitted, json_object, ratio, yes
from amparo.api.problems import answer
from amparo.banks.changing import doer_of
from amparo.banks.model import Bank, BankPolicy, check_bank_name
from amparo.errors import BadInput, NotFound


async def list_banks(_request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /c/banks: the banks that the key sees."""
    found = await run_sync(doors.banks.banks)
    return answer([bank_out(bank) for bank in found if principal.sees_bank(bank.id)])


async def make_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /c/banks: a new bank."""
    check_may_make_banks(principal)
    sent = fitted(await json_object(request, doors), HMABankIn)
    share, _ = _share(sent)
    made = await run_sync(doors.changing.new_bank, doer_of(principal), _name(sent.name), BankPolicy(staged_share=share))
    return answer(bank_out(made), 201)


async def show_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /c/bank/{bank}: one bank."""
    return answer(bank_out(await bank_of(request, doors, principal)))


async def update_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """PUT /c/bank/{bank}: its name, its ratio; enabled=true also ends a pause, a ratio alone does not."""
    found = await bank_of(request, doors, principal)
    sent = fitted(await json_object(request, doors), HMABankPut)
    share, enabled = _share(sent)
    paused = False if enabled else None
    name = None if sent.name is None or sent.name == found.name else _name(sent.name)
    policy = BankPolicy(staged_share=share, paused=paused, name=name)
    return answer(bank_out(await run_sync(doors.changing.change, doer_of(principal), found.name, policy)))


async def drop_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """DELETE /c/bank/{bank}: it answers no more; one that is not there is gone already."""
    check_bank_name(request.path_params["bank"])
    try:
        found = await bank_of(request, doors, principal)
        await run_sync(doors.changing.delete, doer_of(principal), found.name)
    except NotFound:
        pass
    return answer(HMAMessage(message="Done"))


def bank_out(bank: Bank) -> HMABank:
    """A bank as HMA tells it."""
    return HMABank(name=bank.name, matching_enabled_ratio=0.0 if bank.paused else bank.staged_share)


def _share(sent: HMABankIn | HMABankPut) -> tuple[float | None, bool | None]:
    """The ratio, where there is none that of ``enabled``; and ``enabled``. Raises: Misfit (bad_json)."""
    share, enabled = ratio(sent.enabled_ratio), yes(sent.enabled)
    return float(enabled) if share is None and enabled is not None else share, enabled


def _name(name: str) -> str:
    """Raises: BadInput (bad_bank_name): narrower than ours, so that every client of HMA can name it."""
    if name != name.upper() or "-" in name:
        raise BadInput("bad_bank_name", "a bank's name must match ^[A-Z_][A-Z0-9_]*$", "At most 64 characters.")
    return check_bank_name(name)
