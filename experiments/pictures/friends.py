"""Friend graph: a sample of it, coloured by the app that each user spends most time in."""

from __future__ import annotations

import networkx as nx
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.friend_sample import NO_APP
from secondhalf.experiments.results.last_fact import ONE_RUN
from secondhalf.experiments.results.run_results import Results

ROUNDS = 200
SMALLEST, LARGEST = 8.0, 60.0
"""Area of a user with few friends and of one with the most, square points."""


def draw(results: Results) -> Figure:
    """Users as dots in the colour of their main app, as large as they have friends."""
    graph = results.friends
    if graph.number_of_nodes() == 0:
        raise style.NothingToDrawError("nobody is online")
    places = nx.spring_layout(graph, seed=0, iterations=ROUNDS, k=1.6 / np.sqrt(len(graph)))
    drawn = style.figure(5.4)
    axes = drawn.subplots()
    ties = [(places[a], places[b]) for a, b in graph.edges]
    axes.add_collection(LineCollection(ties, colors="#C8C8C8", linewidths=0.35, zorder=1))
    inks = style.colors(results.platforms) | {NO_APP: "#DDDDDD"}
    at = np.array([places[user] for user in graph])
    friends = np.array([float(graph.nodes[user]["friends"]) for user in graph])
    areas = SMALLEST + (LARGEST - SMALLEST) * np.sqrt(friends / max(friends.max(), 1.0))
    main = [str(graph.nodes[user]["main_app"]) for user in graph]
    axes.scatter(
        at[:, 0], at[:, 1], s=areas, c=[inks[name] for name in main], edgecolors="white", linewidths=0.4, zorder=2
    )
    axes.set_axis_off()
    axes.margins(0.01)
    ahead = f" ({ONE_RUN})" if results.ends_in_forecast else ""
    about = "colour: the app with most of their minutes, size: friends"
    axes.set_title(f"Friends: {len(graph)} users on the last day{ahead}\n{about}", y=style.OVER)
    shown = [name for name in inks if name in main]
    handles = [
        Line2D([], [], marker="o", linestyle="", color=inks[name], label=f"{_name(name)} ({main.count(name)})")
        for name in shown
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=1.2)
    return drawn


def _name(app: str) -> str:
    return "no app" if app == NO_APP else style.label(app)
