// Drawing on a canvas in CSS pixels, sharp on every screen, in the colours of the page's theme.
const FONT = '"Helvetica Neue", Arial, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';

const ROOMY = { width: 640, height: 360 };
const LARGEST_ZOOM = 1.8;

/** Numbers as people write them: 12.3k, 4.56M, 7.89B; in Chinese 万 and 亿. */
export function short(value, language) {
  if (!Number.isFinite(value)) return "–";
  const steps = language === "zh" ? [[1e12, "万亿"], [1e8, "亿"], [1e4, "万"]] : [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];
  const size = Math.abs(value);
  for (const [unit, sign] of steps) if (size >= unit) return `${digits(value / unit)}${sign}`;
  return digits(value);
}

/** The same for the steps of a scale, without noughts at the end. */
export function tick(value, language) {
  return short(value, language).replace(/(\.\d*?)0+(?=\D*$)/, "$1").replace(/\.(?=\D*$)/, "");
}

/** Three digits that count. */
function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
}

/** A name that fits into little room. */
export function brief(name) {
  return name.split(" ")[0];
}

export function percent(share, places = 1) {
  return Number.isFinite(share) ? `${(100 * share).toFixed(places)}%` : "–";
}

/** Steps of 1, 2 or 5 that cut `largest` into few parts. */
export function step(largest, parts) {
  const rough = Math.max(largest, 1e-300) / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].find((one) => one * power >= rough) * power;
}

/** Ascending positions moved as little as needed to stand `gap` apart, within [low, high]. */
export function spread(wanted, gap, low, high) {
  const placed = [...wanted];
  for (let round = 0; round < 60; round += 1) {
    let moved = false;
    for (let n = 1; n < placed.length; n += 1) {
      const overlap = gap - (placed[n] - placed[n - 1]);
      if (overlap > 0.01) {
        placed[n - 1] -= overlap / 2;
        placed[n] += overlap / 2;
        moved = true;
      }
    }
    for (let n = 0; n < placed.length; n += 1) {
      placed[n] = Math.min(Math.max(placed[n], low + n * gap), high - (placed.length - 1 - n) * gap);
    }
    if (!moved) break;
  }
  return placed;
}

/** A colour with an opacity, from #RRGGBB. */
export function faded(color, opacity) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${opacity})`;
}

export class Paint {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** An empty picture in the size that the canvas has on the page. */
  begin(theme) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    const [wide, high] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    // An enlarged view has larger letters, not only more room.
    this.zoom = Math.min(LARGEST_ZOOM, Math.max(1, Math.min(clientWidth / ROOMY.width, clientHeight / ROOMY.height)));
    this.width = clientWidth / this.zoom;
    this.height = clientHeight / this.zoom;
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    this.theme = theme;
    const scale = ratio * this.zoom;
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.fillStyle = theme.ground;
    this.context.fillRect(0, 0, this.width, this.height);
  }

  text(words, x, y, { color = this.theme.ink, size = 11, align = "left", base = "middle", bold = false, width } = {}) {
    const context = this.context;
    context.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
    context.fillStyle = color;
    context.textAlign = align;
    context.textBaseline = base;
    let shown = String(words);
    if (width && context.measureText(shown).width > width) {
      while (shown.length > 1 && context.measureText(`${shown}…`).width > width) shown = shown.slice(0, -1);
      shown += "…";
    }
    context.fillText(shown, x, y);
  }

  widthOf(words, size = 11, bold = false) {
    this.context.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
    return this.context.measureText(words).width;
  }

  line(points, color, width = 1, dash = []) {
    const context = this.context;
    context.beginPath();
    let drawing = false;
    for (const [x, y] of points) {
      if (!Number.isFinite(y)) drawing = false;
      else if (drawing) context.lineTo(x, y);
      else {
        context.moveTo(x, y);
        drawing = true;
      }
    }
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.lineJoin = "round";
    context.stroke();
    context.setLineDash([]);
  }

  rect(x, y, width, height, fill, edge = null, radius = 0) {
    const context = this.context;
    context.beginPath();
    if (radius) context.roundRect(x, y, width, height, radius);
    else context.rect(x, y, width, height);
    this.fillAndEdge(fill, edge);
  }

  dot(x, y, radius, fill, edge = null) {
    const context = this.context;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    this.fillAndEdge(fill, edge);
  }

  fillAndEdge(fill, edge) {
    const context = this.context;
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (edge) {
      context.strokeStyle = edge;
      context.lineWidth = 1;
      context.stroke();
    }
  }

  /** Draw with nothing outside of a box. */
  within({ x, y, width, height }, draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y - 2, width + 4, height + 4);
    this.context.clip();
    draw();
    this.context.restore();
  }

  /** The sign of a grade, as in the pictures of a run: a circle, a square, a diamond. */
  sign(grade, x, y, radius, color) {
    if (grade === "A") {
      this.dot(x, y, radius, color, this.theme.ink);
      return;
    }
    const context = this.context;
    context.beginPath();
    if (grade === "B") context.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else {
      context.moveTo(x, y - radius * 1.3);
      context.lineTo(x + radius * 1.3, y);
      context.lineTo(x, y + radius * 1.3);
      context.lineTo(x - radius * 1.3, y);
      context.closePath();
    }
    this.fillAndEdge(color, this.theme.ink);
  }

  /** Said where there is nothing to draw yet: what will be here, in as many lines as it needs. */
  nothing(said) {
    const size = 12;
    const lines = [""];
    for (const part of said.match(/[\u3000-\uffef]|[^\s\u3000-\uffef]+\s*|\s+/g) ?? []) {
      if (lines.at(-1) && this.widthOf(lines.at(-1) + part.trimEnd(), size) > this.width - 24) lines.push("");
      lines[lines.length - 1] += part;
    }
    lines.forEach((line, n) => {
      const y = this.height / 2 + (n - (lines.length - 1) / 2) * size * 1.5;
      this.text(line.trimEnd(), this.width / 2, y, { color: this.theme.quiet, align: "center", size });
    });
  }
}
