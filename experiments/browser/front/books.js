// The books of each platform: means of the last thirty days.
import { brief, short } from "./paint.js";

const DAYS_OF_BOOKS = 30;
const ENTRIES = ["active_users", "minutes", "gmv", "commission", "ad_revenue", "cost", "profit"];

export const books = {
  key: "books",
  wide: true,

  draw(paint, store, words) {
    if (store.day === 0) {
      paint.nothing(words.empty_books);
      return;
    }
    const left = Math.min(72, paint.width * 0.2);
    const top = 32;
    const wide = (paint.width - left - 4) / ENTRIES.length;
    const high = (paint.height - top - 2) / store.platforms.length;
    ENTRIES.forEach((name, n) => {
      const [first, second = ""] = words[`book_${name}`].split("|");
      paint.text(first, left + wide * (n + 1) - 3, 9, { align: "right", size: 10, color: paint.theme.quiet, width: wide - 2 });
      paint.text(second, left + wide * (n + 1) - 3, 21, { align: "right", size: 10, color: paint.theme.quiet, width: wide - 2 });
    });
    store.platforms.forEach((name, p) => {
      const y = top + high * p;
      paint.line([[0, y], [paint.width, y]], paint.theme.grid);
      paint.rect(0, y + 3, 3, high - 6, store.ink(p));
      paint.text(brief(words.name(name)), 8, y + high / 2, { bold: true, width: left - 8 });
      ENTRIES.forEach((entry, n) => {
        const value = this.entry(store, store.daily, entry, p);
        const right = left + wide * (n + 1) - 3;
        const color = value < 0 ? paint.theme.wrong : paint.theme.ink;
        paint.text(this.written(value, words), right, y + high * (store.twin ? 0.34 : 0.5), { align: "right", size: 11, color, width: wide - 2 });
        if (store.twin) paint.text(this.written(this.entry(store, store.twinDaily, entry, p), words), right, y + high * 0.72, { align: "right", size: 9, color: paint.theme.quiet, width: wide - 2 });
      });
    });
  },

  written(value, words) {
    return `${value < 0 ? "−" : ""}${short(Math.abs(value), words.language)}`;
  },

  entry(store, table, name, p) {
    return table.mean(store.column[name], store.day - DAYS_OF_BOOKS, store.day, p);
  },

  alt(store, words) {
    if (store.day === 0) return words.empty_books;
    const told = store.platforms.map((name, p) => {
      const entries = ENTRIES.map((entry) => `${words[`book_${entry}`].replace("|", " ")} ${this.written(this.entry(store, store.daily, entry, p), words)}`);
      return `${words.name(name)}: ${entries.join(", ")}`;
    });
    return `${words.alt_books} ${told.join("; ")}.`;
  },
};
