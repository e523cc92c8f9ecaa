// Drawing on canvases: sharp on every screen, in the colours of the page, dark or light.

/** The colours of the page, read anew when the theme changes. */
export const theme = {dark: false, colour: {}};
const themed = new Set();

export function watchTheme(root) {
  const read = () => {
    const style = getComputedStyle(root);
    const [r, g, b] = (style.backgroundColor.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
    theme.dark = 0.299 * r + 0.587 * g + 0.114 * b < 128;
    root.classList.toggle('pg-dark', theme.dark);
    for (const name of ['bg', 'card', 'fg', 'muted', 'line', 'accent', 'praise', 'blame', 'tanh', 'relu', 'lstm', 'gru', 'gate'])
      theme.colour[name] = toRgb(getComputedStyle(root).getPropertyValue('--pg-' + name).trim());
    for (const redraw of themed) redraw();
  };
  read();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', read);
  new MutationObserver(() => requestAnimationFrame(read)).observe(document.documentElement, {attributes: true});
  new MutationObserver(() => requestAnimationFrame(read)).observe(document.body, {attributes: true});
}

/** Any colour of CSS as [r, g, b]. */
function toRgb(text) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.fillStyle = text || '#888';
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

export const css = (rgb, alpha = 1) => `rgba(${rgb[0]}, ${rgb[1]}, ${rgb[2]}, ${alpha})`;
export const colour = (name, alpha = 1) => css(theme.colour[name], alpha);
export const mix = (a, b, part) => a.map((v, i) => v + (b[i] - v) * part);

/** From blame (-1) over the background (0) to praise (1). */
export function diverging(value) {
  const part = Math.max(-1, Math.min(1, value));
  return mix(theme.colour.card, part < 0 ? theme.colour.blame : theme.colour.praise, Math.abs(part));
}
/** From the background (0) to the colour of gates (1). */
export const sequential = (value) => mix(theme.colour.card, theme.colour.gate, Math.max(0, Math.min(1, value)));

/** Calls draw(pen, width, height) in CSS pixels, now and whenever the canvas changes its size or the page its theme.
 *  Returns a function that draws again, at most once a frame. */
export function drawing(canvas, draw) {
  let asked = false;
  const paint = () => {
    asked = false;
    const {clientWidth: width, clientHeight: height} = canvas;
    if (!width || !height) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext('2d');
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = '12px system-ui, sans-serif';
    draw(pen, width, height);
  };
  const again = () => {
    if (!asked) requestAnimationFrame(paint);
    asked = true;
  };
  new ResizeObserver(again).observe(canvas);
  themed.add(again);
  return again;
}

/** A frame with grid lines and numbers. `x` and `y` have {from, to, ticks: [[value, text]], log}. Returns functions from
 *  values to places. */
export function axes(pen, box, x, y, labels = {}) {
  const [left, top, width, height] = box;
  const place = ({from, to, log}, size) => (v) =>
    size * (log ? (Math.log10(v) - Math.log10(from)) / (Math.log10(to) - Math.log10(from)) : (v - from) / (to - from));
  const across = place(x, width), up = place(y, height);
  const at = {x: (v) => left + across(v), y: (v) => top + height - up(v)};
  pen.strokeStyle = colour('line');
  pen.fillStyle = colour('muted');
  pen.lineWidth = 1;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const [value, text] of y.ticks) {
    const line = Math.round(at.y(value)) + 0.5;
    pen.beginPath();
    pen.moveTo(left, line);
    pen.lineTo(left + width, line);
    pen.stroke();
    pen.fillText(text, left - 6, line);
  }
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  for (const [value, text] of x.ticks) pen.fillText(text, at.x(value), top + height + 6);
  if (labels.x) {
    pen.textAlign = 'right';
    pen.fillText(labels.x, left + width, top + height + 22);
  }
  if (labels.y) {
    pen.textAlign = 'left';
    pen.textBaseline = 'bottom';
    pen.fillText(labels.y, left, top - 5);
  }
  return at;
}

/** A line through points; one that is not finite parts it. */
export function curve(pen, points, style, width = 2) {
  pen.strokeStyle = style;
  pen.lineWidth = width;
  pen.lineJoin = 'round';
  pen.beginPath();
  let open = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) open = false;
    else if (open) pen.lineTo(x, y);
    else {
      pen.moveTo(x, y);
      open = true;
    }
  }
  pen.stroke();
}

/** Round numbers from 0 to at most `to`, some four of them. */
export function ticks(to) {
  const rough = to / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const all = [];
  for (let v = 0; v <= to * 1.0001; v += step) all.push([v, String(+v.toPrecision(6))]);
  return all;
}

/** A matrix of rows × columns as a picture of one pixel each, which CSS makes larger. */
export function heat(canvas, rows, columns, rgb) {
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext('2d'), image = pen.createImageData(columns, rows);
  for (let r = 0, at = 0; r < rows; ++r)
    for (let c = 0; c < columns; ++c, at += 4) {
      const [red, green, blue] = rgb(r, c);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255;
    }
  pen.putImageData(image, 0, 0);
}

/** A slider over a list of values; `show` writes the value beside it. */
export function choose(root, name, values, show, changed) {
  const slider = root.querySelector(`input[name="${name}"]`), output = root.querySelector(`output[for="${slider.id}"]`);
  slider.min = 0;
  slider.max = values.length - 1;
  slider.step = 1;
  const write = () => {
    output.textContent = show(values[slider.value]);
    slider.setAttribute('aria-valuetext', output.textContent);
  };
  slider.addEventListener('input', () => {
    write();
    changed();
  });
  write();
  return () => values[slider.value];
}

export function whenTheme(redraw) { themed.add(redraw); }
