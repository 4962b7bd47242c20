// Attention as water: a tank a platform, pipes between tanks, taps above that run and dry up.
import { brief, faded, short } from "./paint.js";

const [NEW, LOST, OUTSIDE, BUDGET, TRANSFER] = [0, 1, 2, 3, 4];
const TAPS = [NEW, OUTSIDE, BUDGET];
const WIDEST = 26;
const LEAST = 0.6;
const NARROW = 480;
const MONTH = 30;

/** Sum of one flow into a platform from all counterparties, minutes a day over a year. */
function inflow(flows, kind, p) {
  const [, platforms, others] = flows.shape;
  let sum = 0;
  for (let other = 0; other < others; other += 1) sum += flows.data[(kind * platforms + p) * others + other];
  return sum;
}

/** What p took from q, net. */
function between(flows, p, q) {
  const [, platforms, others] = flows.shape;
  return flows.data[(TRANSFER * platforms + p) * others + q];
}

export const reservoirs = {
  key: "reservoirs",
  wide: true,

  draw(paint, store, words) {
    const { flows, sources } = store.now;
    if (!flows || store.day === 0) {
      paint.nothing(words.empty_reservoirs);
      return;
    }
    const count = store.platforms.length;
    const column = store.column.minutes;
    const pitch = paint.width / count;
    const tank = { width: Math.min(74, pitch * 0.62), top: paint.height * 0.36, height: paint.height * 0.34 };
    const bottom = tank.top + tank.height;
    const middle = (p) => pitch * (p + 0.5);
    let largest = 1;
    for (let p = 0; p < count; p += 1) {
      for (let day = 0; day < store.day; day += MONTH) largest = Math.max(largest, store.daily.mean(column, day, day + MONTH, p));
      largest = Math.max(largest, store.daily.mean(column, store.day - MONTH, store.day, p));
    }
    const peak = this.peak(flows, sources);
    const wide = (amount) => Math.max(LEAST, (Math.abs(amount) / peak) * WIDEST);
    this.streams(paint, store, words, { flows, middle, tank, wide });
    for (let p = 0; p < count; p += 1) {
      const level = store.daily.mean(column, store.day - MONTH, store.day, p);
      this.tank(paint, store, words, p, level, level / largest, middle(p), tank);
      const lost = -inflow(flows, LOST, p);
      if (lost > 0) this.drain(paint, middle(p) + tank.width / 2, bottom, Math.min(10, wide(lost)), store.ink(p));
      if (store.twin) {
        const at = bottom - (store.twinDaily.mean(column, store.day - MONTH, store.day, p) / largest) * (tank.height - 4);
        paint.line([[middle(p) - tank.width / 2 - 4, at], [middle(p) + tank.width / 2 + 4, at]], faded(store.ink(p), 0.75), 1.5, [3, 3]);
      }
    }
    this.pipes(paint, store, { flows, middle, bottom, wide });
    if (!store.books) paint.text(words.no_books, paint.width / 2, paint.height * 0.25, { color: paint.theme.quiet, size: 10, align: "center", base: "top", width: paint.width - 10 });
  },

  /** The widest that any tap ran, so that one that dries up can be seen to. */
  peak(flows, sources) {
    let most = 1;
    for (const value of sources.data) most = Math.max(most, Math.abs(value));
    for (const kind of TAPS) {
      let all = 0;
      for (let p = 0; p < flows.shape[1]; p += 1) all += Math.max(inflow(flows, kind, p), 0);
      most = Math.max(most, all);
    }
    return most;
  },

  tank(paint, store, words, p, level, share, x, tank) {
    const left = x - tank.width / 2;
    const bottom = tank.top + tank.height;
    const filled = Math.max(0, Math.min(1, share)) * (tank.height - 4);
    paint.rect(left, bottom - filled, tank.width, filled, faded(store.ink(p), 0.85));
    paint.line([[left, tank.top], [left, bottom], [left + tank.width, bottom], [left + tank.width, tank.top]], paint.theme.ink, 1.6);
    const narrow = paint.width < NARROW;
    const name = words.name(store.platforms[p]);
    paint.text(narrow ? brief(name) : name, x, paint.height - 25, { align: "center", size: narrow ? 11 : 12, bold: true, width: tank.width + 40 });
    paint.text(this.amount(paint, words, level), x, paint.height - 10, { align: "center", size: 10, color: paint.theme.quiet });
  },

  /** Minutes a day; where there is little room the heading says what they are. */
  amount(paint, words, value, sign = "") {
    const written = sign + short(value, words.language);
    return paint.width < NARROW ? written : words.a_day(written);
  },

  /** What leaves with people who remove the app. */
  drain(paint, x, y, width, color) {
    paint.line([[x, y - 7], [x + 7, y - 7], [x + 7, y + 8]], faded(color, 0.55), width);
  },

  /** Taps above the tanks: those new to an app, time from other apps, longer days. */
  streams(paint, store, words, { flows, middle, tank, wide }) {
    const inks = [paint.theme.water, paint.theme.ink, paint.theme.quiet];
    const labels = [words.tap_new, words.tap_outside, words.tap_budget];
    TAPS.forEach((kind, n) => {
      const x = (paint.width * (n + 0.5)) / TAPS.length;
      const y = 27;
      const amounts = store.platforms.map((_, p) => inflow(flows, kind, p));
      const sum = amounts.reduce((all, one) => all + one, 0);
      const width = wide(Math.max(sum, 0));
      paint.rect(x - 22, y - 6, 44, 9, paint.theme.metal, null, 3);
      paint.text(labels[n], x, 9, { align: "center", size: 11, bold: true, width: paint.width / 3 - 8 });
      if (sum > 0) paint.rect(x - width / 2, y + 3, width, 9, faded(inks[n], 0.75));
      const sign = sum >= 0 ? "+" : "−";
      const whole = this.amount(paint, words, Math.abs(sum), sign);
      const told = paint.widthOf(whole, 10) < paint.width / 6 - 28 ? whole : sign + short(Math.abs(sum), words.language);
      if (store.books) paint.text(told, x + 26, y + 3, { size: 10, color: paint.theme.quiet });
      amounts.forEach((amount, p) => {
        if (Math.abs(amount) < 1e-9) return;
        const to = middle(p) + (n - 1) * tank.width * 0.27;
        this.bend(paint, [x, y + 12], [to, tank.top - 1], faded(inks[n], amount > 0 ? 0.42 : 0.3), wide(amount), amount > 0 ? [] : [3, 4]);
      });
    });
  },

  bend(paint, [x1, y1], [x2, y2], color, width, dash) {
    const context = paint.context;
    context.beginPath();
    context.moveTo(x1, y1);
    context.bezierCurveTo(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, x2, y2);
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  },

  /** Arcs below the tanks, in the colour of who gives, with an arrow at who takes. */
  pipes(paint, store, { flows, middle, bottom, wide }) {
    const context = paint.context;
    const room = paint.height - 36 - bottom;
    for (let p = 0; p < store.platforms.length; p += 1) {
      for (let q = 0; q < p; q += 1) {
        const net = between(flows, p, q);
        if (net === 0) continue;
        const [to, from] = net > 0 ? [p, q] : [q, p];
        const [x1, x2] = [middle(from) + Math.sign(to - from) * 9, middle(to) - Math.sign(to - from) * 9];
        const depth = room * (0.45 + (0.85 * Math.abs(p - q)) / store.platforms.length);
        context.beginPath();
        context.moveTo(x1, bottom + 1);
        context.bezierCurveTo(x1, bottom + depth * 1.2, x2, bottom + depth * 1.2, x2, bottom + 5);
        context.strokeStyle = faded(store.ink(from), 0.6);
        context.lineWidth = Math.min(14, wide(net));
        context.stroke();
        context.beginPath();
        context.moveTo(x2, bottom + 1);
        context.lineTo(x2 - 4, bottom + 7);
        context.lineTo(x2 + 4, bottom + 7);
        context.closePath();
        context.fillStyle = store.ink(from);
        context.fill();
      }
    }
  },

  alt(store, words) {
    const { flows } = store.now;
    if (!flows || store.day === 0) return words.empty_reservoirs;
    const sums = TAPS.map((kind) => store.platforms.reduce((all, _, p) => all + inflow(flows, kind, p), 0));
    const levels = store.platforms.map((name, p) => `${words.name(name)} ${short(store.daily.mean(store.column.minutes, store.day - MONTH, store.day, p), words.language)}`);
    const taps = [words.tap_new, words.tap_outside, words.tap_budget].map((name, n) => `${name} ${short(sums[n], words.language)}`);
    return `${words.alt_reservoirs} ${levels.join(", ")}. ${words.alt_taps} ${taps.join(", ")}.`;
  },
};
