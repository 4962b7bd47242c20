// The past of the run: a slider that shows the views of an earlier day, and a branch from that day.
import { make } from "./words.js";
import { pastStore } from "./store.js";

export class Past {
  constructor(page) {
    this.page = page;
    this.store = null; // what is shown instead of the present
    this.wanted = this.asked = this.then = null;
    this.running = false;
    this.text = make("label", { for: "sh-past-day" });
    this.slider = make("input", { type: "range", id: "sh-past-day", min: "0", max: "0", step: "1", value: "0", oninput: () => this.slide() });
    this.branch_ = make("button", { type: "button", id: "sh-branch", onclick: () => this.branch() });
    this.latest = make("button", { type: "button", id: "sh-latest", onclick: () => this.leave() });
    this.element = make("div", { class: "sh-past", role: "group", hidden: true }, this.text, this.slider, this.branch_, this.latest);
  }

  /** Whether an earlier day is shown, or about to be. */
  get looking() {
    return this.wanted !== null;
  }

  label() {
    const { words } = this.page;
    this.element.setAttribute("aria-label", words.past);
    this.text.textContent = words.past;
    this.branch_.textContent = words.branch;
    this.branch_.title = words.branch_about;
    this.latest.textContent = words.latest;
    this.show();
  }

  /** One position for each kept view, and the last for the present. */
  show() {
    const { state, store, shown, words } = this.page;
    const every = state.view_days ?? 0;
    const most = every ? Math.ceil(store.day / every) : 0;
    this.element.hidden = most < 1 || !["paused", "playing", "over"].includes(state.state);
    this.slider.max = most;
    if (!this.looking) this.slider.value = most;
    const date = store.date((this.wanted ?? store.day) - 1);
    this.slider.setAttribute("aria-valuetext", this.looking ? date : `${date}, ${words.latest}`);
    this.latest.disabled = !this.looking;
    this.branch_.disabled = this.store === null || shown.day !== this.wanted || !state.branches || this.running;
  }

  slide() {
    const { page } = this;
    const day = Number(this.slider.value) * page.state.view_days;
    if (day >= page.store.day) {
      this.leave();
      return;
    }
    if (page.moving()) page.send({ do: "pause" });
    this.wanted = day;
    if (this.asked === null) this.ask();
    page.show();
  }

  /** One question at a time: of the positions that the slider passes only the last is shown. */
  ask() {
    this.asked = this.wanted;
    this.page.send({ do: "look", day: this.wanted });
  }

  take(message, view) {
    if (this.asked === null) return;
    this.asked = null;
    if (!this.looking) return;
    if (message.asked !== this.wanted) {
      this.ask();
      return;
    }
    this.wanted = message.day; // views may be kept less often than when the slider was set
    this.store = pastStore(this.page.store, message, view);
    this.changed();
  }

  /** Back to the present. */
  leave() {
    const { looking } = this;
    this.store = this.wanted = this.asked = null;
    if (looking) this.changed();
  }

  changed() {
    this.page.interventions.show();
    this.page.panels.label();
    this.page.show();
    this.page.panels.redraw();
  }

  /** Go on from the day that is shown; a twin that would be lost is asked about. */
  branch(then = null) {
    const { page, wanted: day } = this;
    if (this.branch_.disabled) return;
    const go = () => {
      this.then = then;
      this.running = true;
      page.story.leave();
      page.send({ do: "branch", day });
      page.show();
    };
    if (page.store.twin) page.asking.ask(page.words, page.words.filled("discard_twin", { date: page.store.date(day) }), go);
    else go();
  }

  /** What was to follow a branch does not. */
  refused() {
    this.then = null;
    this.running = false;
  }

  /** What the bar says of it, in all languages; null for nothing. */
  said() {
    const { words, state } = this.page;
    if (this.running) return words.inAll("branching");
    return this.store ? words.inAll(state.branches ? "looking" : "looking_only") : null;
  }

  branched(day) {
    const { then, page } = this;
    this.refused();
    page.store.interventions = page.store.interventions.filter((one) => one.day < day);
    this.leave();
    page.interventions.show();
    then?.();
  }
}
