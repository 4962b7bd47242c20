// Lines over the days of the run: axes, smoothed series, a twin's faint ones, marks of moves, names at their ends.
import { faded, spread, step } from "./paint.js";

const SMOOTH_FROM = 60;
const WEEK = 7;
const AHEAD = 1.12;
const LEAST_DAYS = 90;

/** Last day on the axis: a little ahead of today, so that lines do not jump with every day. */
export function lastDay(store) {
  const ahead = Math.max(LEAST_DAYS, store.day * AHEAD);
  return Math.min(store.days, Math.ceil(ahead / 30) * 30);
}

/** Values by day of a column, or of one over another, as a mean of the week (or `least` days) once there are many. */
export function series(table, column, platform, box, last, least = 0) {
  const points = [];
  const [over, under] = Array.isArray(column) ? column : [column];
  const mean = (from, to) => table.mean(over, from, to, platform) / (under === undefined ? 1 : table.mean(under, from, to, platform));
  const perPixel = Math.max(1, last / Math.max(box.width, 1));
  const window = Math.max(least, table.end > SMOOTH_FROM ? Math.max(WEEK, perPixel) : perPixel);
  const whole = table.first === 0 ? 0 : table.first + window; // a twin's first week has no mean of a week yet
  for (let day = whole; day < table.end; day += perPixel) {
    const at = Math.floor(day);
    points.push([at, mean(Math.floor(at + 1 - window), at + 1)]);
  }
  if (table.end > table.first) points.push([table.end - 1, mean(Math.floor(table.end - window), table.end)]);
  return points;
}

/** Years along the bottom, months where the run is short; returns where a day lies. */
export function dates(paint, store, box, last) {
  const x = (day) => box.x + (day / Math.max(last - 1, 1)) * box.width;
  const months = last > 900 ? 12 : last > 400 ? 6 : last > 200 ? 3 : 1;
  const first = new Date(store.start);
  let year = first.getUTCFullYear();
  let month = first.getUTCMonth();
  let free = -Infinity;
  for (;;) {
    const day = Math.round((Date.UTC(year, month, 1) - store.start) / 86400000);
    if (day >= last) break;
    const at = x(day);
    if (month % months === 0 && day >= 0) {
      paint.line([[at, box.y + box.height], [at, box.y + box.height + 3]], paint.theme.quiet);
      const words = month === 0 ? `${year}` : `${year}-${String(month + 1).padStart(2, "0")}`;
      const wide = paint.widthOf(words, 10);
      const left = at < box.x + 16 ? at : at - wide / 2;
      if (at < box.x + box.width - 16 && left > free) {
        paint.text(words, left, box.y + box.height + 11, { color: paint.theme.quiet, size: 10 });
        free = left + wide + 4;
      }
    }
    month += 1;
    if (month === 12) [year, month] = [year + 1, 0];
  }
  return x;
}

/** A scale from 0 with few steps; returns where a value lies. */
export function scale(paint, box, largest, written) {
  const by = step(largest, Math.max(2, Math.floor(box.height / 45)));
  const top = Math.max(by, Math.ceil((largest * 1.02) / by) * by);
  const y = (value) => box.y + box.height - (value / top) * box.height;
  for (let value = 0; value <= top * 1.0001; value += by) {
    paint.line([[box.x, y(value)], [box.x + box.width, y(value)]], paint.theme.grid);
    paint.text(written(value, by), box.x - 5, y(value), { color: paint.theme.quiet, size: 10, align: "right" });
  }
  return y;
}

/** A line with its faint twin. */
export function pair(paint, points, twin, x, y, color, dash = []) {
  if (twin) paint.line(twin.map(([day, value]) => [x(day), y(value)]), faded(color, 0.6), 1.5, [2, 3]);
  paint.line(points.map(([day, value]) => [x(day), y(value)]), color, 2, dash);
}

/** Names and values at the ends of lines, pushed apart. */
export function ends(paint, box, found) {
  const order = [...found].sort((a, b) => a.y - b.y);
  const placed = spread(order.map((one) => one.y), 13, box.y + 4, box.y + box.height - 4);
  order.forEach((one, n) => {
    paint.line([[one.x + 2, one.y], [box.x + box.width + 8, placed[n]]], faded(one.color, 0.7), 0.8);
    paint.text(one.words, box.x + box.width + 11, placed[n], { color: paint.theme.ink, size: 11, width: paint.width - box.x - box.width - 13 });
    paint.dot(one.x, one.y, 2.5, one.color);
  });
}

/** A pale ground over the days after the last fact, and above it the words; drawn before the lines. */
export function afterFacts(paint, store, words, box, x, last, named = true) {
  if (store.lastFact === null || store.lastFact >= last) return;
  const at = Math.max(x(store.lastFact), box.x);
  paint.rect(at, box.y, box.x + box.width - at, box.height, faded(paint.theme.quiet, 0.13));
  if (!named) return;
  const look = { size: 10, color: paint.theme.quiet };
  const over = box.y - 7;
  const fitted = words.filled("fitted_to", { date: store.lastFactDate.replace("-12-31", "") });
  // Where facts have just ended there is little room to the right: the words end with the picture.
  const left = Math.min(at, paint.width - paint.widthOf(words.forecast, 10) - 8);
  paint.text(fitted, left - 4, over, { ...look, align: "right" });
  paint.text("|", left, over, { ...look, align: "center" });
  paint.text(words.forecast, left + 4, over, look);
}

/** Thin lines on the days of interventions and on the first of the second half. */
export function marks(paint, store, words, box, x, named = true) {
  if (store.secondHalf !== null && store.secondHalf !== undefined) {
    const at = x(store.secondHalf);
    paint.line([[at, box.y], [at, box.y + box.height]], paint.theme.ink, 1, [4, 3]);
      }
  for (const { day } of store.interventions) {
    const at = x(day);
    paint.line([[at, box.y], [at, box.y + box.height]], paint.theme.accent, 1.2);
  }
  if (!named || store.secondHalf === null || store.secondHalf === undefined) return;
  // On a ground of its own, so that no line strikes through it.
  const wide = paint.widthOf(words.second_half, 10);
  const left = Math.min(x(store.secondHalf) + 3, paint.width - wide - 4);
  paint.rect(left, box.y - 1, wide + 2, 13, paint.theme.ground);
  paint.text(words.second_half, left + 1, box.y + 5, { size: 10, color: paint.theme.quiet });
}

/** What is under the pointer: a date, and a value a platform, in a small box. */
export function reading(paint, store, box, last, pointer, rows) {
  if (!pointer || pointer.x < box.x || pointer.x > box.x + box.width || store.day === 0) return;
  const day = Math.round(((pointer.x - box.x) / box.width) * (last - 1));
  if (day < 0 || day >= store.day) return;
  paint.line([[pointer.x, box.y], [pointer.x, box.y + box.height]], paint.theme.quiet, 1);
  const told = [{ words: store.date(day), color: paint.theme.ink }, ...rows(day)];
  const width = Math.max(...told.map(({ words }) => paint.widthOf(words))) + 22;
  const height = 8 + 14 * told.length;
  const left = pointer.x + 10 + width > box.x + box.width ? pointer.x - 10 - width : pointer.x + 10;
  const top = Math.min(Math.max(box.y, pointer.y - height / 2), box.y + box.height - height);
  paint.rect(left, top, width, height, paint.theme.raised, paint.theme.grid, 4);
  told.forEach(({ words, color }, n) => {
    if (n > 0) paint.dot(left + 9, top + 11 + 14 * n, 3, color);
    paint.text(words, left + (n > 0 ? 16 : 6), top + 11 + 14 * n, { size: 11, bold: n === 0 });
  });
}
