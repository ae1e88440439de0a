"""`amparo rescan --bank NAME`: past uploads that meet the list of today; begun again, it goes on where it was ended."""

import argparse
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from amparo.app.rescan import Asked, Kept, Read, Share, in_threads, kept_at, read_units, seen_from
from amparo.app.rooms import Rooms, opened
from amparo.banks.feed import newest_signal
from amparo.banks.model import Bank
from amparo.cli.options import SOME_FAILED, data_option, emit, error_told, jsonl_option, progress, put, say
from amparo.errors import NotFound
from amparo.match.rescan import Rescan, Retro
from amparo.store.durable import make_private_folder
from amparo.terms.clock import from_text, to_text, to_us
from amparo.uploads.model import LOGGED
from amparo.uploads.scan import scan_unit
from amparo.wire.cluster import cluster, shared_out


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("rescan", help="past uploads that meet a bank's list of today; resumable")
    parser.add_argument("--bank", required=True, metavar="NAME", help="the bank whose list is looked for")
    parser.add_argument("--since", metavar="TIME", help="only uploads from this time on, RFC 3339")
    parser.add_argument("--listed-since", metavar="TIME", help="only what was listed from this time on, RFC 3339")
    parser.add_argument("--threads", type=int, metavar="N", help="threads to work with (default: one a core)")
    parser.add_argument("--dask", metavar="ADDRESS", help="share the work out by this Dask scheduler, tcp://HOST:PORT")
    parser.add_argument("--dask-folder", type=Path, metavar="DIR", help="where its workers see the upload log")
    parser.add_argument("--state", type=Path, metavar="FILE", help="where the run is kept until all is told")
    parser.add_argument("--restart", action="store_true", help="begin anew, whatever an earlier run had found")
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=_rescan)


def _rescan(wanted: argparse.Namespace) -> int:
    since_us, listed_since_us = _time(wanted.since, "--since"), _time(wanted.listed_since, "--listed-since")
    with opened(wanted.data) as rooms:
        bank = rooms.banks.bank(wanted.bank)
        if bank.paused:
            say("the bank is paused: as long as it is, nothing meets it")
        rooms.uploads.seal(all_open=True)
        units = rooms.uploads.units()
        if not units:
            raise NotFound("no_upload_log", "there are no logged uploads", "Set uploads.keep_days; what is uploaded from then on is there.")  # fmt: skip
        radius_bits = {kind: bank.threshold_bits(kind) for kind in LOGGED}
        asked = Asked(bank.id, radius_bits, since_us, listed_since_us)
        with (
            kept_at(_place(rooms, wanted.state, asked), asked, restart=wanted.restart) as kept,
            _share(wanted) as share,
        ):
            rescan = _begun(rooms, bank, kept, listed_since_us)
            return _told(read_units(units, rescan, kept, share, rooms.clock), kept, units, jsonl=wanted.jsonl)


def _begun(rooms: Rooms, bank: Bank, kept: Kept, listed_since_us: int) -> Rescan:
    if kept.last_id is None:
        kept.begin(newest_signal(rooms.db))
    elif kept.met:
        say(f"going on after {len(kept.met)} files of an earlier run; --restart begins anew")
    assert kept.last_id is not None, "begun, or gone on with"
    rescan = Rescan(rooms.db, bank, rooms.banks.banks(), kept.last_id, listed_since_us)
    say(f"looking for {len(rescan)} signals")
    return rescan


def _told(reads: Iterator[Read], kept: Kept, units: list[Path], *, jsonl: bool) -> int:
    found = failed = 0
    with progress(len(units), "rescan", "file") as bar:
        for read in reads:
            for retro in read.found:
                found += 1
                _show(retro, jsonl=jsonl)
            if read.error is not None:
                failed += 1
                if jsonl:
                    emit({"unit": read.path.name, "error": error_told(read.error)})
                say(f"{read.path.name}: {read.error.text}")
            bar.update()
    if not failed:
        kept.done()
    say(f"{len(units)} files, {found} found, {failed} could not be read")
    return SOME_FAILED if failed else 0


def _show(retro: Retro, *, jsonl: bool) -> None:
    told = asdict(retro) | {"at": to_text(retro.at)}
    if jsonl:
        emit(told)
    else:
        near = f"{retro.distance_bits}/{retro.threshold_bits} bits"
        put(told["at"], retro.client, retro.item_id, retro.bank, retro.content_id, retro.kind, near)


def _time(text: str | None, option: str) -> int:
    return 0 if text is None else to_us(from_text(text, what=option))


def _place(rooms: Rooms, named: Path | None, asked: Asked) -> Path:
    if named is not None:
        return named
    folder = rooms.data / "run" / "rescans"
    make_private_folder(folder)
    of = msgspec.json.encode((asked.bank_id, asked.since_us, asked.listed_since_us))
    return folder / f"{hashlib.sha256(of).hexdigest()[:24]}.jsonl"


@contextmanager
def _share(wanted: argparse.Namespace) -> Iterator[Share]:
    if wanted.dask is None:
        yield in_threads(max(1, wanted.threads or os.cpu_count() or 1))
        return
    with cluster(wanted.dask) as client:
        share: Share = partial(shared_out, client, scan_unit)
        yield seen_from(wanted.dask_folder, share) if wanted.dask_folder else share
