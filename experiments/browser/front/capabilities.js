// Which platform can do what: cells fill as a capability matures; a mark shows from whom it was copied.
import { brief, faded } from "./paint.js";

export const capabilities = {
  key: "capabilities",

  draw(paint, store, words) {
    const { maturity, exposure, copied, opened } = store.now;
    if (!maturity) {
      paint.nothing(words.empty_capabilities);
      return;
    }
    const names = store.facts.capabilities;
    const left = Math.min(108, paint.width * 0.3);
    const top = 20;
    const key = 16;
    const wide = (paint.width - left - 4) / store.platforms.length;
    const high = (paint.height - top - key - 4) / names.length;
    store.platforms.forEach((name, p) => {
      paint.text(brief(words.name(name)), left + wide * (p + 0.5), 9, { align: "center", size: 10, width: wide + 10 });
    });
    names.forEach((name, k) => {
      const y = top + high * k;
      paint.text(words.name(name), left - 6, y + high / 2, { align: "right", width: left - 8 });
      store.platforms.forEach((_, p) => {
        const n = p * names.length + k;
        const x = left + wide * p;
        this.cell(paint, store, { x: x + 2, y: y + 1.5, width: wide - 4, height: high - 3 }, p, exposure.data[n], maturity.data[n]);
        if (opened.data[n] >= 0) this.origin(paint, store, words, x + wide - 4, y + high / 2, copied.data[n], opened.data[n]);
      });
    });
    this.legend(paint, words, paint.height - key + 3);
  },

  cell(paint, store, { x, y, width, height }, p, exposure, maturity) {
    paint.rect(x, y, width, height, paint.theme.empty, null, 3);
    if (exposure <= 0) return;
    const filled = Math.max(2, Math.min(1, maturity) * width);
    const context = paint.context;
    context.save();
    context.beginPath();
    context.roundRect(x, y, width, height, 3);
    context.clip();
    paint.rect(x, y, filled, height, faded(store.ink(p), 0.35 + 0.6 * Math.min(1, exposure)));
    context.restore();
    paint.rect(x, y, width, height, null, store.ink(p), 3);
    if (exposure < 0.995) paint.text(`${Math.round(100 * exposure)}%`, x + 4, y + height / 2, { size: 9, color: paint.theme.ink });
  },

  /** A dot in the colour of the rival that had it; a ring for who was first. */
  origin(paint, store, words, x, y, copied, opened) {
    const radius = store.day - opened < 120 ? 5 : 3.5;
    if (copied >= 0) paint.dot(x - 4, y, radius, store.ink(copied), paint.theme.ground);
    else paint.dot(x - 4, y, radius, paint.theme.ground, paint.theme.ink);
  },

  legend(paint, words, y) {
    paint.dot(10, y + 4, 3.5, paint.theme.quiet);
    paint.text(words.copied_from, 18, y + 4, { size: 10, color: paint.theme.quiet, width: paint.width * 0.5 });
    const at = 26 + Math.min(paint.widthOf(words.copied_from, 10), paint.width * 0.5);
    paint.dot(at + 6, y + 4, 3.5, paint.theme.ground, paint.theme.quiet);
    paint.text(words.was_first, at + 14, y + 4, { size: 10, color: paint.theme.quiet, width: paint.width - at - 16 });
  },

  alt(store, words) {
    const { exposure, copied, opened } = store.now;
    if (!exposure) return words.empty_capabilities;
    const names = store.facts.capabilities;
    const rows = store.platforms.map((platform, p) => {
      const open = names.filter((_, k) => exposure.data[p * names.length + k] > 0).map((name) => words.name(name));
      return `${words.name(platform)}: ${open.join(", ") || "–"}`;
    });
    const copies = [];
    store.platforms.forEach((platform, p) =>
      names.forEach((name, k) => {
        const n = p * names.length + k;
        if (opened.data[n] >= 0 && copied.data[n] >= 0) copies.push(words.copy(platform, name, store.platforms[copied.data[n]], store.date(opened.data[n])));
      }),
    );
    return `${words.alt_capabilities} ${rows.join("; ")}. ${copies.join(" ")}`;
  },
};
