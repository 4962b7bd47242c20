// What stands around the views: the bar with the controls, and what one may change on the left.
import { make, remembered } from "./words.js";

const SPEEDS = [1, 3, 10, 30, 100];

export function bar(page) {
  const button = (id, onclick) => make("button", { type: "button", id, onclick });
  page.play = button("sh-play", () => page.playOrPause());
  page.day = button("sh-day", () => page.send({ do: "step" }));
  page.quarter = button("sh-quarter", () => page.send({ do: "step", until: "quarter" }));
  page.reset_ = button("sh-reset", () => page.settings.ask());
  page.speed = make("select", { id: "sh-speed", onchange: () => page.send({ do: "speed", speed: Number(page.speed.value) }) });
  page.language = button("sh-language", () => page.speak(page.words.language === "en" ? "zh" : "en"));
  page.theme = button("sh-theme", () => page.paintIn(page.root.dataset.theme === "dark" ? "light" : "dark"));
  page.reported = make("input", { type: "checkbox", id: "sh-reported", checked: remembered("reported") !== "no", onchange: () => page.showReported() });
  page.store.reported = page.reported.checked;
  page.reportedText = make("span", {});
  page.mesa = make("a", { href: "mesa", class: "sh-link" }, "Mesa");
  page.title = make("h1", {});
  page.date = make("output", { id: "sh-date" });
  page.rate = make("output", { id: "sh-rate" });
  page.progress = make("progress", { id: "sh-progress", max: "1", value: "0" });
  page.said = make("p", { id: "sh-said", role: "status" });
  page.until = make("p", { id: "sh-facts", class: "sh-quiet" });
  return make(
    "header",
    { class: "sh-bar" },
    page.title,
    make("div", { class: "sh-controls" }, page.play, page.day, page.quarter, page.speed, page.reset_),
    make("div", { class: "sh-when" }, page.date, page.progress, page.rate, page.until),
    make("div", { class: "sh-more" }, make("label", { class: "sh-check" }, page.reported, page.reportedText), page.language, page.theme, page.mesa),
    page.past.element,
    page.said,
  );
}

export function side(page) {
  page.command = make("button", { type: "button", id: "sh-command", onclick: () => page.send({ do: "command" }) });
  page.picture = make("button", { type: "button", id: "sh-picture", onclick: () => page.panels.savePage() });
  page.link = make("button", { type: "button", id: "sh-link", onclick: () => page.send({ do: "link" }) });
  page.line = make("textarea", { id: "sh-line", readonly: true, rows: "3", hidden: true });
  page.keysHelp = make("p", { class: "sh-quiet" });
  page.takeAway = make("h2", {});
  page.summary = make("summary", {});
  const kept = make("section", { class: "sh-card" }, page.takeAway, make("div", { class: "sh-buttons" }, page.command, page.link, page.picture), page.line, page.keysHelp);
  const narrow = window.matchMedia("(max-width: 760px)").matches;
  return make("details", { class: "sh-side", open: !narrow }, page.summary, page.interventions.element, page.settings.element, kept);
}

/** Words of both in the reader's language. */
export function labelFrame(page) {
  const { words } = page;
  page.title.textContent = words.title;
  page.day.textContent = words.one_day;
  page.quarter.textContent = words.one_quarter;
  page.reset_.textContent = words.reset;
  page.reset_.title = words.reset_about;
  page.language.textContent = words.other_language;
  page.language.lang = words.language === "en" ? "zh-CN" : "en";
  const theme = page.root.dataset.theme === "dark" ? words.light : words.dark;
  page.theme.textContent = page.root.dataset.theme === "dark" ? "☀" : "☾";
  page.theme.setAttribute("aria-label", theme);
  page.theme.title = theme;
  page.mesa.title = words.mesa_about;
  page.speed.setAttribute("aria-label", words.speed);
  const fastest = page.facts.speeds[2];
  const chosen = Number(page.speed.value) || page.facts.speeds[1];
  page.speed.replaceChildren(
    ...[...SPEEDS, fastest].map((speed) => make("option", { value: speed, selected: speed === chosen }, speed === fastest ? words.fastest : words.filled("days_a_second", { speed }))),
  );
  page.command.textContent = words.copy_command;
  page.link.textContent = words.copy_link;
  page.reportedText.textContent = words.reported;
  page.picture.textContent = words.save_page;
  page.keysHelp.textContent = words.keys;
  page.takeAway.textContent = words.take_away;
  page.summary.textContent = words.side;
  page.progress.setAttribute("aria-label", words.progress);
}
