// All views, in the order in which they stand on the page.
import { attention } from "./attention.js";
import { balance } from "./balance.js";
import { books } from "./books.js";
import { capabilities } from "./capabilities.js";
import { channels, effort } from "./cells.js";
import { friends } from "./friends.js";
import { gmv, people } from "./over_time.js";
import { reservoirs } from "./reservoirs.js";

export const VIEWS = [attention, gmv, people, reservoirs, balance, capabilities, channels, friends, effort, books];
