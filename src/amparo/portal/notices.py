"""What she is told when something was not as it should be: a sentence for each slug, never the error's own text."""

from collections.abc import Callable
from typing import Final

from amparo.web.words import N_

NOTICES: Final = {
    "expired": N_(
        "You were away for a while, so we deleted what you had entered, to keep you safe. What you just sent is kept. Please go on from here."
    ),
    "no_cookie": N_(
        "If you chose a language and this page came again, your browser does not keep cookies. We need one, which ends when you leave. Please allow cookies for this page, or open it in another browser."
    ),
    "stale_page": N_("That page was an older one. What you typed is kept. Here is where you are."),
    "already_sent": N_("This was already handed in. Nothing was sent twice."),
    "foreign_form": N_(
        "Something on another page tried to send this form. Nothing was done. Please use the button on this page."
    ),
    "bad_form": N_("Something in the form could not be read. Please try once more."),
    "no_answer": N_("Please choose one answer, or skip the question."),
    "wrong_digits": N_(
        "Those are not the last four digits. Look at the number once more and type the last four. Take your time."
    ),
    "too_large": N_("This is far more than we can take at once. Please send a smaller part."),
    "too_often": N_(
        "This was tried very often within the last hour, perhaps by others nearby. Please wait a while, then try again."
    ),
    "too_slow": N_("The connection was too slow, and not all of it arrived. Please try again."),
    "no_match_consent": N_(
        "You did not allow us to look for copies. Then nobody can find them here. You can still go on: our team can read what you wrote, if you allow that."
    ),
    "text_too_long": N_(
        "This is longer than we can take. Your text is still here. Please shorten it, or send it in two parts."
    ),
    "place_too_long": N_("One line is longer than we can take. Your text is still here. Please shorten that line."),
    "too_many_places": N_(
        "There are more lines than we can take. Your text is still here. Please keep the most important ones."
    ),
    "nothing_told": N_("Please write a few words first."),
    "no_case": N_("Nothing opens with this number. Please look at each digit once more."),
    "receipt_replaced": N_(
        "A new number was made for this case, and the old one no longer opens it. Please type the new number."
    ),
    "session_over": N_(
        "This visit was ended, perhaps in another window. What you typed is still here. Please send it once more."
    ),
    "busy": N_("Very many people are here at the moment. Nothing is lost. Please wait a few seconds and try again."),
    "desk_behind": N_(
        "We cannot take in more at the moment. What you typed is still here. Please try again in ten minutes."
    ),
    "message_sent": N_("Your message has arrived. Look here again for an answer."),
    "too_many_messages": N_("This case holds as many messages as it can. Please wait until our team has answered."),
    "contact_kept": N_("This is saved. Our team may now reach you in this way, and in no other."),
    "contact_gone": N_("This is deleted. We do not write or call you: you come back here."),
    "too_many_changes": N_("This was changed very often. What you typed is still here. Please try again tomorrow."),
    "nothing_picked": N_("Please choose a file first, or take back everything."),
    "unknown_file": N_("That file is not in this case. Please choose among those shown."),
    "being_taken_back": N_("It is being taken back. Look again in a minute to see that it is done."),
    "no_helper_key": N_("This key does not open anything. Please look at each letter once more."),
    "unknown_route": N_("There is no page at this address."),
    "wrong_method": N_("There is no page at this address."),
    "not_now": N_(
        "We cannot save this at the moment. Nothing is wrong with what you did. Please try again in a minute or two."
    ),
    "internal": N_("Something failed on our side. Nothing is wrong with what you did. Please try again."),
}
"""By slug; further steps may add their own."""

BUSY: Final = "not_now"


def sentence(slug: str, status: int, gettext: Callable[[str], str]) -> str:
    """What is told of an error with that slug and HTTP status, "" for no slug."""
    if not slug:
        return ""
    if slug not in NOTICES:
        slug = (
            BUSY
            if status in {429, 503, 507} or slug.startswith("database_")
            else "too_large"
            if status == 413
            else "internal"
        )
    return gettext(NOTICES[slug])
