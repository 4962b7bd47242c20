// Asks before a run and its twin are thrown away.
import { make } from "./words.js";

export class Ask {
  constructor() {
    this.text = make("p", { id: "sh-ask-text" });
    this.yes = make("button", { type: "button", class: "sh-main", id: "sh-ask-yes", onclick: () => this.answer(true) });
    this.no = make("button", { type: "button", id: "sh-ask-no", onclick: () => this.answer(false) });
    this.element = make("dialog", { class: "sh-ask", id: "sh-ask", "aria-labelledby": "sh-ask-text" }, this.text, make("div", { class: "sh-controls" }, this.yes, this.no));
    this.then = null;
  }

  /** Say what would be lost, and do it only when that is wanted. */
  ask(words, lost, then) {
    this.text.textContent = lost;
    this.yes.textContent = words.discard_yes;
    this.no.textContent = words.discard_no;
    this.then = then;
    if (!this.element.open) this.element.showModal();
    this.no.focus();
  }

  answer(wanted) {
    const { then } = this;
    this.then = null;
    this.element.close();
    if (wanted) then?.();
  }
}
