// The settings of the next market: what the command line has, in the ranges that it allows.
import { make } from "./words.js";

const CHOICES = ["scenario", "strategy", "network"];

export class Settings {
  constructor(page) {
    this.page = page;
    this.allowed = null;
    this.users = this.number("users");
    this.seed = this.number("seed");
    this.choices = Object.fromEntries(CHOICES.map((name) => [name, make("select", { id: `sh-${name}` })]));
    this.platforms = {};
    this.rows = make("div", { class: "sh-rows" });
    this.own = make("details", { class: "sh-own" }, make("summary", {}), make("div", { class: "sh-rows" }));
    this.problem = make("p", { class: "sh-problem", id: "sh-problem", role: "alert" });
    this.start = make("button", { type: "button", class: "sh-main", id: "sh-start", onclick: () => this.ask() });
    this.heading = make("h2", {});
    this.element = make("section", { class: "sh-card", id: "sh-settings" }, this.heading, this.rows, this.own, this.problem, this.start);
  }

  number(name) {
    return make("input", { type: "number", step: "1", inputmode: "numeric", id: `sh-${name}`, "aria-describedby": "sh-problem", oninput: () => this.check() });
  }

  /** Ranges, choices and values as the session has them. */
  fill(allowed, shown) {
    this.allowed = allowed;
    this.shown = shown;
    for (const name of ["users", "seed"]) {
      const input = this[name];
      [input.min, input.max] = allowed[name];
      input.value = shown[name];
    }
    for (const name of CHOICES) this.options(this.choices[name], allowed[name], shown[name]);
    this.label();
    this.check();
  }

  options(select, names, chosen, first = null) {
    const { words } = this.page;
    const entries = names.map((name) => make("option", { value: name, selected: name === chosen }, words.choice(name)));
    if (first !== null) entries.unshift(make("option", { value: "", selected: !chosen }, first));
    select.replaceChildren(...entries);
  }

  label() {
    const { words } = this.page;
    this.heading.textContent = words.settings;
    this.start.textContent = words.start_anew;
    this.own.firstChild.textContent = words.strategy_each;
    if (!this.allowed) return;
    const asked = this.read();
    const row = (name, control) => make("label", { for: control.id, class: control.tagName === "SELECT" ? "sh-stacked" : "" }, make("span", {}, words[`set_${name}`]), control);
    this.rows.replaceChildren(row("users", this.users), row("seed", this.seed), ...CHOICES.map((name) => row(name, this.choices[name])));
    for (const name of CHOICES) this.options(this.choices[name], this.allowed[name], asked[name] || this.shown[name]);
    const names = this.page.store.platforms.length ? this.page.store.platforms : this.allowed.platforms.slice(0, 5);
    const before = this.platforms;
    this.platforms = {};
    const rows = names.map((name) => {
      const select = make("select", { id: `sh-strategy-${name}` });
      const chosen = before[name] ? before[name].value : (this.shown.strategies[name] ?? "");
      this.options(select, this.allowed.strategies, chosen, words.as_all);
      this.platforms[name] = select;
      return make("label", { for: select.id, class: "sh-stacked" }, make("span", {}, words.name(name)), select);
    });
    this.own.lastChild.replaceChildren(...rows);
    this.check();
  }

  read() {
    const asked = { users: this.users.valueAsNumber, seed: this.seed.valueAsNumber };
    for (const name of CHOICES) asked[name] = this.choices[name].value;
    asked.strategies = Object.fromEntries(Object.entries(this.platforms).map(([name, select]) => [name, select.value]));
    return asked;
  }

  /** What is wrong with the numbers, said beside them; nothing is sent while something is. */
  check() {
    if (!this.allowed) return false;
    const { words } = this.page;
    const problems = [];
    for (const name of ["users", "seed"]) {
      const [least, most] = this.allowed[name];
      const value = this[name].valueAsNumber;
      const wrong = value !== this.shown[name] && (!Number.isInteger(value) || value < least || value > most);
      this[name].toggleAttribute("aria-invalid", wrong);
      const key = name === "users" && value > most ? "users_memory" : "out_of_range";
      if (wrong) problems.push(words.filled(key, { name: words[`set_${name}`], value: this[name].value || "–", least: least.toLocaleString("en"), most: most.toLocaleString("en") }));
    }
    this.problem.textContent = problems.join(" ");
    this.start.disabled = problems.length > 0;
    return problems.length === 0;
  }

  ask() {
    if (this.check()) this.page.discard(() => this.page.reset(this.read()));
  }
}
