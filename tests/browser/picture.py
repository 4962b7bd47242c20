"""Makes docs/pictures/browser.png: `python -m tests.browser.picture docs/pictures/browser.png` with chromium installed.

The page after Kuaishou opens its mall in 2020, two years before it did, with 5,000 users.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.served import browsing, serving, visit

QUARTERS_BEFORE, QUARTERS_AFTER = 5, 9
LAST_OF_QUARTER = """before => {
    const date = document.querySelector('#sh-date').textContent;
    return date !== before && ['03-31', '06-30', '09-30', '12-31'].includes(date.slice(5));
}"""


def main(target: Path) -> None:
    """Run the market, step in, and take the picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), ["population.users=5000", "seed=1"]) as address,
        browsing(1440, 900) as context,
    ):
        tab = visit(context, address)
        tab.ready()
        for quarter in range(QUARTERS_BEFORE + QUARTERS_AFTER):
            if quarter == QUARTERS_BEFORE:
                tab.page.click("#sh-open")
                tab.page.wait_for_selector(".sh-done li")
            before = tab.page.inner_text("#sh-date")
            tab.page.click("#sh-quarter")
            tab.page.wait_for_function(LAST_OF_QUARTER, arg=before)
        tab.page.wait_for_timeout(1500)
        tab.page.screenshot(path=target)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
