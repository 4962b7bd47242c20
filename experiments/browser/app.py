"""The two pages by address; Solara loads this module."""

from __future__ import annotations

from typing import Any

import solara

from secondhalf.experiments.browser.mesa_page import MesaPage
from secondhalf.experiments.browser.page import Market


@solara.component
def Bare(children: Any = ()) -> Any:
    """Nothing around the page."""
    return solara.Div(children=list(children), style={"width": "100%", "height": "100%"})


routes = [
    solara.Route("/", component=Market, label="Second Half", layout=Bare),
    solara.Route("mesa", component=MesaPage, label="Second Half: Mesa", layout=solara.AppLayout),
]
