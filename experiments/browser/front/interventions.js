// What one may do to the running market, what was done, and what it has changed so far.
import { make } from "./words.js";
import { brief, percent } from "./paint.js";

const EFFECT_DAYS = 30;

export class Interventions {
  constructor(page) {
    this.page = page;
    this.platform = make("select", { id: "sh-platform", onchange: () => this.show() });
    this.capability = make("select", { id: "sh-capability", onchange: () => this.show() });
    this.open = make("button", { type: "button", id: "sh-open", onclick: () => this.ask("open", this.capability.value) });
    this.close = make("button", { type: "button", id: "sh-close", onclick: () => this.ask("close", this.capability.value) });
    this.subsidy = make("input", { type: "number", id: "sh-subsidy", min: "0", max: "100", step: "1", value: "50" });
    this.set = make("button", { type: "button", id: "sh-set-subsidy", onclick: () => this.askSubsidy() });
    this.cut = make("button", { type: "button", id: "sh-cut", onclick: () => this.ask("close", "external_links") });
    this.problem = make("p", { class: "sh-problem", id: "sh-wrong", role: "alert" });
    this.list = make("ul", { class: "sh-done" });
    this.effect = make("table", { class: "sh-effect" });
    this.forget = make("button", { type: "button", class: "sh-small", id: "sh-forget", onclick: () => this.page.send({ do: "forget" }) });
    this.heading = make("h2", {});
    this.texts = {};
    const row = (key, control, ...more) => make("div", { class: "sh-row" }, (this.texts[key] = make("label", { for: control.id })), control, ...more);
    this.element = make(
      "section",
      { class: "sh-card", id: "sh-interventions" },
      this.heading,
      row("platform", this.platform),
      row("capability", this.capability),
      make("div", { class: "sh-buttons" }, this.open, this.close),
      row("subsidy", this.subsidy, this.set),
      make("div", { class: "sh-buttons" }, this.cut),
      this.problem,
      this.list,
      this.effect,
      this.forget,
    );
  }

  label() {
    const { words, store, facts } = this.page;
    this.texts.platform.textContent = words.platform;
    this.texts.capability.textContent = words.capability;
    this.texts.subsidy.textContent = words.subsidy_for;
    this.set.textContent = words.set;
    this.forget.textContent = words.forget;
    const filled = (select, names, first) => {
      const chosen = select.value || first;
      select.replaceChildren(...names.map((name) => make("option", { value: name, selected: name === chosen }, words.name(name))));
    };
    filled(this.platform, store.platforms, "kuaishou");
    filled(this.capability, facts.capabilities, "mall");
    this.show();
  }

  /** The buttons say what they do: "Kuaishou opens mall now". */
  show() {
    const { words, shown: store, past } = this.page;
    this.heading.textContent = past.looking ? words.filled("intervene_then", { date: store.date(store.day) }) : words.intervene;
    const names = { platform: words.name(this.platform.value), capability: words.name(this.capability.value) };
    this.open.textContent = words.filled("do_open", names);
    this.close.textContent = words.filled("do_close", names);
    this.cut.textContent = words.filled("do_cut", names);
    this.problem.textContent = "";
    this.list.replaceChildren(...store.interventions.map(({ said }) => make("li", {}, said[words.language])));
    this.forget.hidden = !store.twin;
    this.showEffect();
  }

  /** Run against twin: attention in percentage points, GMV in percent. */
  showEffect() {
    const { words, shown: store } = this.page;
    this.effect.hidden = !store.twin || store.day <= store.twinSince;
    if (this.effect.hidden) return;
    const from = Math.max(store.day - EFFECT_DAYS, store.twinSince);
    const signed = (text, value) => (/[1-9]/.test(text) ? `${value >= 0 ? "+" : "−"}${text}` : text); // no sign before nought
    const rows = store.platforms.map((name, p) => {
      const means = ["attention_share", "gmv"].map((entry) => [store.daily, store.twinDaily].map((table) => table.mean(store.column[entry], from, store.day, p)));
      const points = 100 * (means[0][0] - means[0][1]);
      const gained = means[1][1] > 0 ? means[1][0] / means[1][1] - 1 : NaN;
      const cells = [signed(Math.abs(points).toFixed(2), points), Number.isFinite(gained) ? signed(percent(Math.abs(gained)), gained) : "–"];
      return make("tr", {}, make("th", { scope: "row" }, brief(words.name(name))), ...cells.map((text) => make("td", {}, text)));
    });
    const head = make("tr", {}, make("th", {}), make("th", { scope: "col" }, words.effect_attention), make("th", { scope: "col" }, words.effect_gmv));
    this.effect.replaceChildren(make("caption", {}, words.filled(store.earlierRun ? "effect_earlier" : "effect", { days: store.day - from }) + (store.forecast ? ` (${words.one_run})` : "")), head, ...rows);
  }

  ask(change, capability, share = null) {
    this.problem.textContent = "";
    const wish = { platform: this.platform.value, change, capability, ...(share === null ? {} : { share }) };
    const go = () => {
      this.page.story.leave();
      this.page.send({ do: "intervene", wish });
    };
    if (this.page.past.looking) this.page.past.branch(go);
    else go();
  }

  askSubsidy() {
    const { words } = this.page;
    const value = this.subsidy.valueAsNumber;
    if (!(value >= 0 && value <= 100)) {
      this.problem.textContent = words.filled("out_of_range", { name: words.subsidy_for, value: this.subsidy.value || "–", least: "0", most: "100" });
    } else if (value === 0) this.ask("close", "subsidy");
    else this.ask("open", "subsidy", value / 100);
  }

  refuse(said) {
    this.problem.textContent = said[this.page.words.language];
  }
}
