// The page: a bar with the controls, what one may change on the left, the views on the right.
import { Ask } from "./ask.js";
import { bar, labelFrame, side } from "./frame.js";
import { Interventions } from "./interventions.js";
import { linkMessage } from "./link.js";
import { Panels, save } from "./panels.js";
import { Past } from "./past.js";
import { Settings } from "./settings.js";
import { Store, unpack } from "./store.js";
import { Story } from "./story.js";
import { VIEWS } from "./views.js";
import { factsEnd, firstLanguage, make, remember, remembered, wordsIn } from "./words.js";

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
    this.past = new Past(this);
    this.panels = new Panels(this);
    this.settings = new Settings(this);
    this.interventions = new Interventions(this);
    this.story = new Story(this);
    this.asking = new Ask();
    this.panels.element.prepend(this.story.element);
    this.root.append(bar(this), make("div", { class: "sh-body" }, side(this), this.panels.element), this.asking.element);
    element.append(this.root);
    // Solara's page forbids zooming with two fingers; those who need it get it back.
    document.querySelector('meta[name="viewport"]')?.setAttribute("content", "width=device-width, initial-scale=1");
    this.label();
    model.on("msg:custom", (message, buffers) => this.take(message, buffers?.[0]));
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.send({ do: "hello" });
    this.opened = () => this.discard(() => this.open());
    window.addEventListener("hashchange", this.opened);
    this.open();
  }

  /** What the address says behind its #: a market to be opened again. */
  open() {
    const message = linkMessage(window.location.hash);
    if (message !== null) this.send(message);
    else if (window.location.hash.length > 1) this.note(this.words.inAll("no_link"));
  }

  /** Do something that throws the run away, after asking when there is one. */
  discard(then) {
    const { words, store } = this;
    if (store.day === 0 && !store.twin) then();
    else this.asking.ask(words, words.filled(store.twin ? "discard_both" : "discard_run", { date: store.date(store.day - 1) }), then);
  }

  /** Say something in the bar until the next request. */
  note(said) {
    this.noted = said;
    this.show();
  }

  /** What the views show: the present, or the earlier day that is looked at. */
  get shown() {
    return this.past.store ?? this.store;
  }

  send(command) {
    if (["play", "step", "story", "reset", "open"].includes(command.do)) this.past.leave();
    if (!["seen", "look"].includes(command.do)) {
      this.last = command.do;
      this.noted = null;
    }
    this.model.send(command);
  }

  label() {
    const { words } = this;
    this.root.lang = words.language === "zh" ? "zh-CN" : "en";
    document.documentElement.lang = this.root.lang;
    labelFrame(this);
    this.settings.label();
    this.interventions.label();
    this.past.label();
    this.panels.label();
    this.story.label();
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

  showReported() {
    this.store.reported = this.reported.checked;
    remember("reported", this.reported.checked ? "yes" : "no");
    this.panels.label();
    this.panels.redraw();
  }

  moving() {
    return this.state.state === "playing" || Boolean(this.state.busy);
  }

  playOrPause() {
    this.send({ do: this.moving() ? "pause" : "play" });
  }

  reset(settings) {
    this.story.leave();
    this.send({ do: "reset", settings });
  }

  take(message, view) {
    if (message.kind === "frame") this.takeFrame(message, view);
    else if (message.kind === "state") this.takeState(message);
    else if (message.kind === "graph") {
      this.store.graph = unpack(message.arrays, view);
      this.panels.redraw();
    } else if (message.kind === "past") this.past.take(message, view);
    else if (message.kind === "branched") this.past.branched(message.day);
    else if (message.kind === "said") this.refused(message.said);
    else if (message.kind === "intervened") {
      this.store.interventions.push({ day: message.day, said: message.said });
      this.interventions.show();
      this.panels.redraw();
    } else if (message.kind === "file") save(message.name, new Blob([message.text], { type: "text/csv" }));
    else if (message.kind === "command") this.showLine(message.text, this.words.copy_command);
    else if (message.kind === "link") this.showLine(`${window.location.origin}${window.location.pathname}${message.text}`, this.words.copy_link);
  }

  /** Beside the interventions; in the bar what concerns the whole run, since they may be folded away. */
  refused(said) {
    this.past.refused();
    if (["open", "story", "reset", "branch"].includes(this.last)) this.note(said);
    else this.interventions.refuse(said);
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
      this.past.leave();
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
    this.date.textContent = state.start ? this.shown.date(this.shown.day - 1) : "";
    this.root.dataset.shown = this.shown.day;
    this.root.dataset.busy = String(Boolean(state.busy));
    this.progress.max = state.days;
    this.progress.value = this.store.day;
    const idle = { paused: words.paused, over: words.over, setting_up: words.setting_up, failed: words.failed };
    this.rate.textContent = this.moving() ? (state.speed ? words.filled("rate", { speed: state.speed.toFixed(state.speed < 10 ? 1 : 0) }) : "") : idle[state.state];
    this.until.textContent = factsEnd(this.store, words);
    this.past.show();
    this.said.textContent = (this.noted ?? this.past.said() ?? state.said)?.[words.language] ?? "";
    this.said.hidden = !this.said.textContent;
    this.said.classList.toggle("sh-wrong", state.state === "failed" || Boolean(this.noted));
  }

  showLine(text, about) {
    this.line.hidden = false;
    this.line.setAttribute("aria-label", about);
    this.line.value = text;
    this.line.select();
    navigator.clipboard?.writeText(text).catch(() => this.line.focus());
  }

  key(event) {
    const inField = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (inField || this.asking.element.open || event.ctrlKey || event.metaKey || event.altKey) return;
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
    window.removeEventListener("hashchange", this.opened);
  }
}

export default {
  render({ model, el }) {
    const page = new Page(model, el);
    return () => page.close();
  },
};
