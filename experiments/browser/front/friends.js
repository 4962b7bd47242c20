// A sample of the friend graph, laid out once: colour is the main app; a line to the rim is a tie to a shop there.
import { faded } from "./paint.js";

const NO_APP = 255;
const OFFLINE = 254;
const RIM = 0.94;
const GAP = 0.06;

export const friends = {
  key: "friends",

  draw(paint, store, words) {
    const { main, fan_platform: platforms, fan_merchant: shops } = store.now;
    if (!store.graph || !main) {
      paint.nothing(store.graph ? words.empty_friends : words.laying_out);
      return;
    }
    const { places, ties } = store.graph;
    const radius = Math.min(paint.width, paint.height) / 2 - 8;
    const [cx, cy] = [Math.max(paint.width / 2, Math.min(paint.width - radius - 8, radius + 128)), paint.height / 2];
    const inner = radius * 0.84;
    const x = (n) => cx + places.data[2 * n] * inner;
    const y = (n) => cy + places.data[2 * n + 1] * inner;
    const context = paint.context;
    context.beginPath();
    for (let e = 0; e < ties.shape[0]; e += 1) {
      context.moveTo(x(ties.data[2 * e]), y(ties.data[2 * e]));
      context.lineTo(x(ties.data[2 * e + 1]), y(ties.data[2 * e + 1]));
    }
    context.strokeStyle = paint.theme.tie;
    context.lineWidth = 0.6;
    context.stroke();
    this.rim(paint, store, words, cx, cy, radius);
    this.fans(paint, store, { platforms, shops, x, y, cx, cy, radius });
    for (let n = 0; n < main.data.length; n += 1) {
      const app = main.data[n];
      if (app === OFFLINE) paint.dot(x(n), y(n), 2, paint.theme.ground, paint.theme.quiet);
      else paint.dot(x(n), y(n), 3.2, app === NO_APP ? paint.theme.quiet : store.ink(app), paint.theme.ground);
    }
    this.counts(paint, store, words, main);
  },

  arc(store, p) {
    const wide = (2 * Math.PI) / store.platforms.length;
    return [-Math.PI / 2 + wide * p + GAP, -Math.PI / 2 + wide * (p + 1) - GAP];
  },

  rim(paint, store, words, cx, cy, radius) {
    const context = paint.context;
    store.platforms.forEach((_, p) => {
      const [from, to] = this.arc(store, p);
      context.beginPath();
      context.arc(cx, cy, radius * RIM, from, to);
      context.strokeStyle = store.ink(p);
      context.lineWidth = 4;
      context.stroke();
    });
  },

  /** Each tie ends where the shop's number puts it on its platform's arc. */
  fans(paint, store, { platforms, shops, x, y, cx, cy, radius }) {
    const context = paint.context;
    const [slots, users] = platforms.shape;
    store.platforms.forEach((_, p) => {
      const [from, to] = this.arc(store, p);
      context.beginPath();
      for (let s = 0; s < slots; s += 1) {
        for (let n = 0; n < users; n += 1) {
          const shop = shops.data[s * users + n];
          if (shop < 0 || platforms.data[s * users + n] !== p) continue;
          const angle = from + ((shop * 0.618034) % 1) * (to - from);
          context.moveTo(x(n), y(n));
          context.lineTo(cx + Math.cos(angle) * radius * (RIM - 0.02), cy + Math.sin(angle) * radius * (RIM - 0.02));
        }
      }
      context.strokeStyle = faded(store.ink(p), 0.22);
      context.lineWidth = 0.8;
      context.stroke();
    });
  },

  counts(paint, store, words, main) {
    const counted = store.platforms.map((_, p) => main.data.reduce((all, app) => all + (app === p), 0));
    store.platforms.forEach((name, p) => {
      paint.dot(8, 10 + 14 * p, 4, store.ink(p));
      paint.text(`${words.name(name)} ${counted[p]}`, 16, 10 + 14 * p, { size: 10, width: paint.width * 0.3 });
    });
  },

  alt(store, words) {
    const { main } = store.now;
    if (!main) return words.empty_friends;
    const told = store.platforms.map((name, p) => `${words.name(name)} ${main.data.reduce((all, app) => all + (app === p), 0)}`);
    return `${words.alt_friends} ${told.join(", ")}.`;
  },
};
