// Where attention comes from, and how even the market is.
import { afterFacts, dates, lastDay, marks, pair, series } from "./lines.js";
import { percent, short, step, tick } from "./paint.js";

const SPARKS = [
  ["hhi_attention", (value) => value.toFixed(3)],
  ["hhi_gmv", (value) => value.toFixed(3)],
  ["interpenetration_gmv", (value) => value.toFixed(3)],
  ["leak_rate", (value) => percent(value)],
  ["multi_homing_users", (value) => percent(value)],
  ["people_online", (value, language) => short(value, language)],
];

export const balance = {
  key: "balance",
  wide: true,

  draw(paint, store, words) {
    if (store.day === 0) {
      paint.nothing(words.empty_balance);
      return;
    }
    const half = Math.round(paint.height * 0.5);
    this.sources(paint, store, words, { x: 44, y: 32, width: paint.width - 52, height: half - 52 });
    this.sparks(paint, store, words, half, paint.height - half);
  },

  /** Net inflow of a trailing year by source: what the second half is told from. */
  sources(paint, store, words, box) {
    const { sources, closed } = store.now;
    const months = sources.shape[0];
    const inks = [paint.theme.water, paint.theme.ink, paint.theme.quiet, paint.theme.accent];
    const names = [words.tap_new, words.tap_outside, words.tap_budget, words.tap_transfer];
    let at = 4;
    names.forEach((name, n) => {
      paint.line([[at, 8], [at + 12, 8]], inks[n], 2);
      paint.text(name, at + 16, 8, { size: 10 });
      at += paint.widthOf(name, 10) + 26;
    });
    if (months === 0) {
      paint.text(words.no_year, paint.width / 2, box.y + box.height / 2, { color: paint.theme.quiet, align: "center", width: paint.width - 10 });
      return;
    }
    const [low, high] = [Math.min(0, ...sources.data), Math.max(1, ...sources.data)];
    const y = (value) => box.y + box.height - ((value - low) / (high - low)) * box.height;
    const by = step(high - low, 3);
    for (let value = Math.ceil(low / by) * by; value <= high; value += by) {
      paint.line([[box.x, y(value)], [box.x + box.width, y(value)]], value === 0 ? paint.theme.quiet : paint.theme.grid);
      paint.text(tick(value, words.language), box.x - 4, y(value), { size: 9, align: "right", color: paint.theme.quiet });
    }
    const x = dates(paint, store, box, lastDay(store));
    afterFacts(paint, store, words, box, x, lastDay(store));
    marks(paint, store, words, box, x, false);
    names.forEach((_, n) => {
      const points = Array.from({ length: months }, (__, m) => [x(closed.data[closed.data.length - months + m]), y(sources.data[4 * m + n])]);
      paint.line(points, inks[n], n === 0 ? 2.4 : 1.6);
      const [px, py] = points.at(-1);
      paint.dot(px, py, 2.2, inks[n]);
    });
  },

  sparks(paint, store, words, top, height) {
    const columns = 3;
    const wide = paint.width / columns;
    const high = height / Math.ceil(SPARKS.length / columns);
    const last = lastDay(store);
    SPARKS.forEach(([name, written], n) => {
      const [left, y0] = [wide * (n % columns) + 4, top + high * Math.floor(n / columns)];
      const box = { x: left, y: y0 + 29, width: wide - 10, height: high - 33 };
      const column = store.measure[name];
      const value = store.market.at(column, store.day - 1);
      const twin = store.twin ? series(store.twinMarket, column, 0, box, last) : null;
      paint.text(words[name], left, y0 + 7, { size: 10, color: paint.theme.quiet, width: wide - 8 });
      paint.text(written(value, words.language), left, y0 + 20, { size: 13, bold: true });
      if (store.twin) paint.text(written(store.twinMarket.at(column, store.day - 1), words.language), left + paint.widthOf(written(value, words.language), 13, true) + 6, y0 + 20, { size: 10, color: paint.theme.quiet });
      const points = series(store.market, column, 0, box, last);
      const values = [...points, ...(twin ?? [])].map(([, one]) => one).filter(Number.isFinite);
      const [low, large] = [Math.min(...values), Math.max(...values)];
      const y = (one) => box.y + box.height - ((one - low) / Math.max(large - low, 1e-12)) * box.height;
      const x = (day) => box.x + (day / Math.max(last - 1, 1)) * box.width;
      paint.line([[box.x, box.y + box.height + 2], [box.x + box.width, box.y + box.height + 2]], paint.theme.grid);
      afterFacts(paint, store, words, box, x, last, false); // the words stand above
      marks(paint, store, words, box, x, false);
      pair(paint, points, twin, x, y, paint.theme.spark);
    });
  },

  alt(store, words) {
    if (store.day === 0) return words.empty_balance;
    const told = SPARKS.map(([name, written]) => `${words[name]} ${written(store.market.at(store.measure[name], store.day - 1), words.language)}`);
    const begins = store.secondHalf === null ? words.no_second_half : `${words.second_half} ${store.date(store.secondHalf)}`;
    return `${begins}. ${told.join(", ")}.`;
  },
};

