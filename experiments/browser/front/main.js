// The page: a bar with the controls, what one may change on the left, the views on the right.
import { Interventions } from "./interventions.js";
import { Panels, save } from "./panels.js";
import { Settings } from "./settings.js";
import { Store, unpack } from "./store.js";
import { VIEWS } from "./views.js";
import { factsEnd, firstLanguage, make, remember, remembered, wordsIn } from "./words.js";

const SPEEDS = [1, 3, 10, 30, 100];

class Page {
  constructor(model, element) {
    this.model = model;
    this.facts = model.get("facts");
    this.store = new Store(this.facts);
    this.words = wordsIn(this.facts, firstLanguage());
    this.state = { state: "setting_up", said: {}, days: 1, speed: 0 };
    this.root = make("div", { class: "sh-root", "data-state": "setting_up" });
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    this.root.dataset.theme = remembered("theme") ?? (dark ? "dark" : "light");
    this.panels = new Panels(this);
    this.settings = new Settings(this);
    this.interventions = new Interventions(this);
    this.root.append(this.bar(), make("div", { class: "sh-body" }, this.side(), this.panels.element));
    element.append(this.root);
    // Solara's page forbids zooming with two fingers; those who need it get it back.
    document.querySelector('meta[name="viewport"]')?.setAttribute("content", "width=device-width, initial-scale=1");
    this.label();
    model.on("msg:custom", (message, buffers) => this.take(message, buffers?.[0]));
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.send({ do: "hello" });
  }

  send(command) {
    this.model.send(command);
  }

  bar() {
    const button = (id, onclick) => make("button", { type: "button", id, onclick });
    this.play = button("sh-play", () => this.playOrPause());
    this.day = button("sh-day", () => this.send({ do: "step" }));
    this.quarter = button("sh-quarter", () => this.send({ do: "step", until: "quarter" }));
    this.reset_ = button("sh-reset", () => this.settings.ask());
    this.speed = make("select", { id: "sh-speed", onchange: () => this.send({ do: "speed", speed: Number(this.speed.value) }) });
    this.language = button("sh-language", () => this.speak(this.words.language === "en" ? "zh" : "en"));
    this.theme = button("sh-theme", () => this.paintIn(this.root.dataset.theme === "dark" ? "light" : "dark"));
    this.mesa = make("a", { href: "mesa", class: "sh-link" }, "Mesa");
    this.title = make("h1", {});
    this.date = make("output", { id: "sh-date" });
    this.rate = make("output", { id: "sh-rate" });
    this.progress = make("progress", { id: "sh-progress", max: "1", value: "0" });
    this.said = make("p", { id: "sh-said", role: "status" });
    this.until = make("p", { id: "sh-facts", class: "sh-quiet" });
    return make(
      "header",
      { class: "sh-bar" },
      this.title,
      make("div", { class: "sh-controls" }, this.play, this.day, this.quarter, this.speed, this.reset_),
      make("div", { class: "sh-when" }, this.date, this.progress, this.rate, this.until),
      make("div", { class: "sh-more" }, this.language, this.theme, this.mesa),
      this.said,
    );
  }

  side() {
    this.command = make("button", { type: "button", id: "sh-command", onclick: () => this.send({ do: "command" }) });
    this.picture = make("button", { type: "button", id: "sh-picture", onclick: () => this.panels.savePage() });
    this.line = make("textarea", { id: "sh-line", readonly: true, rows: "3", hidden: true });
    this.keysHelp = make("p", { class: "sh-quiet" });
    this.takeAway = make("h2", {});
    this.summary = make("summary", {});
    const kept = make("section", { class: "sh-card" }, this.takeAway, make("div", { class: "sh-buttons" }, this.command, this.picture), this.line, this.keysHelp);
    const narrow = window.matchMedia("(max-width: 760px)").matches;
    return make("details", { class: "sh-side", open: !narrow }, this.summary, this.interventions.element, this.settings.element, kept);
  }

  label() {
    const { words } = this;
    this.root.lang = words.language === "zh" ? "zh-CN" : "en";
    document.documentElement.lang = this.root.lang;
    this.title.textContent = words.title;
    this.day.textContent = words.one_day;
    this.quarter.textContent = words.one_quarter;
    this.reset_.textContent = words.reset;
    this.reset_.title = words.reset_about;
    this.language.textContent = words.other_language;
    this.language.lang = words.language === "en" ? "zh-CN" : "en";
    const theme = this.root.dataset.theme === "dark" ? words.light : words.dark;
    this.theme.textContent = this.root.dataset.theme === "dark" ? "☀" : "☾";
    this.theme.setAttribute("aria-label", theme);
    this.theme.title = theme;
    this.mesa.title = words.mesa_about;
    this.speed.setAttribute("aria-label", words.speed);
    const fastest = this.facts.speeds[1];
    const chosen = Number(this.speed.value) || fastest;
    this.speed.replaceChildren(
      ...[...SPEEDS, fastest].map((speed) => make("option", { value: speed, selected: speed === chosen }, speed === fastest ? words.fastest : words.filled("days_a_second", { speed }))),
    );
    this.command.textContent = words.copy_command;
    this.picture.textContent = words.save_page;
    this.line.setAttribute("aria-label", words.copy_command);
    this.keysHelp.textContent = words.keys;
    this.takeAway.textContent = words.take_away;
    this.summary.textContent = words.side;
    this.progress.setAttribute("aria-label", words.progress);
    this.settings.label();
    this.interventions.label();
    this.panels.label();
    this.show();
    this.panels.redraw();
  }

  speak(language) {
    this.words = wordsIn(this.facts, language);
    remember("language", language);
    this.label();
  }

  paintIn(theme) {
    this.root.dataset.theme = theme;
    remember("theme", theme);
    this.label();
  }

  moving() {
    return this.state.state === "playing";
  }

  playOrPause() {
    this.send({ do: this.moving() ? "pause" : "play" });
  }

  reset(settings) {
    this.send({ do: "reset", settings });
  }

  take(message, view) {
    if (message.kind === "frame") this.takeFrame(message, view);
    else if (message.kind === "state") this.takeState(message);
    else if (message.kind === "graph") {
      this.store.graph = unpack(message.arrays, view);
      this.panels.redraw();
    } else if (message.kind === "said") this.interventions.refuse(message.said);
    else if (message.kind === "intervened") {
      this.store.interventions.push({ day: message.day, said: message.said });
      this.interventions.show();
      this.panels.redraw();
    } else if (message.kind === "file") save(message.name, new Blob([message.text], { type: "text/csv" }));
    else if (message.kind === "command") this.showCommand(message.text);
  }

  takeFrame(message, view) {
    const platforms = this.store.platforms.join();
    this.store.takeCalendar(message);
    if (!this.store.take(message, view)) {
      this.send({ do: "seen", again: true });
      return;
    }
    this.state = message;
    if (this.store.platforms.join() !== platforms) this.label();
    this.waiting = true;
    this.show();
    this.interventions.forget.hidden = !this.store.twin;
    this.interventions.showEffect();
    this.panels.redraw();
  }

  takeState(message) {
    this.state = message;
    this.store.takeCalendar(message);
    if (message.state === "setting_up") {
      this.store.clear();
      this.panels.redraw();
    }
    this.settings.platforms = {};
    this.settings.fill(message.allowed, message.shown);
    this.interventions.show();
    this.show();
  }

  /** The views have been drawn: the next frame may come. */
  drawn() {
    if (this.waiting) {
      this.waiting = false;
      this.root.dataset.day = this.store.day;
      this.send({ do: "seen" });
    }
  }

  show() {
    const { words, state } = this;
    const ready = ["paused", "playing"].includes(state.state);
    this.root.dataset.state = state.state;
    this.play.textContent = this.moving() ? words.pause : words.play;
    this.play.disabled = this.day.disabled = this.quarter.disabled = !ready;
    this.reset_.disabled = state.state === "setting_up";
    this.date.textContent = this.store.day > 0 ? this.store.date(this.store.day - 1) : (state.start ?? "");
    this.progress.max = state.days;
    this.progress.value = this.store.day;
    const idle = { paused: words.paused, over: words.over, setting_up: words.setting_up, failed: words.failed };
    this.rate.textContent = this.moving() ? (state.speed ? words.filled("rate", { speed: state.speed.toFixed(state.speed < 10 ? 1 : 0) }) : "") : idle[state.state];
    this.until.textContent = factsEnd(this.store, words);
    this.said.textContent = state.said?.[words.language] ?? "";
    this.said.hidden = !this.said.textContent;
    this.said.classList.toggle("sh-wrong", state.state === "failed");
  }

  showCommand(text) {
    this.line.hidden = false;
    this.line.value = text;
    this.line.select();
    navigator.clipboard?.writeText(text).catch(() => this.line.focus());
  }

  key(event) {
    const inField = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest?.("button, a, summary");
    const ready = ["paused", "playing"].includes(this.state.state);
    if (event.key === " " && !onButton && ready) this.playOrPause();
    else if (event.key === "ArrowRight" && ready) this.send({ do: "step", until: event.shiftKey ? "quarter" : "day" });
    else if (event.key === "r" && this.state.state !== "setting_up") this.settings.ask();
    else if (event.key === "l") this.language.click();
    else if (event.key === "t") this.theme.click();
    else if (event.key === "Escape" || event.key === "0") this.panels.enlarge(null);
    else if (/^[1-9]$/.test(event.key) && Number(event.key) <= VIEWS.length) this.panels.enlarge(Number(event.key) - 1);
    else return;
    event.preventDefault();
  }

  close() {
    document.removeEventListener("keydown", this.keys);
  }
}

export default {
  render({ model, el }) {
    const page = new Page(model, el);
    return () => page.close();
  },
};
