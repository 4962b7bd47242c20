// Shares of all mobile time, with the launches on the lines.
import { afterFacts, dates, ends, lastDay, marks, pair, reading, scale, series } from "./lines.js";
import { brief, percent } from "./paint.js";

const OPENING = new Set(["open", "test", "restore"]);
const CLOSING = new Set(["close", "restrict"]);

export const attention = {
  key: "attention",

  draw(paint, store, words, pointer) {
    if (store.day === 0) {
      paint.nothing(words.empty_attention);
      return;
    }
    const column = store.column.attention_share;
    const last = lastDay(store);
    const box = { x: 40, y: 18, width: paint.width - 40 - Math.min(124, paint.width * 0.3), height: paint.height - 40 };
    const lines = store.platforms.map((_, p) => series(store.daily, column, p, box, last));
    const twins = store.twin ? store.platforms.map((_, p) => series(store.twinDaily, column, p, box, last)) : null;
    const largest = Math.max(0.01, ...[...lines, ...(twins ?? [])].flat().map(([, value]) => value).filter(Number.isFinite));
    const y = scale(paint, box, largest, (value, by) => percent(value, by < 0.01 ? 1 : 0));
    const x = dates(paint, store, box, last);
    afterFacts(paint, store, words, box, x, last);
    marks(paint, store, words, box, x);
    store.platforms.forEach((name, p) => pair(paint, lines[p], twins && twins[p], x, y, store.ink(p), store.kinds[p] === "shelf" ? [6, 3] : []));
    this.launches(paint, store, lines, x, y);
    const found = store.platforms.map((name, p) => {
      const [day, value] = lines[p].at(-1) ?? [0, NaN];
      return { x: x(day), y: y(value), color: store.ink(p), words: `${brief(words.name(name))} ${percent(value)}` };
    });
    ends(paint, box, found);
    reading(paint, store, box, last, pointer, (day) =>
      store.platforms.map((name, p) => {
        const twin = store.twin && day >= store.twinDaily.first ? ` (${store.twinName(words)}: ${percent(store.twinDaily.at(column, day, p), 2)})` : "";
        return { color: store.ink(p), words: `${words.name(name)} ${percent(store.daily.at(column, day, p), 2)}${twin}` };
      }),
    );
  },

  /** A triangle up where a capability opens, hollow for a test, down where it closes. */
  launches(paint, store, lines, x, y) {
    const context = paint.context;
    for (const move of store.moves) {
      const p = store.platforms.indexOf(move.platform);
      if (p < 0 || !move.capability || !(OPENING.has(move.change) || CLOSING.has(move.change))) continue;
      const day = store.dayOf(move.date);
      const point = lines[p].find(([at]) => at >= day) ?? lines[p].at(-1);
      if (!point || !Number.isFinite(point[1])) continue;
      const up = OPENING.has(move.change) ? -1 : 1;
      const [at, height] = [x(day), y(point[1]) + 7 * up];
      context.beginPath();
      context.moveTo(at, height + 4 * up);
      context.lineTo(at - 4, height - 3 * up);
      context.lineTo(at + 4, height - 3 * up);
      context.closePath();
      context.strokeStyle = store.ink(p);
      context.lineWidth = 1.2;
      context.fillStyle = move.change === "test" ? paint.theme.ground : store.ink(p);
      context.fill();
      context.stroke();
    }
  },

  alt(store, words) {
    if (store.day === 0) return words.empty_attention;
    const shares = store.platforms.map((name, p) => {
      const now = percent(store.daily.at(store.column.attention_share, store.day - 1, p), 3);
      const twin = store.twin ? ` (${store.twinName(words)} ${percent(store.twinDaily.at(store.column.attention_share, store.day - 1, p), 3)})` : "";
      return `${words.name(name)} ${now}${twin}`;
    });
    return `${words.alt_attention} ${store.date(store.day - 1)}: ${shares.join(", ")}.`;
  },
};
