// Writes every <time datetime="…T…Z"> in the reader's own zone and language. Without it the page says the same in UTC.

const FORMS = { "": "en-GB", en: "en-GB", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW" }; // as the page itself writes days
const { lang } = document.documentElement;
const PARTS = { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const moment = new Intl.DateTimeFormat(FORMS[lang] ?? lang, PARTS);

for (const time of document.querySelectorAll("time[datetime]")) {
  const instant = new Date(time.dateTime);
  if (time.dateTime.includes("T") && !Number.isNaN(instant.getTime())) time.textContent = moment.format(instant);
}
