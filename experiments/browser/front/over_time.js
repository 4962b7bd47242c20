// GMV and people over time, one line a platform: with reported figures as points and the forecast's band behind.
import { afterFacts, dates, ends, lastDay, marks, pair, reading, scale, series } from "./lines.js";
import { brief, faded, percent, short, tick } from "./paint.js";

const SMOOTH_MONTHS_FROM = 200;
const SMOOTH_MONTH = 30;
/** What a line shows: a column, or one over another; how its numbers are written. */
const MEASURES = {
  gmv: { columns: ["gmv"], smooth: true },
  mau: { columns: ["monthly_active_users"] },
  dau: { columns: ["active_users"] },
  daily_minutes_per_dau: { columns: ["minutes", "active_users"] },
  pan_shelf_share_of_gmv: { months: "shelf", share: true },
  online_marketing_revenue: { columns: ["ad_revenue"] },
  other_services_revenue: { columns: ["commission"], smooth: true },
};
export const OFFERED = ["mau", "dau", "daily_minutes_per_dau", "pan_shelf_share_of_gmv", "online_marketing_revenue", "other_services_revenue"];

class OverTime {
  constructor(key, metric) {
    this.key = key;
    this.metric = metric;
  }

  written(value, words, steps = false) {
    if (MEASURES[this.metric].share) return percent(value, steps ? 0 : 1);
    return (steps ? tick : short)(value, words.language);
  }

  /** Days and values of one platform in the run or in its twin. */
  points(store, p, twin, box, last) {
    const { columns, months, smooth } = MEASURES[this.metric];
    const table = twin ? store.twinDaily : store.daily;
    if (months) return this.monthly(store, p, store.now[twin ? `twin_${months}` : months], table.first);
    const found = columns.map((name) => store.column[name]);
    return series(table, found, p, box, last, smooth && table.end > SMOOTH_MONTHS_FROM ? SMOOTH_MONTH : 0);
  }

  monthly(store, p, table, first) {
    const points = [];
    const [year, month] = store.date(0).split("-").map(Number);
    for (let m = 0; m < (table?.shape[0] ?? 0); m += 1) {
      const day = (Date.UTC(year, month - 1 + m, 15) - store.start) / 86400000;
      if (day >= first) points.push([day, table.data[m * table.shape[1] + p]]);
    }
    return points;
  }

  at(store, words, day, p, twin) {
    const { columns, months } = MEASURES[this.metric];
    if (months) return NaN;
    const [over, under] = columns.map((name) => (twin ? store.twinDaily : store.daily).at(store.column[name], day, p));
    return under === undefined ? over : over / under;
  }

  /** Rows [first day, last day, ...] of a platform that lie within the axis. */
  known(store, rows, p, last) {
    return rows
      .filter(([metric, platform]) => metric === this.metric && platform === store.platforms[p])
      .map(([, , first, end, ...rest]) => [store.dayOf(first), store.dayOf(end) + 1, ...rest])
      .filter(([first, end]) => first >= 0 && end <= last + 31);
  }

  draw(paint, store, words, pointer) {
    if (store.day === 0) {
      paint.nothing(words[`empty_${this.key}`]);
      return;
    }
    const last = lastDay(store);
    const box = { x: 46, y: 18, width: paint.width - 46 - Math.min(124, paint.width * 0.3), height: paint.height - 40 };
    const every = store.platforms.map((_, p) => p);
    const lines = every.map((p) => this.points(store, p, false, box, last));
    const twins = store.twin ? every.map((p) => this.points(store, p, true, box, last)) : null;
    const facts = every.map((p) => (store.reported ? this.known(store, store.facts.reported, p, last) : []));
    const bands = every.map((p) => (store.reported ? this.known(store, store.facts.bands, p, last) : []));
    const values = [...[...lines, ...(twins ?? [])].flat().map(([, value]) => value), ...facts.flat().map((one) => one[2]), ...bands.flat().map((one) => one[3])];
    const y = scale(paint, box, Math.max(1e-9, ...values.filter(Number.isFinite)), (value) => this.written(value, words, true));
    const x = dates(paint, store, box, last);
    afterFacts(paint, store, words, box, x, last);
    marks(paint, store, words, box, x, false);
    paint.within(box, () => {
      every.forEach((p) => this.band(paint, bands[p], x, y, store.ink(p)));
      every.forEach((p) => pair(paint, lines[p], twins && twins[p], x, y, store.ink(p), store.kinds[p] === "shelf" ? [6, 3] : []));
      every.forEach((p) => this.facts(paint, store, facts[p], x, y, store.ink(p)));
    });
    const told = every.map((p) => {
      const [day, value] = lines[p].at(-1) ?? [0, NaN];
      return { x: x(day), y: y(value), color: store.ink(p), words: `${brief(words.name(store.platforms[p]))} ${this.written(value, words)}` };
    });
    ends(paint, box, told.filter((one) => Number.isFinite(one.y)));
    reading(paint, store, box, last, pointer, (day) =>
      every.map((p) => {
        const twin = store.twin && day >= store.twinDaily.first ? ` (${store.twinName(words)}: ${this.written(this.at(store, words, day, p, true), words)})` : "";
        return { color: store.ink(p), words: `${words.name(store.platforms[p])} ${this.written(this.at(store, words, day, p, false), words)}${twin}` };
      }),
    );
  }

  /** 5 % to 95 % of the ensemble, a step a quarter. */
  band(paint, rows, x, y, ink) {
    for (const [first, end, low, high] of rows) paint.rect(x(first), y(high), x(end) - x(first), y(low) - y(high), faded(ink, 0.22));
  }

  /** A bar over the period of a reported figure, and in its middle the sign of its grade. */
  facts(paint, store, rows, x, y, ink) {
    for (const [first, end, value, grade] of rows) {
      paint.line([[x(first), y(value)], [x(end), y(value)]], faded(ink, 0.55), 1);
      paint.sign(grade, x((first + end) / 2), y(value), 3, ink);
    }
  }

  alt(store, words) {
    if (store.day === 0) return words[`empty_${this.key}`];
    const box = { width: 400 };
    const told = store.platforms.map((name, p) => {
      const now = this.points(store, p, false, box, store.day).at(-1)?.[1] ?? NaN;
      const twin = store.twin ? ` (${store.twinName(words)} ${this.written(this.points(store, p, true, box, store.day).at(-1)?.[1] ?? NaN, words)})` : "";
      return `${words.name(name)} ${this.written(now, words)}${twin}`;
    });
    return `${words[`measure_${this.metric}`]}, ${store.date(store.day - 1)}: ${told.join(", ")}.`;
  }
}

export const gmv = new OverTime("gmv", "gmv");
export const people = new OverTime("people", "mau");
