"""The record at the console: what was decided, what was read, page by page; to whom it is shown; and the pages of staff over real accounts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amparo.errors import AmparoError
from amparo.review.model import DecisionMade
from amparo.sealing.age import new_identity
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.conftest import SetClock
from tests.console import at, doors_of, view_of
from tests.integration.ledger import refused
from tests.integration.staffing import SITE, Office, office
from tests.ledgers import LEDGERS
from tests.passkeys import SoftKey

AT = datetime(2026, 1, 1, tzinfo=UTC)
MADE = DecisionMade(0, 7, 1, "Ann", "confirm", "remove", "", AT, None, looked=True)


class Decided:
    """A record of 130 decisions, the last an undo."""

    def made(self, before: int | None, limit: int) -> list[DecisionMade]:
        numbers = range(min(before or 131, 131) - 1, 0, -1)
        last = replace(MADE, id=130, answer="undo", action=None, undoes=129)
        return [last if number == 130 else replace(MADE, id=number) for number in numbers][:limit]


@pytest.fixture
def here(tmp_path: Path, clock: SetClock) -> Iterator[Office]:
    db = Database(LEDGERS.url(tmp_path))
    migrate(db, tmp_path / "lock")
    yield office(db, clock)
    db.close()


async def test_decisions_are_shown_page_by_page_and_no_look_with_them() -> None:
    async with at(doors_of(deciding=Decided())) as made:
        page = (await made("auditor").get("/record")).text
        assert view_of(page) == "record"
        assert page.count("data-decision=") == 100
        assert "Taken back" in page
        assert 'href="/work/7"' not in page  # an auditor has no queue
        assert "looked" not in page.lower()
        rest = (await made("lead").get("/record?before=31")).text
        assert rest.count("data-decision=") == 30
        assert 'rel="next"' not in rest
        assert 'href="/work/7"' in rest
        assert (await made("lead").get("/record?before=x")).status_code == 200
        assert (await made("caseworker").get("/record")).status_code == 403


async def test_reads_are_shown_and_tips_not_named(here: Office) -> None:
    lead = here.join("lead", "Ann")
    for number in range(101):
        here.staff.record.log_read(lead, "case", f"case-{number}")
    here.staff.record.log_read(lead, "tip", "tip-secret")
    async with at(doors_of(here.staff, signing=here.signing)) as made:
        desk = made(here.tokens["Ann"])
        page = (await desk.get("/record/reads")).text
        assert page.count("data-read=") == 100
        assert "read a tip" in page
        assert "tip-secret" not in page
        following = page.partition('href="/record/reads?before=')[2].partition('"')[0]
        assert (await desk.get(f"/record/reads?before={following}")).text.count("data-read=") == 2


async def test_a_lead_reaches_no_admin_verb_and_a_stolen_form_token_is_of_no_use(here: Office) -> None:
    here.join("admin", "Ann")
    ben = here.join("lead", "Ben")
    async with at(doors_of(here.staff, signing=here.signing)) as made:
        for act in ("role", "end", "link", "give-desk", "invite"):
            assert (await made(here.tokens["Ben"]).post(f"/staff/{ben.id}", act=act, role="admin")).status_code == 403
        assert (await made(here.tokens["Ben"]).post("/staff", role="admin")).status_code == 403
        own = made(here.tokens["Ann"])
        wrong = await own.post("/staff", form="0" * 32, role="admin")
        assert wrong.status_code == 409
        assert here.staff.invitations.open() == []
        page = await own.post("/staff", act="invite", role="reviewer", name="Cat")
        assert f"{SITE.origin}/sign-up/" in page.text
        assert [one.name for one in here.staff.invitations.open()] == ["Cat"]
        assert (await own.post(f"/staff/{ben.id}", act="nothing")).status_code == 400
        assert (await own.post("/staff/99", act="end")).status_code == 404
        assert (await own.post(f"/staff/{ben.id}", act="end")).headers["location"] == "/staff?said=saved"
        assert (await made(here.tokens["Ben"]).get("/queue")).headers["location"] == "/sign-in"


async def test_what_was_done_to_accounts_is_shown_with_who_made_the_link(here: Office) -> None:
    ann = here.join("admin", "Ann")
    here.join("auditor", "Aud")
    here.passkeys["Ben"] = SoftKey(SITE.origin, prf_seed=b"Ben")
    here.tokens["Ben"] = here.sign_up(here.staff.invite("reviewer", "Ben", by=ann), "Ben")
    ben = here.principal("Ben")
    here.staff.set_role(ann, ben.id, "caseworker")
    here.tokens["Ben"] = here.sign_up(here.staff.restart(ben.id, by=ann), "Ben")
    here.staff.take_key(ann, "desk", [new_identity()])
    here.staff.hand_over(ann, "desk", ben.id)
    here.staff.end_member(ann, ben.id)
    here.staff.end_member(None, ben.id)  # over already: nothing is done
    told = [(one.what, one.by, one.member, one.detail) for one in here.staff.record.changes(None, 50)]
    assert told == [
        ("ended", "Ann", "Ben", "caseworker"),
        ("key_handed_over", "Ann", "Ben", "desk"),
        ("key_opened", "Ann", "Ann", "desk"),
        ("began_anew", "Ann", "Ben", "caseworker"),
        ("link_made", "Ann", "Ben", "caseworker"),
        ("role_changed", "Ann", "Ben", "caseworker"),
        ("signed_up", "Ann", "Ben", "reviewer"),
        ("invited", "Ann", "", "reviewer"),
        ("signed_up", "", "Aud", "auditor"),
        ("invited", "", "", "auditor"),
        ("signed_up", "", "Ann", "admin"),
        ("invited", "", "", "admin"),
    ]
    async with at(doors_of(here.staff, signing=here.signing)) as made:
        page = (await made(here.tokens["Aud"]).get("/record/staff")).text
        assert view_of(page) == "record"
        assert page.count("data-change=") == len(told)
        assert "the command line of the server" in page
        assert "their link was used: a new account" in page
        assert (await made(here.tokens["Aud"]).get("/record/staff?before=2")).text.count("data-change=") == 1
        for _ in range(100):
            here.staff.invite("reviewer", by=ann)
        page = (await made(here.tokens["Aud"]).get("/record/staff")).text
        following = page.partition('href="/record/staff?before=')[2].partition('"')[0]
        rest = (await made(here.tokens["Aud"]).get(f"/record/staff?before={following}")).text
        assert rest.count("data-change=") == len(told)
        assert 'rel="next"' not in rest


def test_what_is_refused_is_done_to_no_account_and_not_told(here: Office) -> None:
    ann, ben = here.join("admin", "Ann"), here.join("lead", "Ben")
    before = here.staff.record.changes(None, 50)
    for wrong in (
        lambda: here.staff.set_role(ann, ann.id, "lead"),
        lambda: here.staff.end_member(ann, ann.id),
        lambda: here.staff.end_member(ben, ann.id),
        lambda: here.staff.invite("admin", by=ben),
        lambda: here.staff.restart(ann.id, by=ben),
        lambda: here.staff.hand_over(ann, "desk", ben.id),
    ):
        with pytest.raises(AmparoError):
            wrong()
    assert here.staff.record.changes(None, 50) == before


async def test_a_link_is_taken_back_and_opens_nothing_any_more(here: Office) -> None:
    ann, ben = here.join("admin", "Ann"), here.join("lead", "Ben")
    kept, wrong = here.staff.invite("reviewer", "Cat", by=ann), here.staff.invite("admin", "Dan", by=ann)
    anew = here.staff.restart(ben.id, by=ann)
    async with at(doors_of(here.staff, signing=here.signing)) as made:
        desk = made(here.tokens["Ann"])
        page = (await desk.get("/staff")).text
        handles = re.findall('data-link-open="([0-9a-f]{16})"', page)
        assert len(handles) == 3
        assert ("Dan" in page, "to begin anew" in page, wrong in page) == (True, True, False)
        for handle in handles[1:]:
            taken = await desk.post("/staff", act="take-back", link=handle)
            assert (taken.status_code, taken.headers["location"]) == (303, "/staff?said=saved")
        for link in (wrong, anew):
            refused("invite_over", here.staff.invited, link)
        assert here.staff.invited(kept).name == "Cat"
        again = await desk.post("/staff", act="take-back", link=handles[1])
        assert again.status_code == 410
        assert (await made(here.tokens["Ben"]).post("/staff", act="take-back", link=handles[0])).status_code == 403
        refused("staff_role", here.staff.invitations.take_back, ben, handles[0])
        told = [(one.what, one.by, one.member, one.detail) for one in here.staff.record.changes(None, 2)]
        assert told == [("link_taken_back", "Ann", "Ben", "lead"), ("link_taken_back", "Ann", "", "admin")]
        assert "took a link back" in (await desk.get("/record/staff")).text


async def test_an_admin_signs_somebody_out_everywhere_and_they_sign_in_again(here: Office) -> None:
    here.join("admin", "Ann")
    ben = here.join("lead", "Ben")
    async with at(doors_of(here.staff, signing=here.signing)) as made:
        desk = made(here.tokens["Ann"])
        assert (await made(here.tokens["Ben"]).post(f"/staff/{ben.id}", act="sign-out")).status_code == 403
        assert (await desk.post(f"/staff/{ben.id}", act="sign-out")).headers["location"] == "/staff?said=saved"
        assert (await made(here.tokens["Ben"]).get("/queue")).headers["location"] == "/sign-in"
        assert "signed them out everywhere" in (await desk.get("/record/staff")).text
    assert here.sign_in("Ben").role == "lead"
