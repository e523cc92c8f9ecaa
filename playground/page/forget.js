// 3. Watch it forget: the norm of the gradient at each step, for four cells.
import {axes, choose, colour, curve, drawing, ticks} from './draw.js';

const cells = ['tanh', 'relu', 'lstm', 'gru'], names = ['tanh', 'ReLU', 'LSTM', 'GRU'];
const values = {
  steps: [5, 10, 20, 30, 40, 60, 80, 100, 150, 200],
  hidden: [4, 8, 16, 32, 64, 96],
  scale: Array.from({length: 31}, (_, i) => +(0.5 + 0.05 * i).toFixed(2)),
  memory: [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6],
  clip: [0, 0.1, 0.3, 1, 3, 10],
};
const presets = {reset: {scale: 1, memory: 0, clip: 0}, explode: {scale: 1.9, memory: 0, clip: 0},
                 remember: {scale: 1, memory: 5, clip: 0}};
const lowest = 1e-12, highest = 1e8;

export function forget(root, engine) {
  const get = (name) => root.querySelector(`[data-pg="${name}"]`);
  const form = root.querySelector('form');
  form.addEventListener('submit', (event) => event.preventDefault());
  let flows = null, length = 60, seed = 1;
  const chosen = {};
  for (const name of Object.keys(values))
    chosen[name] = choose(form, name, values[name], (v) => (name === 'clip' ? v || 'off' : name === 'memory' && v ? `+${v}` : String(v)), ask);

  async function ask() {
    const how = Object.fromEntries(Object.entries(chosen).map(([name, value]) => [name, value()]));
    const found = await engine.latest('forget', {...how, seed});
    if (!found) return;
    flows = found;
    length = how.steps;
    root.dataset.asked = JSON.stringify(how);
    redraw();
    judge(how);
  }

  /** The curve of a cell: what is left of a gradient of norm 1, so many steps back, after clipping. */
  const curveOf = ({norms, factor}) => Array.from(norms, (v) => v * factor[0]).reverse();

  const redraw = drawing(get('flow'), (pen, width, height) => {
    if (!flows) return;
    const curves = flows.map(curveOf), all = curves.flat().filter((v) => Number.isFinite(v) && v > 0);
    const decade = (v) => Math.floor(Math.log10(v));
    const low = Math.max(Math.log10(lowest), Math.min(-3, decade(Math.min(...all, 1))));
    const high = Math.min(Math.log10(highest), Math.max(1, 1 + decade(Math.max(...all, 1))));
    const every = Math.ceil((high - low) / 6), exponents = [];
    for (let e = Math.ceil(low / every) * every; e <= high; e += every) exponents.push([10 ** e, e === 0 ? '1' : `1e${e}`]);
    const box = [52, 24, width - 104, height - 66];
    const at = axes(pen, box, {from: 0, to: length - 1, ticks: ticks(length - 1).filter(([v]) => v <= length - 1)},
      {from: 10 ** low, to: 10 ** high, log: true, ticks: exponents}, {x: 'steps back from the end', y: 'norm of the gradient'});
    pen.setLineDash([4, 4]);
    curve(pen, [[box[0], at.y(1)], [box[0] + box[2], at.y(1)]], colour('muted'), 1);
    pen.setLineDash([]);
    pen.save();
    pen.beginPath();
    pen.rect(box[0], box[1] - 1, box[2] + 60, box[3] + 2);
    pen.clip();
    const labels = [];
    curves.forEach((values, c) => {
      const points = values.map((v, i) => [at.x(i), Number.isFinite(v) ? at.y(Math.max(v, 1e-40)) : NaN]);
      curve(pen, points, colour(cells[c]), 2.5);
      const inside = points.filter(([, y]) => Number.isFinite(y) && y >= box[1] && y <= box[1] + box[3]);
      if (inside.length) labels.push([...inside[inside.length - 1], c]);
    });
    // Names stand at the ends of the curves, one above the other where these meet.
    labels.sort((a, b) => a[1] - b[1]);
    pen.font = '600 12px system-ui, sans-serif';
    pen.textAlign = 'left';
    pen.textBaseline = 'middle';
    let above = -Infinity;
    for (const [x, y, c] of labels) {
      const place = Math.min(Math.max(y, above + 14, box[1] + 6), box[1] + box[3] - 4);
      pen.fillStyle = colour(cells[c]);
      pen.fillText(names[c], x + 6, place);
      above = place;
    }
    pen.restore();
  });

  function judge(how) {
    get('verdicts').replaceChildren(...flows.map((flow, c) => {
      const item = document.createElement('li');
      item.className = 'pg-cell-' + cells[c];
      const left = flow.norms[0], weights = flow.weights[0], finite = Number.isFinite(left) && Number.isFinite(weights);
      const verdict = !finite ? 'overflows: the step must be left out' : left < 1e-4 ? 'vanishes' : left > 100 ? 'explodes' : 'arrives';
      const clipped = finite && flow.factor[0] < 1 ? `, clipped to ${how.clip}` : '';
      item.innerHTML = '<b></b> <span></span>';
      item.querySelector('b').textContent = `${names[c]} ${verdict}`;
      item.querySelector('span').textContent =
        (!finite ? 'larger than a float can be' : (left > 1 ? `at the first step it has grown to ${say(left)}` : `${say(left)} of it is left at the first step`) +
          `; the gradient of all weights has norm ${say(weights)}`) + clipped;
      item.dataset.verdict = verdict.split(':')[0];
      return item;
    }));
  }

  for (const [name, preset] of Object.entries(presets))
    get(name).addEventListener('click', () => {
      for (const [slider, value] of Object.entries(preset)) {
        form.elements[slider].value = values[slider].indexOf(value);
        form.elements[slider].dispatchEvent(new Event('input'));
      }
    });
  ask();
}

const say = (v) => (v !== 0 && (Math.abs(v) < 1e-3 || Math.abs(v) >= 1e5) ? v.toExponential(0) : String(+v.toPrecision(2)));
