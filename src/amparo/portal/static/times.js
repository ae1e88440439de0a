// Writes every <time datetime="…T…Z"> in the reader's own zone and language. Without it the page says the same in UTC.

const { lang } = document.documentElement;
const moment = new Intl.DateTimeFormat(lang === "en" || lang === "" ? "en-GB" : lang, { dateStyle: "long", timeStyle: "short", hourCycle: "h23" });

for (const time of document.querySelectorAll("time[datetime]")) {
  const instant = new Date(time.dateTime);
  if (time.dateTime.includes("T") && !Number.isNaN(instant.getTime())) time.textContent = moment.format(instant);
}
