// Draws the figures of the page, in the colours of light and dark, as wide as there is room. The tables of the page say the same.
import uPlot from './vendor/uplot.js';
import { say } from './words.js';

const DASHES = [[], [6, 4], [2, 3], [10, 4, 2, 4], [4, 4], [12, 3], [1, 3], [8, 2, 2, 2]];
const COLOURS = { light: ['#1f5f63', '#8a3b12', '#5b4b9a', '#7a4a00', '#1d4f8a', '#6b2f5b', '#3d5c1a', '#444'],
  dark: ['#8fd0cd', '#ffb88a', '#c3b5ff', '#ffd479', '#9cc7ff', '#f0b0dd', '#bfe08a', '#ddd'] };
const HEIGHT = 220;

const drawn = JSON.parse(document.getElementById('drawn').textContent);
const days = drawn.days.map((day) => Date.parse(`${day}T12:00:00Z`) / 1000);
const dark = matchMedia('(prefers-color-scheme: dark)');
const { lang } = document.documentElement;
const shortDay = new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const numeral = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });

const drawings = {
  work: { lines: [['opened', drawn.opened], ['decided', drawn.decided], ['taken_back', drawn.taken_back]].map(([key, values]) => [say(key), values]) },
  times: { lines: [['to_decision', drawn.decision_h], ['to_hide', drawn.hide_h]].map(([key, values]) => [say(key), values]), gaps: true },
  banks: { lines: drawn.banks.map(({ name, numbers }) => [name, numbers]) },
};
let shown = [];

function draw() {
  for (const one of shown) one.destroy();
  const style = getComputedStyle(document.documentElement);
  const [soft, faint] = ['--soft', '--faint'].map((name) => style.getPropertyValue(name).trim());
  const colours = COLOURS[dark.matches ? 'dark' : 'light'];
  const axis = { stroke: soft, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 } };
  shown = Object.entries(drawings).filter(([, { lines }]) => lines.length > 0).map(([name, { lines, gaps }]) => {
    const place = document.querySelector(`[data-drawing="${name}"]`);
    const options = {
      width: Math.max(240, place.clientWidth),
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.05)] } },
      axes: [
        { ...axis, values: (_plot, ticks) => ticks.map((tick) => shortDay.format(tick * 1000)) },
        { ...axis, values: (_plot, ticks) => ticks.map((tick) => numeral.format(tick)) },
      ],
      series: [
        { label: say('day'), value: (_plot, at) => (at === null ? '' : shortDay.format(at * 1000)) },
        ...lines.map(([label], number) => ({
          label, stroke: colours[number], dash: DASHES[number], width: 2, spanGaps: Boolean(gaps), points: { show: Boolean(gaps), size: 5 },
          value: (_plot, value) => (value === null ? '' : numeral.format(value)),
        })),
      ],
    };
    const plot = new uPlot(options, [days, ...lines.map(([, values]) => values)], place);
    plot.root.querySelector('canvas').setAttribute('aria-hidden', 'true'); // the table says it
    return plot;
  });
}

document.querySelector('[data-drawings]').hidden = false;
draw();
dark.addEventListener('change', draw);
let later = 0;
addEventListener('resize', () => {
  clearTimeout(later);
  later = setTimeout(draw, 150);
});
