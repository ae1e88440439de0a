// Sentences the scripts of a page say, read from the page's <script type="application/json" id="words">. Holds no sentence itself.

const element = document.getElementById("words");
const sentences = element === null ? {} : JSON.parse(element.textContent);
const plural = new Intl.PluralRules(document.documentElement.lang || "en");

/**
 * The sentence of that key (said.py of its room) with the values put in place of %(name)s. Where it has a form for one and for many, `n` chooses.
 * The result is plain text: put it into textContent, never into markup.
 * Throws: Error for a key the page does not carry.
 */
export function say(key, values = {}) {
  const found = sentences[key];
  if (found === undefined) throw new Error(`no sentence ${key}`);
  const text = typeof found === "string" ? found : found[plural.select(Number(values.n))] ?? found.other;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
