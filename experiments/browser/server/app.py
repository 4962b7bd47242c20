"""Solara app: the two pages by address; Solara loads this module."""

from __future__ import annotations

from typing import Any

import solara

from secondhalf.experiments.browser.server.page import Market


@solara.component
def Bare(children: Any = ()) -> Any:
    """Nothing around the page."""
    return solara.Div(children=list(children), style={"width": "100%", "height": "100%"})


@solara.component
def Mesa() -> Any:
    """Mesa's viewer; it takes seconds to load, for which the main page does not wait."""
    from secondhalf.experiments.browser.server.mesa_page import MesaPage

    return MesaPage()


routes = [
    solara.Route("/", component=Market, label="Second Half", layout=Bare),
    solara.Route("mesa", component=Mesa, label="Second Half: Mesa", layout=solara.AppLayout),
]
