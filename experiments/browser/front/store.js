// What the page knows of the market: a row of numbers for every day, and the state of everything else.
const KINDS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, i1: Int8Array, u1: Uint8Array };
const DAY = 86400000;

/** Named arrays of a message: their numbers and shapes. */
export function unpack(index, view) {
  // Copied, because a typed array needs a beginning that is a multiple of its numbers' size.
  const buffer = view ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : new ArrayBuffer(0);
  const found = {};
  for (const { name, kind, shape, at } of index) {
    const size = shape.reduce((all, one) => all * one, 1);
    found[name] = { data: new KINDS[kind](buffer, at, size), shape };
  }
  return found;
}

/** A table of days that grows: [day, column, platform]. */
class Days {
  constructor(columns, width) {
    this.columns = columns;
    this.width = width;
    this.first = 0;
    this.length = 0;
    this.data = new Float64Array(0);
  }

  get row() {
    return this.columns.length * this.width;
  }

  add(first, { data, shape }) {
    if (this.length === 0) this.first = first;
    const wanted = (this.length + shape[0]) * this.row;
    if (wanted > this.data.length) {
      const wider = new Float64Array(Math.max(wanted, 2 * this.data.length));
      wider.set(this.data.subarray(0, this.length * this.row));
      this.data = wider;
    }
    this.data.set(data, this.length * this.row);
    this.length += shape[0];
  }

  get end() {
    return this.first + this.length;
  }

  at(column, day, platform = 0) {
    return this.data[((day - this.first) * this.columns.length + column) * this.width + platform];
  }

  /** Mean over the days from `from` to before `to`, as far as they are known. */
  mean(column, from, to, platform = 0) {
    const first = Math.max(from, this.first);
    const last = Math.min(to, this.end);
    let sum = 0;
    for (let day = first; day < last; day += 1) sum += this.at(column, day, platform);
    return last > first ? sum / (last - first) : NaN;
  }
}

/** The first rows of a table, up to before a day. */
function until(table, day) {
  return table && Object.assign(Object.create(Days.prototype), table, { length: Math.max(0, Math.min(table.length, day - table.first)) });
}

/** A store as it stood after so many days; a twin only where it was the present one. */
export function pastStore(store, message, view) {
  const { day } = message;
  const twin = store.twin && message.twin && message.twin_since === store.twinSince && day > store.twinDaily.first;
  return Object.assign(Object.create(store), {
    day,
    platforms: message.platforms,
    books: message.books,
    secondHalf: message.second_half,
    now: unpack(message.arrays, view),
    daily: until(store.daily, day),
    market: until(store.market, day),
    moves: store.moves.filter(({ date }) => store.dayOf(date) < day),
    interventions: store.interventions.filter((one) => one.day < day),
    twin,
    twinDaily: twin ? until(store.twinDaily, day) : null,
    twinMarket: twin ? until(store.twinMarket, day) : null,
  });
}

/** Everything that has arrived. */
export class Store {
  constructor(facts) {
    this.facts = facts;
    this.column = Object.fromEntries(facts.daily.map((name, number) => [name, number]));
    this.measure = Object.fromEntries(facts.market.map((name, number) => [name, number]));
    this.start = Date.UTC(2019, 0, 1);
    this.days = 1;
    this.lastFact = this.lastFactDate = null;
    this.reported = true;
    this.clear();
  }

  clear() {
    this.day = 0;
    this.platforms = [];
    this.kinds = [];
    this.moves = [];
    this.interventions = [];
    this.now = {};
    this.graph = null;
    this.twin = false;
    this.twinSince = 0;
    this.earlierRun = false;
    this.secondHalf = null;
    this.daily = null;
    this.twinDaily = null;
  }

  /** Take in a frame; false when days are missing in between, and all of it is needed again. */
  take(message, view) {
    const arrays = unpack(message.arrays, view);
    if (message.from !== this.day && message.from !== 0) return false;
    if (message.from !== 0 && message.platforms.length !== this.platforms.length) return false;
    if (message.from === 0) {
      const { graph, interventions } = this;
      this.clear();
      this.graph = graph;
      this.interventions = interventions;
      this.daily = new Days(this.facts.daily, message.platforms.length);
      this.market = new Days(this.facts.market, 1);
    }
    this.platforms = message.platforms;
    this.kinds = message.kinds;
    this.daily.add(message.from, arrays.daily);
    this.market.add(message.from, arrays.market);
    this.moves.length = message.moves_from;
    this.moves.push(...message.moves);
    this.day = message.day;
    this.secondHalf = message.second_half;
    this.books = message.books;
    this.takeTwin(message, arrays);
    this.now = arrays;
    return true;
  }

  takeTwin(message, arrays) {
    this.twin = message.twin;
    this.twinSince = message.twin_since;
    this.earlierRun = message.twin_is_earlier_run;
    if (!message.twin) {
      this.twinDaily = this.twinMarket = null;
      return;
    }
    if (message.twin_from === message.twin_first) {
      this.twinDaily = new Days(this.facts.daily, message.platforms.length);
      this.twinMarket = new Days(this.facts.market, 1);
    }
    this.twinDaily.add(message.twin_from, arrays.twin_daily);
    this.twinMarket.add(message.twin_from, arrays.twin_market);
  }

  /** What the twin is, before its numbers. */
  twinName(words) {
    return this.earlierRun ? words.earlier_run : words.without;
  }

  /** Colour of a platform, by its place. */
  ink(platform) {
    return this.facts.colors[this.platforms[platform]];
  }

  date(day) {
    return new Date(this.start + day * DAY).toISOString().slice(0, 10);
  }

  /** What the settings say of the calendar; the day after the last fact counts from the first. */
  takeCalendar({ start, days, last_fact, illustrative }) {
    this.start = Date.parse(`${start}T00:00:00Z`);
    this.days = days;
    this.lastFactDate = last_fact;
    this.lastFact = last_fact ? this.dayOf(last_fact) + 1 : null;
    this.illustrative = illustrative; // the market's name where nothing reported stands behind its values
  }

  /** Whether the day that is shown lies after the last fact: its numbers are a forecast by one run. */
  get forecast() {
    return this.lastFact !== null && this.day > this.lastFact;
  }

  dayOf(date) {
    return Math.round((Date.parse(`${date}T00:00:00Z`) - this.start) / DAY);
  }
}
