// The guided story: five steps, one click each, and what to look at in each.
import { make } from "./words.js";

const LOOK_AT = {
  first_half: ["reservoirs", "people"],
  malls: ["capabilities", "gmv"],
  links: ["gmv", "attention"],
  second_half: ["reservoirs", "balance"],
  balance: ["balance", "effort"],
};

export class Story {
  constructor(page) {
    this.page = page;
    this.step = null;
    this.heading = make("h2", {});
    this.buttons = page.facts.story.map((step) => make("button", { type: "button", "data-step": step, onclick: () => this.ask(step) }));
    this.text = make("p", { id: "sh-story-text", role: "status", hidden: true });
    this.element = make("nav", { class: "sh-story", id: "sh-story", "aria-labelledby": "sh-story-title" }, this.heading, make("div", { class: "sh-steps" }, ...this.buttons), this.text);
    this.heading.id = "sh-story-title";
  }

  label() {
    const { words } = this.page;
    this.heading.textContent = words.story;
    this.buttons.forEach((button, n) => {
      const { step } = button.dataset;
      button.textContent = `${n + 1} ${words[`story_${step}`]}`;
      button.setAttribute("aria-pressed", String(step === this.step));
    });
    this.text.hidden = this.step === null;
    this.text.textContent = this.step === null ? "" : words[`told_${this.step}`];
    for (const { view, frame } of this.page.panels.panels) frame.classList.toggle("sh-look", (LOOK_AT[this.step] ?? []).includes(view.key));
  }

  ask(step) {
    const go = () => {
      this.begin(step);
      this.page.send({ do: "story", step });
    };
    // Runs of the story itself may be thrown away: a click brings them back.
    if (this.step === null) this.page.discard(go);
    else go();
  }

  begin(step) {
    this.step = step;
    this.page.panels.enlarge(null);
    this.label();
  }

  /** Something else than the story is being done: what was run is the reader's own. */
  leave() {
    if (this.step === null) return;
    this.step = null;
    this.label();
  }
}
