// The page's words in one language, with the names of platforms, capabilities and channels.
export function wordsIn(facts, language) {
  const labels = facts.words[language];
  const filled = (key, values) => labels[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  return {
    ...labels,
    language,
    filled,
    inAll: (key) => Object.fromEntries(Object.entries(facts.words).map(([known, texts]) => [known, texts[key]])),
    name: (id) => facts.names[id]?.[language] ?? id,
    channel: (id) => facts.channel_names[id]?.[language] ?? id,
    choice: (id) => labels[`choice_${id}`] ?? id.replaceAll("_", " "),
    a_day: (amount) => filled("a_day_of", { amount }),
    copy: (platform, capability, rival, date) =>
      filled("copy_of", {
        platform: facts.names[platform]?.[language] ?? platform,
        capability: facts.names[capability]?.[language] ?? capability,
        rival: facts.names[rival]?.[language] ?? rival,
        date,
      }),
  };
}

/** Where facts end, of a run that goes on after them, or that there are none; nothing of others. */
export function factsEnd(store, words) {
  if (store.illustrative) return words.filled("illustrative", { market: store.illustrative });
  const beyond = store.lastFact !== null && store.lastFact < store.days;
  return beyond ? words.filled("facts_end", { date: store.lastFactDate }) : "";
}

/** The language that the reader asked for last, or that of the browser. */
export function firstLanguage() {
  return remembered("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
}

export function remembered(key) {
  try {
    return window.localStorage.getItem(`secondhalf.${key}`);
  } catch {
    return null; // storage is switched off: nothing is remembered
  }
}

export function remember(key, value) {
  try {
    window.localStorage.setItem(`secondhalf.${key}`, value);
  } catch {
    // storage is switched off: the choice holds for this page
  }
}

/** An element with attributes, listeners (`onclick`) and children. */
export function make(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
