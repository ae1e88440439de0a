"""What staff are told: a sentence for each error that can reach a page, and for what was done. Never the error's own text.

Whoever adds a page adds its slugs here: an error of theirs without a sentence is told by its status.
"""

from collections.abc import Callable
from typing import Final

from amparo.errors import AmparoError
from amparo.web.words import N_

ERRORS: Final = {
    "unknown_route": N_("There is no such page."),
    "staff_role": N_("Your role does not allow this. An admin can change your role."),
    "session_over": N_(
        "Your session is over. Please sign in again. What you typed is still in the page before this one."
    ),
    "foreign_form": N_(
        "Another page tried to send this form. Nothing was done. Please use the button on the page itself."
    ),
    "stale_page": N_("This page was of an earlier session. Nothing was done. Please open it anew and try again."),
    "bad_form": N_("Something in the form could not be read. Please try once more."),
    "no_answer": N_("Please choose one of the answers."),
    "too_large": N_("This is more than can be taken at once."),
    "too_slow": N_("The connection was too slow, and not all of it arrived. Please try again."),
    "under_18": N_(
        "This may show somebody under 18. Nothing of it is shown to anybody here. Go by the facts and by the place's route."
    ),
    "no_media": N_("There is no picture of this to look at. Decide by the facts, or pass it on."),
    "exposure_reached": N_(
        "As much was looked at as is good for one person. Go on with the facts, skip it, or pass it on."
    ),
    "look_open": N_("Another look of yours is not over. Cover it, or wait until it is over."),
    "look_over": N_("This look is over."),
    "sealed_damaged": N_(
        "This was sealed to other keys than yours, perhaps before you joined. Somebody else can look, or decide by the facts."
    ),
    "not_carer": N_("This is told to the person and the carer they named, to nobody else."),
    "own_carer": N_("A carer is somebody else than you."),
    "over_limit": N_("These limits are over those above them. Limits are only made stricter."),
    "bad_number": N_("One of the numbers is no whole number."),
    "unknown_case": N_("There is no such case."),
    "tip_closed": N_(
        "This tip is sealed. Ask for it to be opened; another of the staff must agree, and then it is open for half an hour."
    ),
    "no_consent": N_("She did not agree to be answered, and wrote nothing herself. Nothing was sent."),
    "bad_text": N_("Please write at least one letter."),
    "text_too_long": N_("The message is too long. Please shorten it, or send it in two parts."),
    "not_asked": N_("Please do all of it first, and tick each line."),
    "receipt_overtaken": N_(
        "A new receipt was made just now. Its number is not shown again. Make one more if it is needed."
    ),
    "secret_missing": N_("A secret of this service is missing. Whoever runs it can see with amparo doctor which one."),
    "unknown_work": N_("There is no such work, or it is not for your role."),
    "not_for_them": N_("Who was chosen cannot have this work. Choose one of the list, or whoever comes next."),
    "work_locked": N_("Somebody else has this card now. Nothing was done. Take the next one, or come back later."),
    "card_grew": N_(
        "More copies came since you opened this card, and they are near, not the same. Nothing was done: look at them below, then decide."
    ),
    "work_decided": N_("Somebody else decided this in the meantime. Nothing was done."),
    "undo_over": N_("The time to take this decision back is over. Nothing was done."),
    "undo_not_yours": N_("Only who decided this, or a lead, can take it back. Nothing was done."),
    "undo_limit": N_(
        "You have taken back as many decisions against a person's request as one can in a day. A lead can."
    ),
    "bad_decision": N_("This card is not as it was. Nothing was done. Please open it anew."),
    "too_many_works": N_("Those are too many at once. Please choose fewer."),
    "same_person": N_("You gave the first answer. The second must come from somebody else."),
    "second_answered": N_("Somebody else gave the second answer in the meantime. Nothing was done."),
    "bad_reason": N_("Please write a reason. It stays in the record."),
    "bad_comment": N_("Please write something, and not more than fits. What you typed is still here."),
    "unknown_bank": N_("There is no such bank."),
    "unknown_content": N_("There is no such content in this bank. It may have been moved to another."),
    "withdrawn": N_("This content was withdrawn. What it was is kept nowhere."),
    "name_taken": N_("There is a bank of this name already."),
    "bank_name_kept": N_(
        "This name is kept for the bank of persons' cases. It is made by itself when one lists something. Please choose another."
    ),
    "polarity_fixed": N_(
        "This bank holds something already, so it stays one of what is looked for, or of what is harmless. For the other kind, make another bank."
    ),
    "case_bank": N_(
        "Persons' cases stand in this bank, so it goes on answering for all items. Whoever runs this service can change that on the server."
    ),
    "bad_bank_name": N_("A name is made of letters, digits, _ and -, and begins with a letter."),
    "bad_threshold": N_("A threshold is a number of bits, at most 64."),
    "bad_share": N_("A share is a number from 0 to 100."),
    "ask_first": N_("Ask first what these thresholds would have done, or tick that you save without asking."),
    "no_change": N_("These are the thresholds in force: there is nothing to ask."),
    "bad_days": N_("The time to look back is 1 to 366 days."),
    "too_many_questions": N_("Many such questions are being counted. Please wait until some are done."),
    "negative_bank": N_("Of a bank of what is harmless this cannot be told."),
    "unknown_question": N_("There is no such question. Old ones are deleted."),
    "no_signals": N_("Please give a hash, or drop a picture. A picture with too little detail has none."),
    "too_many_signals": N_("These are more hashes than are taken at once."),
    "bad_hash": N_("One of the lines is no hash of a known kind. Write its kind before it."),
    "bad_value": N_("One of the lines is no hash of the kind that stands before it."),
    "unknown_kind": N_("One of the lines names a kind that is not known here."),
    "low_detail": N_("This has too little detail to be known again."),
    "under_18_near": N_(
        "What may show somebody under 18 is near this, so it is listed in no bank of adults. Go by the place's route."
    ),
    "under_18_bank": N_("Staff enter nothing into this bank. Go by the place's route for somebody under 18."),
    "not_adult": N_(
        "Nothing was sent. If it may show somebody under 18, it is not entered here: go by the place's route."
    ),
    "case_content": N_("A person's case lists it. Only she withdraws it; here it can be turned off."),
    "not_sure": N_("Nothing was withdrawn. Please tick the line first."),
    "no_leave": N_("You have no leave to take this list, or it is over."),
    "bad_post_url": N_(
        "Nothing may be sent to this address. It must be https at a public host, or be listed by whoever runs this service."
    ),
    "unknown_webhook": N_("There is no such webhook."),
    "too_many_webhooks": N_("This client has as many webhooks as one can have. Delete one that is not used."),
    "webhook_ended": N_("This webhook has ended. Let it go on first."),
    "unknown_client": N_("There is no such client."),
    "bad_sign_in": N_("That did not sign you in: name, password or code is wrong, or the code was used already."),
    "sign_in_tries": N_("This was tried too often. Please wait a quarter of an hour, or use a passkey."),
    "invite_over": N_("This link was used already, is too old, or was never made."),
    "page_too_old": N_("This page waited too long, or was answered already. Please open it anew."),
    "bad_name": N_("Please choose a name of letters, digits and spaces, at most 64."),
    "member_taken": N_("Somebody has this name already. Please choose another."),
    "bad_password": N_("A password has 12 to 256 characters."),
    "bad_code": N_("This is not the code of now. Please type the six digits your app shows."),
    "last_way_in": N_("Nothing else would sign you in. Add another way first."),
    "last_admin": N_("Nobody else is an admin. Make somebody else an admin first."),
    "no_own_key": N_("They have not signed up yet. Hand it over when they have."),
    "no_key": N_("You do not hold this key yourself."),
    "role_without_key": N_("Their role may not hold this key."),
    "member_ended": N_("This account was ended."),
    "unknown_passkey": N_("You have no such passkey."),
    "not_fresh": N_(
        "For this, please sign in once more: passkeys and passwords are changed within five minutes of that."
    ),
    "unknown_session": N_("You have no such session. It may be over already."),
    "wrong_passphrase": N_("This passphrase does not open the desk key."),
    "passphrase_tries": N_(
        "This passphrase was tried too often. Please wait a quarter of an hour, or have the key handed over to you."
    ),
    "too_often": N_("This was tried too often. Please wait a while, then try again."),
}
"""By slug."""
STATUSES: Final = {
    400: N_("This could not be taken. Please check what you entered."),
    401: N_("Please sign in."),
    403: N_("This is not allowed."),
    404: N_("This is not here, or no longer."),
    405: N_("This is not how this page is used."),
    409: N_("Somebody or something changed this in the meantime. Please look at it again."),
    410: N_("This is no longer here."),
    429: N_("A limit is reached. Please wait."),
    507: N_("There is no room left on the disk. Nothing of this was kept. Please tell whoever runs this machine."),
}
FAILED: Final = N_(
    "Something failed here. Nothing is lost: please try again in a moment. The log says where it failed."
)
DONE: Final = {
    "confirmed": N_("Confirmed. Press z to take it back."),
    "not_this": N_("Not this: recorded. Press z to take it back."),
    "waits": N_("Recorded. Somebody else must answer too before anything happens. Press z to take it back."),
    "already": N_("Somebody else decided that one in the meantime. Nothing was done; here is the next."),
    "skipped": N_("Skipped. It stays in the queue for others."),
    "passed": N_("Passed on. You will not be given it again."),
    "assigned": N_("Assigned."),
    "commented": N_("The comment is there."),
    "minor": N_("Marked: it may show somebody under 18. From now on nobody can look at any copy of it."),
    "asked": N_("Recorded. Somebody else must answer too before the mark goes."),
    "undone": N_("Taken back. This is the card again."),
    "answered": N_("Your answer is recorded."),
    "saved": N_("Saved."),
    "reply_sent": N_("Sent. She finds it when she comes back with her number."),
    "opening_asked": N_("Asked. Once another of the staff agrees, it is open for the two of you for half an hour."),
    "minor_marked": N_("Marked. Everything of it moved away from the adults at once."),
    "second_asked": N_("Asked. It happens once another of the staff says yes."),
    "withdrawn": N_("Withdrawn. It matches no more."),
    "signed_out": N_("You are signed out."),
}
"""What was done, by the name a page is sent on with (``visit.see``)."""


def sentence(error: AmparoError, gettext: Callable[[str], str]) -> str:
    """What is said of an error, in the reader's language."""
    return gettext(ERRORS.get(error.slug) or STATUSES.get(error.http_status) or FAILED)
