"""Main page: a tab's session and its widget, from the opening of the tab to its end."""

from __future__ import annotations

from typing import Any

import solara

from secondhalf.experiments.browser.server.serving import SERVED
from secondhalf.experiments.browser.server.widget import MarketPage, facts_of_page
from secondhalf.experiments.browser.session import Session
from secondhalf.experiments.browser.setup import known_platforms


@solara.component
def Market() -> Any:
    """One market for this tab; it is released when the tab closes."""
    setup, options = SERVED.setup, SERVED.options
    settings = setup.settings
    facts = facts_of_page(known_platforms(settings), list(settings.capability))
    element = MarketPage.element(facts=facts)

    def live() -> Any:
        widget = solara.get_widget(element)

        def send(message: dict[str, Any], payload: bytes) -> None:
            widget.send(message, [payload] if payload else None)

        session = Session(setup, options, send)

        def told(_: object, content: object, buffers: object) -> None:
            session.tell(content)

        widget.on_msg(told)
        return session.close

    solara.use_effect(live, [])
    return element
