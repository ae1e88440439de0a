"""What the scripts of the portal say, by page and key. Scripts hold no sentence: ``static/words.js`` reads these from the page.

A pair is a sentence for one thing and for many, chosen by the value ``n``. Placeholders as everywhere: ``%(name)s``.
"""

from typing import Final

from amparo.web.words import Pair

SAID: Final[dict[str, dict[str, str | Pair]]] = {
    "files": {
        "picture": "Picture %(number)s",
        "video": "Video %(number)s",
        "file": "File %(number)s",
        "pdq": "How it looks",
        "vpdq": "How its scenes look",
        "md5": "The exact file, short",
        "sha256": "The exact file, long",
        "scenes": ("Show %(n)s fingerprint", "Show all %(n)s fingerprints"),
        "working": "Your device is working on it. This can take a while for a video.",
        "working_still": "Your device is still working. Wait until it is done, or stop the files that are not.",
        "ready": "Done. Look at the list, then go on.",
        "nothing": "No fingerprint could be made. You can choose other files, or go on without.",
        "stop": "Stop file %(number)s",
        "leave_out": "Leave out file %(number)s",
        "sum": (
            "%(n)s fingerprint will be sent, and nothing else.",
            "%(n)s fingerprints will be sent, and nothing else.",
        ),
        "send": "Send these fingerprints and go on",
        "sending": "Sending the fingerprints",
        "too_many": "These are more files than one case can hold. The first %(n)s are taken; you can hand in the others as another case.",
        "heic": "This browser cannot read this kind of photo, so copies that were changed will not be found. Open the page in Safari, or save the photo as JPEG and choose it again.",
        "low_detail": "There is too little to see in it to know a changed copy by. The exact file will be found.",
        "undecodable": "This browser cannot read it as a picture or video. The exact file will be found, changed copies will not.",
        "no_frames": "This browser cannot look into this video. The exact file will be found, changed copies will not.",
        "falsified": "This browser changes pictures on purpose to protect you, so no right fingerprint can be made in it and none is sent. Please open this page in another browser, or turn that protection off for this page.",
        "empty": "The file is empty.",
        "not_media": "This is neither a picture nor a video that we can work with.",
        "unreadable": "The file could not be read. Perhaps it was moved, or this browser may not open it.",
        "cancelled": "Stopped. Nothing of it is sent.",
        "approximate": "Made in a simpler way, since this browser has no better one. Most copies will be found.",
        "lost": "The connection was lost. Nothing is gone: press the button again when it is back.",
        "expired": "You were away for a while, so we deleted what you had entered, to keep you safe. Press the button below to begin again.",
        "already_sent": "This was already handed in. Nothing was sent twice.",
        "file_differs": "Files were added in another window too. Please load this page again, then choose the files once more.",
        "too_many_files": "This is more than one case can hold. Leave some out, and hand them in as another case.",
        "too_many_codes": "This is more than one case can hold. Leave a long video out, and hand it in as another case.",
        "too_often": "This was tried very often within the last hour, perhaps by others nearby. Please wait a while, then press the button again.",
        "not_taken": "We could not take it at the moment. Nothing is wrong with what you did. Please press the button again in a minute or two.",
    },
    "case": {
        "left": ("One letter is left.", "%(n)s letters are left."),
        "over": (
            "This is one letter too long. Shorten it, or send it in two parts.",
            "This is %(n)s letters too long. Shorten it, or send it in two parts.",
        ),
    },
}
