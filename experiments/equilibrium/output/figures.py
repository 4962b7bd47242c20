"""Figures of the game: regrets of all profiles, where best responses lead, payoffs."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.experiments.equilibrium.findings import Findings, Profile
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED, REFUTED, UNDECIDED
from secondhalf.experiments.equilibrium.output.text import percent, profile_words
from secondhalf.experiments.equilibrium.solution import Solution
from secondhalf.experiments.game_theory.best_response_chain import best_response_chain
from secondhalf.experiments.pictures import style

SIGNS = {CERTIFIED: "✓", REFUTED: "", UNDECIDED: "?"}
REGRETS = 0.3, 1.5
"""Where the colours end at least, and at most: regrets above share one."""
BASINS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: tuple[Literal["-"], Literal["--"], Literal[":"]] = ("-", "--", ":")
LEGEND = 32
"""Letters of a label up to which three stand in a row of the legend."""
INCH, LETTER = 0.27, 0.05
"""Side of a cell of the heat map, and about what a letter beside it takes."""


def split(found: Findings) -> tuple[list[int], list[int]]:
    """Players down and across the heat map: content platforms and shelf platforms, or one half each."""
    settings = found.problem.setup.settings
    down = [n for n, name in enumerate(found.game.players) if settings.platform[name].kind == "content"]
    across = [n for n in range(len(found.game.players)) if n not in down]
    if not down or not across:
        half = (len(found.game.players) + 1) // 2
        down, across = list(range(half)), list(range(half, len(found.game.players)))
    return down, across


def heat_map(found: Findings) -> Figure:
    """A cell a profile: its regret as a colour, its verdict as a sign."""
    game, verdicts = found.game, found.estimate.verdicts
    down, across = split(found)
    shape = [[game.shape[n] for n in own] for own in (down, across)]
    rows, columns = (int(np.prod(own)) for own in shape)
    order = np.arange(len(game.profiles)).reshape(game.shape).transpose(*down, *across).reshape(rows, columns)
    regret = 100 * np.expm1(np.array(verdicts.regret)[order])
    beside, below = (LETTER * max(len(name) for name in _names(found, own)) for own in (down, across))
    size = (max(4.3, 1.4 + beside + INCH * columns), 1.4 + below + INCH * rows)
    drawn = Figure(figsize=size, dpi=style.DPI, layout="constrained")
    axes, most = drawn.subplots(), 100 * float(np.clip(np.nanmax(regret) / 100, *REGRETS))
    image = axes.imshow(regret, cmap="YlOrBr", vmin=0, vmax=most, aspect="equal")
    marks = {game.place(game.history): "H", game.place(game.nobody): "0"}
    for row, column in np.ndindex(rows, columns):
        place = int(order[row, column])
        text = SIGNS[verdicts.word[place]] + marks.get(place, "")
        if text:
            ink = "white" if regret[row, column] > 0.6 * most else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=ink, fontweight="bold")
    axes.set_yticks(range(rows), _names(found, down), fontsize=6)
    axes.set_xticks(range(columns), _names(found, across), fontsize=6, rotation=90)
    axes.set_ylabel(" · ".join(style.label(game.players[n]) for n in down))
    axes.set_xlabel(" · ".join(style.label(game.players[n]) for n in across))
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    bar = drawn.colorbar(image, ax=axes, shrink=0.7, pad=0.02, extend="max" if np.nanmax(regret) > most else "neither")
    bar.set_label("largest gain, %")
    style.head(drawn, "Largest gain of any platform, by profile")
    return drawn


def _names(found: Findings, players: list[int]) -> list[str]:
    """What some players may choose together."""
    choices = product(*(found.game.strategies[player] for player in players))
    return [" · ".join(own.name for own in chosen) for chosen in choices]


def responses(found: Findings, solution: Solution) -> Figure:
    """Profiles by how many moves they are from where best responses end; colours are where that is."""
    game, chain = found.game, best_response_chain(solution.table, float(np.log1p(found.problem.options.epsilon)))
    moves, basin = solution.sinks.moves, solution.sinks.reached.argmax(axis=1)
    places = np.empty((len(game.profiles), 2))
    for number in range(len(solution.sinks.members)):
        own = np.flatnonzero(basin == number)
        for level in range(int(np.ceil(moves.max())) + 1):
            here = own[np.ceil(moves[own] - 1e-9) == level]
            here = here[np.argsort(moves[here], kind="stable")]
            heights = (np.arange(here.size) + 0.5) / max(here.size, 1)
            places[here] = np.column_stack([moves[here], number + 0.08 + 0.84 * heights])
    drawn = style.figure(1.4 + 1.9 * len(solution.sinks.members[:6]))
    axes = drawn.subplots()
    edges = chain.tocoo()
    lines = [(places[a], places[b]) for a, b in zip(edges.row, edges.col, strict=True) if a != b]
    axes.add_collection(LineCollection(lines, colors="#BBBBBB", linewidths=0.35, zorder=1))
    ink = [BASINS[b % len(BASINS)] for b in basin]
    size = 26 if len(game.profiles) <= 60 else 11
    axes.scatter(places[:, 0], places[:, 1], s=size, c=ink, zorder=2, linewidths=0)
    for profile, name in ((game.nobody, "nobody enters"), (game.history, "history")):
        at = places[game.place(profile)]
        axes.annotate(
            name, at, (-4, 5), textcoords="offset points", fontsize=7, fontweight="bold", zorder=4, ha="right"
        )
        axes.scatter(at[0], at[1], s=3 * size, facecolors="none", edgecolors="black", zorder=3, linewidths=0.9)
    for number, states in enumerate(solution.sinks.members):
        caption = profile_words(found, game.profiles[int(states[0])])
        if len(states) > 1:
            caption = f"a rotation among {len(states)} profiles"
        caption = caption.replace(", ", "  ·  ")
        axes.text(0.0, number + 0.99, caption, fontsize=6.5, va="top", ha="right", color=BASINS[number % 6])
        axes.scatter(
            places[states, 0], places[states, 1], s=4 * size, marker="*", c=BASINS[number % 6], zorder=3, linewidths=0
        )
    axes.set_xlabel("moves to where best responses end, mean")
    axes.set_yticks([])
    axes.set_ylim(0, len(solution.sinks.members) + 0.05)
    axes.invert_xaxis()
    axes.set_xlim(right=-0.15)
    style.head(drawn, "Best responses, one platform at a time; stars are where they end, lines are moves")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.grid(False)
    return drawn


def payoffs(found: Findings, table: pd.DataFrame) -> Figure:
    """Payoffs of each player in some profiles, relative to the profile in which all stay."""
    shown = [profile for profile in found.shown if profile != found.game.nobody]
    drawn = style.figure(0.9 + 0.26 * len(found.game.players) * len(shown))
    axes = drawn.subplots()
    colors, ticks = style.colors(found.game.players), []
    for number, profile in enumerate(shown):
        own = table[table["profile"] == found.game.words(profile)].set_index("player")
        for player, name in enumerate(found.game.players):
            at = number * (len(found.game.players) + 1) + player
            row = own.loc[name]
            axes.plot(
                [100 * row["low"], 100 * row["high"]],
                [at, at],
                color=colors[name],
                linewidth=2.2,
                solid_capstyle="butt",
            )
            axes.plot(100 * row["against_nobody"], at, "o", color=colors[name], markersize=4.5)
            ticks.append((at, f"{style.label(name)}: {row['strategy']}"))
        axes.text(0.0, number * (len(found.game.players) + 1) - 0.62, _title(found, profile), fontsize=7.5,
                  fontweight="bold", transform=axes.get_yaxis_transform(), va="center")  # fmt: skip
    axes.axvline(0, color=style.INK, linewidth=0.9)
    axes.set_yticks([at for at, _ in ticks], [text for _, text in ticks])
    axes.set_ylim(len(shown) * (len(found.game.players) + 1) - 1.2, -1.1)
    axes.set_xlabel("payoff less costs, relative to nobody entering, % (95 % intervals)")
    style.head(drawn, "Gain of each platform from entry")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    return drawn


def _title(found: Findings, profile: Profile) -> str:
    label = found.label(profile)
    return (
        f"{label[:1].upper()}{label[1:]} ({found.verdict(profile)})" if label else f"{found.verdict(profile)} profile"
    )


def shares(table: pd.DataFrame) -> Figure:
    """Shares of minutes and of GMV in the last year of some profiles, and in the year before the revision."""
    return _shares(told_apart(table), "Who has what a horizon later, and had before")


def told_apart(table: pd.DataFrame) -> pd.DataFrame:
    """A table of profiles in which labels that several share also say what each of these chooses otherwise.

    Parameters
    ----------
    table
        with the columns `profile`, as `Game.words` writes it (empty for none), and `label`
    """
    profiles = table["profile"].fillna("")
    words = {}
    for label, own in profiles.groupby(table["label"], sort=False):
        choices = {profile: profile.split(", ") for profile in own.unique()}
        common = set.intersection(*map(set, choices.values()))
        for profile, chosen in choices.items():
            parts = [one.partition(" ") for one in chosen if one not in common]
            said = ", ".join(f"{style.label(who)} {what}" for who, _, what in parts)
            words[label, profile] = f"{label} ({said})" if len(choices) > 1 else label
    return table.assign(label=[words[pair] for pair in zip(table["label"], profiles, strict=True)])


def _shares(table: pd.DataFrame, head: str) -> Figure:
    labels, platforms = list(dict.fromkeys(table["label"])), list(dict.fromkeys(table["platform"]))
    columns = 3 if max(map(len, labels)) <= LEGEND else 1
    drawn = style.figure(0.9 + 0.32 * len(platforms) * 2 + (0.15 * len(labels) if columns == 1 else 0.0))
    panels = drawn.subplots(1, 2, sharey=True)
    signs = ("|", "o", "s", "^", "D", "v")
    colors = style.colors(platforms)
    for axes, measure, title in zip(panels, ("minutes_share", "gmv_share"), ("Minutes", "GMV"), strict=True):
        for number, label in enumerate(labels):
            own = table[table["label"] == label].drop_duplicates("platform").set_index("platform")
            for place, name in enumerate(platforms):
                if name not in own.index:
                    continue
                at = place + 0.14 * (number - (len(labels) - 1) / 2)
                row = own.loc[name]
                axes.plot([100 * row[f"{measure}_low"], 100 * row[f"{measure}_high"]], [at, at], color=colors[name])
                axes.plot(
                    100 * row[measure],
                    at,
                    signs[number % len(signs)],
                    color=colors[name],
                    markeredgewidth=1.4,
                    markersize=9 if number == 0 else 4.5,
                )
        axes.set_title(title)
        axes.set_xlabel("% of the platforms together")
        axes.set_xlim(left=0)
    panels[0].set_yticks(range(len(platforms)), [style.label(name) for name in platforms])
    panels[0].invert_yaxis()
    handles = [
        Line2D([], [], linestyle="", marker=signs[n % len(signs)], color=style.INK, label=label)
        for n, label in enumerate(labels)
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=columns)
    style.head(drawn, head)
    return drawn


def rest(table: pd.DataFrame) -> Figure:
    """Shares of minutes and GMV where each profile's market rests, beside the last year of history's profile."""
    own = told_apart(table[table["measure"].isin(["minutes_share", "gmv_share"])])
    names = {"rest": "{measure}", "low": "{measure}_low", "high": "{measure}_high"}
    parts = []
    for (label, platform), rows in own.groupby(["label", "platform"], sort=False):
        row: dict[str, object] = {"label": f"{label}, at rest", "platform": platform}
        before: dict[str, object] = {"label": "last year of the horizon", "platform": platform}
        for one in rows.to_dict("records"):
            row |= {to.format(measure=one["measure"]): one[key] for key, to in names.items()}
            before |= {to.format(measure=one["measure"]): one[LAST[key]] for key, to in names.items()}
        parts += [before, row]
    found = pd.DataFrame(parts).sort_values("label", key=lambda own: own != "last year of the horizon", kind="stable")
    return _shares(found, "Where the market rests, and the year before")


LAST = {"rest": "last_year", "low": "last_year_low", "high": "last_year_high"}


def paths(table: pd.DataFrame) -> Figure:
    """Weekly shares in a world that stands still: means of the runs and 90 % of them, a dash pattern a start."""
    drawn = style.figure(3.1)
    panels = drawn.subplots(1, 2)
    platforms, starts = list(dict.fromkeys(table["platform"])), list(dict.fromkeys(table["start"]))
    colors, dashes = style.colors(platforms), DASHES
    for axes, measure, title in zip(panels, ("minutes", "gmv"), ("Minutes", "GMV"), strict=True):
        for number, start in enumerate(starts):
            for name in platforms:
                chosen = (table["start"] == start) & (table["platform"] == name) & (table["measure"] == measure)
                own = table[chosen]
                axes.plot(own["week"], 100 * own["mean"], dashes[number % 3], color=colors[name], linewidth=1.2)
                if number == 0:
                    axes.fill_between(own["week"], 100 * own["low"], 100 * own["high"], color=colors[name], alpha=0.15)
        axes.set_title(title)
        axes.set_xlabel("week")
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel("% of the platforms together")
    handles = [Line2D([], [], color=colors[name], label=style.label(name)) for name in platforms]
    handles += [Line2D([], [], color=style.INK, linestyle=dashes[n % 3], label=s) for n, s in enumerate(starts)]
    drawn.legend(handles=handles, loc="outside lower center", ncols=4)
    style.head(drawn, "In a world that stands still")
    return drawn


def alt_responses(found: Findings, solution: Solution) -> str:
    """The graph in words."""
    chain = solution.sinks
    ends = [
        f"{profile_words(found, found.game.profiles[int(states[0])])} from {percent(float(chain.reached[:, n].mean()))}"
        for n, states in enumerate(chain.members)
    ]
    return f"Best responses end in {'; '.join(ends)} of all profiles on average."


MOST = 3
"""Profiles that there is room for."""
WEIGHTS = {"habit_weight": "weight of habit, times", "social_weight": "weight of friends, times"}


def branches(tipping: pd.DataFrame, beside: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Minutes per platform along a weight, a panel a profile; solid where the fixed point is stable.

    Parameters
    ----------
    tipping, beside
        tipping.csv and meanfield.csv
    labels
        what a profile is called, by its words
    """
    profiles = list(dict.fromkeys(tipping["profile"]))[:MOST]
    platforms = list(dict.fromkeys(tipping["platform"]))
    colors, drawn = style.colors(platforms), style.figure(3.1)
    panels = drawn.subplots(1, len(profiles), sharex=True, sharey=True, squeeze=False)[0]
    for axes, profile in zip(panels, profiles, strict=True):
        own = tipping[tipping["profile"] == profile]
        for name in platforms:
            _branch(axes, own[own["platform"] == name], colors[name])
        near = beside[(beside["profile"] == profile) & (beside["measure"] == "minutes")]
        for row in near.to_dict("records"):
            axes.plot(1.0, row["simulation"], "o", color=colors[row["platform"]], markersize=5, clip_on=False, zorder=3)
        axes.set_title(labels.get(profile, ""))
    panels[0].set_ylabel("minutes a day and person")
    panels[0].set_ylim(bottom=0)
    panels[len(profiles) // 2].set_xlabel(WEIGHTS[str(tipping["weight"].iloc[0])])
    handles = [Line2D([], [], color=colors[name], label=style.label(name)) for name in platforms]
    handles += [
        Line2D([], [], color=style.INK, linestyle="", marker="o", label="long simulation"),
        Line2D([], [], color=style.INK, linestyle=":", label="not stable"),
    ]
    if (tipping["tips"] == "yes").any():
        handles.append(Line2D([], [], color=style.INK, linestyle="", marker="x", label="tips"))
    drawn.legend(handles=handles, loc="outside lower center", ncols=4)
    style.head(drawn, "Fixed points of infinitely many users")
    return drawn


def _branch(axes: Axes, own: pd.DataFrame, color: str) -> None:
    factor, minutes = own["factor"].to_numpy(float), own["minutes"].to_numpy(float)
    stable = own["radius"].to_numpy(float) < 1
    if factor.size == 1:
        axes.plot(factor, minutes, "|", color=color)
    for number in range(factor.size - 1):
        both = bool(stable[number] and stable[number + 1])
        axes.plot(factor[number : number + 2], minutes[number : number + 2], "-" if both else ":", color=color)
    tips = np.flatnonzero(own["tips"].to_numpy() == "yes")
    axes.plot(factor[tips], minutes[tips], "x", color=color)
