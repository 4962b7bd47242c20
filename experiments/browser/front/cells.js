// Platform by channel: what is sold through which, and where merchants put their effort.
import { brief, faded, percent, short, step, tick } from "./paint.js";

function sums(table, rows) {
  const width = table.shape[1];
  return Array.from({ length: rows }, (_, p) => {
    let sum = 0;
    for (let c = 0; c < width; c += 1) sum += table.data[p * width + c];
    return sum;
  });
}

export const channels = {
  key: "channels",

  draw(paint, store, words) {
    const { cells, twin_cells: twin } = store.now;
    if (!cells || store.day === 0) {
      paint.nothing(words.empty_channels);
      return;
    }
    const names = store.facts.channels;
    const left = Math.min(76, paint.width * 0.24);
    const legend = this.legend(paint, store, words, names);
    const box = { x: left, y: 4, width: paint.width - left - 48, height: paint.height - legend - 26 };
    const all = sums(cells, store.platforms.length);
    const before = twin && store.twin ? sums(twin, store.platforms.length) : null;
    const largest = Math.max(1, ...all, ...(before ?? []));
    const by = step(largest, 4);
    const x = (value) => box.x + (value / (largest * 1.02)) * box.width;
    for (let value = 0; value <= largest; value += by) {
      paint.line([[x(value), box.y], [x(value), box.y + box.height]], paint.theme.grid);
      paint.text(tick(value, words.language), x(value), box.y + box.height + 9, { size: 10, align: "center", color: paint.theme.quiet });
    }
    const high = box.height / store.platforms.length;
    store.platforms.forEach((name, p) => {
      const y = box.y + high * p + high * 0.16;
      paint.text(brief(words.name(name)), left - 6, y + high * 0.34, { align: "right", width: left - 8 });
      let from = 0;
      names.forEach((channel, c) => {
        const sold = cells.data[p * names.length + c];
        paint.rect(x(from), y, x(from + sold) - x(from), high * 0.68, store.facts.channel_colors[channel]);
        from += sold;
      });
      paint.rect(x(0), y, Math.max(1, x(from) - x(0)), high * 0.68, null, store.ink(p));
      if (before) paint.rect(x(0), y - 2, Math.max(1, x(before[p]) - x(0)), high * 0.68 + 4, null, faded(store.ink(p), 0.6));
      // Behind the twin's outline too, which must not cross the number.
      paint.text(short(all[p], words.language), Math.max(x(from), before ? x(before[p]) : 0) + 5, y + high * 0.34, { size: 11 });
    });
  },

  /** The six channels at the bottom, in as many lines as they need; returns how high that is. */
  legend(paint, store, words, names) {
    const places = [];
    let [x, line] = [4, 0];
    for (const name of names) {
      const width = paint.widthOf(words.channel(name), 10) + 24;
      if (x + width > paint.width) [x, line] = [4, line + 1];
      places.push([x, line]);
      x += width;
    }
    const top = paint.height - 14 * (line + 1) - 1;
    names.forEach((name, n) => {
      const [at, row] = places[n];
      paint.rect(at, top + 14 * row + 2, 10, 10, store.facts.channel_colors[name], paint.theme.grid, 2);
      paint.text(words.channel(name), at + 14, top + 14 * row + 7, { size: 10 });
    });
    return 14 * (line + 1);
  },

  alt(store, words) {
    const { cells } = store.now;
    if (!cells || store.day === 0) return words.empty_channels;
    const names = store.facts.channels;
    const told = store.platforms.map((name, p) => {
      const sold = names.map((channel, c) => `${words.channel(channel)} ${short(cells.data[p * names.length + c], words.language)}`);
      return `${words.name(name)}: ${sold.join(", ")}`;
    });
    return `${words.alt_channels} ${told.join("; ")}.`;
  },
};

export const effort = {
  key: "effort",
  wide: true,

  draw(paint, store, words) {
    const { effort: table, twin_effort: twin } = store.now;
    if (!table) {
      paint.nothing(words.empty_effort);
      return;
    }
    const names = store.facts.channels;
    const left = Math.min(66, paint.width * 0.2);
    const top = 24;
    const wide = (paint.width - left - 4) / names.length;
    const high = (paint.height - top - 4) / store.platforms.length;
    const largest = Math.max(1e-9, ...table.data);
    names.forEach((name, c) => {
      const channel = words.channel(name);
      const lines = paint.widthOf(channel, 9.5) > wide - 2 ? channel.split(" ") : [channel];
      lines.forEach((line, n) => paint.text(line, left + wide * (c + 0.5), 12 + 10 * (n - (lines.length - 1) / 2), { align: "center", size: 9.5, width: wide }));
    });
    store.platforms.forEach((name, p) => {
      const y = top + high * p;
      paint.text(brief(words.name(name)), left - 6, y + high / 2, { align: "right", width: left - 8 });
      names.forEach((_, c) => {
        const share = table.data[p * names.length + c];
        const x = left + wide * c;
        paint.rect(x + 1.5, y + 1.5, wide - 3, high - 3, paint.theme.empty, null, 3);
        paint.rect(x + 1.5, y + 1.5, wide - 3, high - 3, faded(store.ink(p), Math.sqrt(share / largest)), null, 3);
        const moved = twin && store.twin;
        const strong = share / largest > 0.55;
        const color = strong ? "#FFFFFF" : paint.theme.ink;
        paint.text(percent(share), x + wide / 2, y + high * (moved ? 0.36 : 0.5), { align: "center", size: 11, color, width: wide - 4 });
        if (moved) paint.text(percent(twin.data[p * names.length + c]), x + wide / 2, y + high * 0.72, { align: "center", size: 9, color: strong ? "rgba(255,255,255,.8)" : paint.theme.quiet });
      });
    });
  },

  alt(store, words) {
    const { effort: table } = store.now;
    if (!table) return words.empty_effort;
    const names = store.facts.channels;
    const told = store.platforms.map((name, p) => {
      const shares = names.map((channel, c) => `${words.channel(channel)} ${percent(table.data[p * names.length + c])}`);
      return `${words.name(name)}: ${shares.join(", ")}`;
    });
    return `${words.alt_effort} ${told.join("; ")}.`;
  },
};
