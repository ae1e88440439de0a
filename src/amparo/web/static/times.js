// Writes every <time datetime="…T…Z"> in the reader's own zone and language, and beside it, for a pointer that rests on it, with seconds and
// zone. Without it the page says the same in UTC.

const FORMS = { "": "en-GB", en: "en-GB", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW" }; // as the page itself writes days
const { lang } = document.documentElement;
const PARTS = { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const moment = new Intl.DateTimeFormat(FORMS[lang] ?? lang, PARTS);
const exact = new Intl.DateTimeFormat(FORMS[lang] ?? lang, { ...PARTS, second: "2-digit", timeZoneName: "short" });

function tell() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const instant = new Date(time.dateTime);
    if (!time.dateTime.includes("T") || Number.isNaN(instant.getTime())) continue;
    time.textContent = moment.format(instant);
    if (time.hasAttribute("title")) time.title = exact.format(instant);
  }
}

tell();
addEventListener("htmx:after:swap", tell); // where parts of a page are replaced
