"""`amparo bank add|contents|withdraw`: single contents of a bank. Decides nothing itself."""

import argparse
import secrets
from pathlib import Path
from typing import Any

from amparo.api.settings import APISettings
from amparo.cli.files import Told, contents_of, over
from amparo.cli.options import SOME_FAILED, data_option, emit, error_told, jsonl_option, name_of, put, say
from amparo.cli.server import Asking, asked, bank_path
from amparo.errors import Conflict, Gone, NotFound

PAGE = 1_000


def add(verbs: Any) -> None:
    """Add the verbs."""
    new = verbs.add_parser("add", help="list files: their signals are kept, never the files")
    new.add_argument("name", metavar="NAME")
    new.add_argument("files", nargs="+", type=Path, metavar="FILE")
    new.add_argument("--relist", action="store_true", help="also bring back what this origin withdrew; recorded")
    contents = verbs.add_parser("contents", help="what is listed in a bank")
    contents.add_argument("name", metavar="NAME")
    gone = verbs.add_parser("withdraw", help="withdraw contents: they match no more and stay silent")
    gone.add_argument("name", metavar="NAME")
    gone.add_argument("ids", nargs="+", type=int, metavar="CONTENT_ID")
    for parser, work in ((new, _add), (contents, _contents), (gone, _withdraw)):
        jsonl_option(parser)
        data_option(parser)
        parser.set_defaults(run=asked(work))


async def _add(wanted: argparse.Namespace, service: Asking) -> int:
    path_of_bank = bank_path(wanted.name)
    await service.get(path_of_bank)
    bytes_max = service.settings.section(APISettings).media_bytes_max

    async def enter(path: Path) -> Told:
        """List one file."""
        content_type, body = multipart(await contents_of(path, bytes_max), relist=wanted.relist)
        reply = await service.wire.request(
            "POST", path_of_bank + "/contents", content=body, headers={"Content-Type": content_type}
        )
        return {"file": name_of(path), **reply.json()}

    failed = 0
    async for _, told in over(wanted.files, enter):
        failed += "error" in told
        if wanted.jsonl:
            emit(told)
        elif "error" in told:
            say(f"{told['file']}: {told['error']['text']}")
        else:
            put(told["file"], told["content_id"], told["outcome"])
    return SOME_FAILED if failed else 0


def multipart(data: bytes, *, relist: bool) -> tuple[str, bytes]:
    """Content type and body with ``data`` as the part `file` (RFC 7578); the file's own name is nobody's business."""
    boundary = secrets.token_hex(24)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n'.encode()
    field = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="relist"\r\n\r\n{str(relist).lower()}'.encode()
    return f"multipart/form-data; boundary={boundary}", head + data + field + f"\r\n--{boundary}--\r\n".encode()


async def _contents(wanted: argparse.Namespace, service: Asking) -> None:
    after: int | None = 0
    while after is not None:
        page = await service.get(bank_path(wanted.name, f"contents?limit={PAGE}&after={after}"))
        for one in page["contents"]:
            if wanted.jsonl:
                emit(one)
            else:
                kinds = " ".join(signal["kind"] for signal in one["signals"])
                put(one["content_id"], one["origin"], one["external_id"] or "", kinds, one["created_at"])
        after = page["next"]


async def _withdraw(wanted: argparse.Namespace, service: Asking) -> int:
    await service.get(bank_path(wanted.name))
    failed = 0
    for content_id in wanted.ids:
        try:
            told = (await service.wire.request("DELETE", bank_path(wanted.name, "contents", content_id))).json()
        except (NotFound, Conflict, Gone) as error:
            failed += 1
            told = {"content_id": content_id, "error": error_told(error)}
        if wanted.jsonl:
            emit(told)
        elif "error" in told:
            say(f"{content_id}: {told['error']['text']}")
        else:
            put(content_id, "withdrawn", told["withdrawn_at"])
    return SOME_FAILED if failed else 0
