// The frames of the views: a heading, a canvas, buttons to enlarge it and to take its numbers and picture away.
import { factsEnd, make } from "./words.js";
import { Paint } from "./paint.js";
import { OFFERED, people } from "./over_time.js";
import { VIEWS } from "./views.js";

const TEXT_EVERY = 1000;

/** Colours of the theme, as the style sheet has them. */
function themeOf(root) {
  const style = getComputedStyle(root);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "quiet", "grid", "ground", "raised", "accent", "wrong", "empty", "tie", "water", "metal", "spark"];
  return Object.fromEntries(names.map((name) => [name, named(name)]));
}

/** Offer a file for saving. */
export function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export class Panels {
  constructor(page) {
    this.page = page;
    this.enlarged = null;
    this.stale = true;
    this.textAt = 0;
    this.element = make("main", { class: "sh-panels" });
    this.panels = VIEWS.map((view, n) => this.panel(view, n));
    this.element.append(...this.panels.map(({ frame }) => frame));
    new ResizeObserver(() => this.redraw()).observe(this.element);
    this.seen = new Set();
    const watched = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const panel = this.panels.find(({ canvas }) => canvas === entry.target);
        if (entry.isIntersecting) this.seen.add(panel);
        else this.seen.delete(panel);
      }
      this.redraw();
    });
    for (const { canvas } of this.panels) watched.observe(canvas);
    document.fonts?.ready.then(() => this.redraw());
  }

  panel(view, n) {
    const canvas = make("canvas", { class: "sh-canvas", role: "img", "data-view": view.key });
    const heading = make("h2", {});
    const about = make("p", { class: "sh-about" });
    const badge = make("span", { class: "sh-badge", hidden: true });
    const help = make("p", { class: "sh-help", id: `sh-help-${view.key}`, hidden: true, tabindex: "0" });
    const what = make("button", { type: "button", class: "sh-small", "data-what": view.key, "aria-expanded": "false", "aria-controls": help.id, onclick: () => this.explain(n) }, "?");
    const choice = view === people ? make("select", { id: "sh-measure", onchange: () => this.measure(choice.value) }) : null;
    const larger = make("button", { type: "button", class: "sh-small", onclick: () => this.enlarge(this.enlarged === n ? null : n) });
    const csv = make("button", { type: "button", class: "sh-small", "data-csv": view.key, onclick: () => this.page.send({ do: "export", view: view.key }) }, "CSV");
    const png = make("button", { type: "button", class: "sh-small", "data-png": view.key, onclick: () => this.savePicture(n) }, "PNG");
    const frame = make("section", { class: `sh-panel${view.wide ? " sh-wide" : ""}`, id: `sh-${view.key}` }, make("header", {}, heading, badge, make("span", { class: "sh-gap" }), what, csv, png, larger), make("div", { class: "sh-under" }, ...(choice ? [choice] : []), about), make("div", { class: "sh-picture" }, canvas, help));
    const panel = { view, canvas, heading, about, badge, help, what, choice, larger, csv, png, frame, paint: new Paint(canvas), pointer: null };
    canvas.addEventListener("pointermove", (event) => {
      panel.pointer = { x: event.offsetX / panel.paint.zoom, y: event.offsetY / panel.paint.zoom };
      this.redraw();
    });
    canvas.addEventListener("pointerleave", () => {
      panel.pointer = null;
      this.redraw();
    });
    return panel;
  }

  /** What am I seeing? */
  explain(n) {
    const { help, what } = this.panels[n];
    help.hidden = !help.hidden;
    what.setAttribute("aria-expanded", String(!help.hidden));
  }

  measure(metric) {
    people.metric = metric;
    this.label();
    this.redraw();
  }

  enlarge(n) {
    this.enlarged = n;
    this.element.classList.toggle("sh-one", n !== null);
    this.panels.forEach(({ frame }, at) => frame.classList.toggle("sh-hidden", n !== null && at !== n));
    this.label();
    this.redraw();
    if (n !== null && window.matchMedia("(max-width: 760px)").matches) this.panels[n].frame.scrollIntoView();
  }

  label() {
    const { words } = this.page;
    this.panels.forEach(({ view, heading, about, badge, help, what, choice, larger, csv, png }, n) => {
      heading.textContent = words[`view_${view.key}`];
      about.textContent = words[`about_${view.key}`] + (view.metric && this.page.store.reported ? ` ${words.about_reported}` : "");
      badge.textContent = words.badge;
      help.textContent = words[`help_${view.key}`] + (view.metric ? ` ${words.help_reported}` : "");
      what.title = words.what;
      what.setAttribute("aria-label", `${words.what} ${words[`view_${view.key}`]}`);
      if (choice) {
        choice.setAttribute("aria-label", words.measure);
        choice.replaceChildren(...OFFERED.map((metric) => make("option", { value: metric, selected: metric === view.metric }, words[`measure_${metric}`])));
      }
      const small = this.enlarged === n;
      larger.textContent = small ? "✕" : "⤢";
      larger.setAttribute("aria-label", `${small ? words.smaller : words.larger}: ${words[`view_${view.key}`]}`);
      larger.title = `${small ? words.smaller : words.larger}${small ? " (Esc)" : n < 9 ? ` (${n + 1})` : ""}`;
      csv.disabled = this.page.past.looking; // numbers are those of the run until now
      csv.title = csv.disabled ? words.csv_of_latest : words.save_csv;
      png.title = words.save_png;
      csv.setAttribute("aria-label", `${words.save_csv}: ${words[`view_${view.key}`]}`);
      png.setAttribute("aria-label", `${words.save_png}: ${words[`view_${view.key}`]}`);
    });
    this.textAt = 0;
  }

  /** Draw with the next picture of the screen, once however often it is asked for. */
  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const { shown: store, words } = this.page;
    const theme = themeOf(this.page.root);
    for (const panel of this.panels) {
      panel.badge.hidden = !store.forecast;
      if (!this.seen.has(panel) || panel.canvas.clientWidth === 0) continue;
      panel.paint.begin(theme);
      panel.view.draw(panel.paint, store, words, panel.pointer);
    }
    const now = performance.now();
    if (now - this.textAt > TEXT_EVERY || !this.page.moving()) {
      this.textAt = now;
      for (const { view, canvas } of this.panels) canvas.setAttribute("aria-label", `${words[`view_${view.key}`]}. ${view.alt(store, words)} ${factsEnd(store, words)}`.trim());
    }
    this.page.drawn();
  }

  savePicture(n) {
    const { view, canvas } = this.panels[n];
    canvas.toBlob((blob) => save(`${view.key}.png`, blob), "image/png");
  }

  /** All views that are shown, as they stand on the page. */
  savePage() {
    const shown = this.panels.filter(({ frame }) => !frame.classList.contains("sh-hidden"));
    const ratio = window.devicePixelRatio || 1;
    const around = this.element.getBoundingClientRect();
    const whole = make("canvas");
    whole.width = Math.round(this.element.scrollWidth * ratio);
    whole.height = Math.round(this.element.scrollHeight * ratio);
    const context = whole.getContext("2d");
    const theme = themeOf(this.page.root);
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, whole.width, whole.height);
    context.scale(ratio, ratio);
    for (const panel of shown) {
      panel.paint.begin(theme);
      panel.view.draw(panel.paint, this.page.shown, this.page.words, null);
      const { x, y, width, height } = panel.canvas.getBoundingClientRect();
      context.drawImage(panel.canvas, x - around.x, y - around.y + this.element.scrollTop, width, height);
      const head = panel.heading.getBoundingClientRect();
      context.fillStyle = theme.ink;
      context.font = `600 13px ${getComputedStyle(this.page.root).fontFamily}`;
      context.textBaseline = "middle";
      context.fillText(panel.heading.textContent, head.x - around.x, head.y - around.y + head.height / 2);
    }
    whole.toBlob((blob) => save("secondhalf.png", blob), "image/png");
  }
}
