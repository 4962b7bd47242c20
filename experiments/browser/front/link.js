// Links that open the same market again: what stands behind the # of the address, as a message. The session checks it.
const LONGEST = 8000;
const GROUPS = ["scenario", "strategy", "network"];
const OWN = "strategies.";

/** The message of a link; null for an address without one, and for one that is longer than any link. */
export function linkMessage(hash) {
  const said = new URLSearchParams(hash.slice(1));
  if (hash.length > LONGEST || !said.has("of")) return null;
  const settings = {};
  for (const name of ["users", "seed"]) if (said.has(name)) settings[name] = Number(said.get(name));
  for (const name of GROUPS) if (said.has(name)) settings[name] = said.get(name);
  settings.strategies = Object.fromEntries([...said].filter(([name]) => name.startsWith(OWN)).map(([name, value]) => [name.slice(OWN.length), value]));
  const interventions = said.getAll("move").map((move) => {
    const [day, platform = "", change = "", capability = "", share] = move.split(":");
    return { day: Number(day), platform, change, capability, ...(share === undefined ? {} : { share: Number(share) }) };
  });
  return { do: "open", settings, interventions, day: Number(said.get("day") ?? 0), of: said.get("of") };
}
