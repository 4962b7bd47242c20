"""What of the page cannot be read: text that is cut, that runs out of its picture or over other text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

WATCH_TEXT = """() => {
    const plain = CanvasRenderingContext2D.prototype;
    const [fill, begin] = [plain.fillText, plain.setTransform];
    window.writtenOn = new Map();
    plain.setTransform = function (...given) {
        window.writtenOn.set(this.canvas, []);  // a picture begins
        return begin.apply(this, given);
    };
    plain.fillText = function (words, x, y, ...rest) {
        const {actualBoundingBoxLeft: left, actualBoundingBoxRight: right, actualBoundingBoxAscent: up,
            actualBoundingBoxDescent: down} = this.measureText(words);
        const scale = this.getTransform().a / devicePixelRatio;
        window.writtenOn.get(this.canvas)?.push(
            {words, box: [x - left, y - up, x + right, y + down].map((at) => at * scale)});
        return fill.call(this, words, x, y, ...rest);
    };
}"""
"""Takes down, for each picture, what is written in it and where; for `add_init_script`."""
IN_PICTURES = """() => {
    const found = [];
    for (const [canvas, texts] of window.writtenOn) {
        if (!canvas.dataset.view || canvas.clientWidth === 0) continue;
        texts.forEach(({words, box}, n) => {
            const where = `${canvas.dataset.view}: ${words}`;
            if (words.endsWith('…') && words.length < 40) found.push(`${where} is cut`);
            if (box[0] < -1 || box[1] < -1 || box[2] > canvas.clientWidth + 1 || box[3] > canvas.clientHeight + 1)
                found.push(`${where} runs out of its picture`);
            for (const other of texts.slice(n + 1)) {
                const wide = Math.min(box[2], other.box[2]) - Math.max(box[0], other.box[0]);
                const high = Math.min(box[3], other.box[3]) - Math.max(box[1], other.box[1]);
                if (wide > 1 && high > 1) found.push(`${where} lies over ${other.words}`);
            }
        });
    }
    return found;
}"""
AROUND = """() => {
    const found = [];
    const shown = (element) => element.checkVisibility();
    const texts = ':is(h1, h2, p, button, label, output, li, td, th, caption)';
    for (const element of document.querySelectorAll(`.sh-root ${texts}`)) {
        if (!shown(element) || element.classList.contains('sh-help')) continue;
        if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
            found.push(`${element.textContent} is cut`);
        const {left, right} = element.getBoundingClientRect();
        if (left < -1 || right > innerWidth + 1) found.push(`${element.textContent} runs out of the page`);
    }
    const pen = document.createElement('canvas').getContext('2d');
    for (const select of document.querySelectorAll('.sh-root select')) {
        if (!shown(select)) continue;
        const style = getComputedStyle(select);
        pen.font = `${style.fontSize} ${style.fontFamily}`;
        const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 14;
        for (const {text} of select.options)
            if (pen.measureText(text).width > room) found.push(`${text} is cut in its list`);
    }
    return found;
}"""


def unreadable(page: Page) -> list[str]:
    """All that is found, with every picture drawn."""
    views = page.locator("canvas[data-view]")
    for view in views.all():
        if view.is_visible():
            view.scroll_into_view_if_needed()
            page.wait_for_timeout(150)
    found = [*page.evaluate(IN_PICTURES), *page.evaluate(AROUND)]
    return sorted(set(found))
