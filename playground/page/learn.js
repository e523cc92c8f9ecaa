// 1. Watch it learn: trains a network and draws its loss and accuracy.
import {axes, choose, colour, curve, drawing, ticks} from './draw.js';

const cells = ['tanh', 'relu', 'lstm', 'gru'], names = ['tanh', 'ReLU', 'LSTM', 'GRU'];
const hidden = [4, 8, 16, 32, 64, 96], rates = [1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 4e-3, 8e-3, 2e-2, 5e-2, 0.2];
const clips = [0, 0.1, 0.3, 1, 5, 20];
const sentences = ['The food is good.', 'The food is not good.', 'Not bad at all, I would go again.'];
const most = 5;  // runs that stay in the charts

export async function learn(root, engine) {
  const get = (name) => root.querySelector(`[data-pg="${name}"]`);
  const form = get('settings');
  const changed = () => { form.dataset.changed = 'yes'; update(); };
  const chosen = {
    hidden: choose(form, 'hidden', hidden, String, changed),
    rate: choose(form, 'rate', rates, String, changed),
    clip: choose(form, 'clip', clips, (v) => v || 'off', changed),
  };
  form.addEventListener('change', changed);
  form.addEventListener('submit', (event) => event.preventDefault());

  const runs = [];
  let run = null;

  const settings = () => ({
    cell: Number(form.elements.cell.value), hidden: chosen.hidden(), rate: chosen.rate(), clip: chosen.clip(),
    seed: Math.min(999999, Math.max(0, Math.floor(Number(form.elements.seed.value)) || 0)), sentences: 40000, epochs: 2,
  });

  async function begin() {
    const what = settings();
    form.elements.seed.value = what.seed;
    await engine.ask('watch', sentences.join('\n'));
    run = {what, name: `${names[what.cell]} ${what.hidden}`, losses: [], smooth: [], norms: 0, clipped: 0, scores: [],
           done: 0, steps: 1, running: false, seconds: 0, rate: what.rate};
    const same = runs.findIndex((other) => JSON.stringify(other.what) === JSON.stringify(what) || other.done === 0);
    if (same >= 0) runs.splice(same, 1);
    runs.push(run);
    if (runs.length > most) runs.shift();
    delete form.dataset.changed;
    const answer = await engine.ask('begin', what);
    run.steps = answer.steps[0];
    get('parameters').textContent = answer.parameters[0].toLocaleString('en');
    get('sentences').textContent = answer.sentences[0].toLocaleString('en');
    update();
    root.dispatchEvent(new CustomEvent('pg-begin', {bubbles: true}));
  }

  engine.addEventListener('progress', ({detail}) => {
    if (!run) return;
    Object.assign(run, {done: detail.done, steps: detail.steps, running: detail.running, seconds: detail.seconds});
    for (const [loss, norm, clipped] of detail.news) {
      const before = run.smooth[run.smooth.length - 1], last = Number.isFinite(before) ? before : loss;
      run.losses.push(run.loss = loss);
      run.smooth.push(Number.isFinite(loss) ? last + (loss - last) / Math.min(run.losses.length, 15) : last);
      run.norm = norm;
      run.clipped += clipped;
    }
    run.scores.push(...detail.scores);
    if (detail.judged) show(detail.judged.reader);
    update();
  });

  function show(probabilities) {
    const list = get('watched');
    if (!list.children.length)
      for (const text of sentences) {
        const item = document.createElement('li');
        item.innerHTML = '<span class="pg-says"></span><span class="pg-gauge"><i></i></span><b></b>';
        item.querySelector('.pg-says').textContent = text;
        list.append(item);
      }
    probabilities.forEach((p, n) => gauge(list.children[n], p));
  }

  function update() {
    if (!run) return;
    const started = run.done > 0, ended = run.done >= run.steps;
    const go = get('go');
    go.textContent = form.dataset.changed ? 'Train with these' : run.running ? 'Pause' : ended ? 'Train again' : started ? 'Go on' : 'Train';
    get('step').disabled = run.running || ended || Boolean(form.dataset.changed);
    get('done').textContent = `${run.done} of ${run.steps}`;
    const text = (name, value) => { get(name).textContent = value; };
    const smooth = run.smooth[run.smooth.length - 1];
    text('loss', run.loss === undefined ? '–' : !Number.isFinite(run.loss) ? 'not a number' : smooth < 1000 ? smooth.toFixed(3) : smooth.toPrecision(2));
    text('norm', run.norm === undefined ? '–' : Number.isFinite(run.norm) ? run.norm.toPrecision(2) : 'overflow');
    text('clipped', started ? `${Math.round(100 * run.clipped / run.done)} %` : '–');
    const score = run.scores[run.scores.length - 1];
    text('accuracy', score ? `${(100 * score[1]).toFixed(1)} %` : '–');
    get('runs').replaceChildren(...runs.map((each) => {
      const item = document.createElement('li'), reached = each.scores[each.scores.length - 1];
      item.className = 'pg-cell-' + cells[each.what.cell] + (each === run ? ' pg-now' : '');
      item.textContent = `${each.name}, rate ${each.what.rate}, clip ${each.what.clip || 'off'}, seed ${each.what.seed}` +
        (reached ? `: ${(100 * reached[1]).toFixed(1)} %` : '') +
        (each.done >= each.steps ? ` in ${each.seconds.toFixed(1)} s` : '');
      return item;
    }));
    root.dataset.done = run.done;
    root.dataset.state = run.running ? 'running' : ended ? 'ended' : 'waiting';
    drawLoss();
    drawAccuracy();
  }

  const box = (width, height, below = 24) => [44, 24, width - 56, height - 24 - below];
  const span = () => Math.max(1, ...runs.map((each) => each.steps));
  const xAxis = () => ({from: 0, to: span(), ticks: ticks(span()).filter(([v]) => v <= span())});
  const drawLoss = drawing(get('loss-chart'), (pen, width, height) => {
    const top = Math.max(0.8, ...runs.map((each) => Math.max(...each.smooth.filter(Number.isFinite), 0)));
    const y = {from: 0, to: Math.min(top, 3) * 1.05, ticks: ticks(Math.min(top, 3)).filter(([v]) => v <= Math.min(top, 3))};
    const at = axes(pen, box(width, height), xAxis(), y, {y: 'loss of a batch'});
    clipTo(pen, box(width, height), () => {
      if (run) curve(pen, run.losses.map((v, i) => [at.x(i + 1), at.y(v)]), colour(cells[run.what.cell], 0.25), 1);
      for (const each of runs)
        curve(pen, each.smooth.map((v, i) => [at.x(i + 1), at.y(v)]), colour(cells[each.what.cell], each === run ? 1 : 0.4),
          each === run ? 2.5 : 1.5);
    });
  });
  const drawAccuracy = drawing(get('accuracy-chart'), (pen, width, height) => {
    const y = {from: 40, to: 100, ticks: [[50, '50 %'], [75, '75 %'], [100, '100 %']]};
    const at = axes(pen, box(width, height, 42), xAxis(), y, {x: 'batches of 32 sentences', y: 'right, on sentences that it has not seen'});
    if (run)
      curve(pen, run.scores.map(([step, , bag]) => [at.x(step), at.y(100 * bag)]), colour('muted', 0.8), 1.5);
    for (const each of runs) {
      const style = colour(cells[each.what.cell], each === run ? 1 : 0.4);
      curve(pen, each.scores.map(([step, right]) => [at.x(step), at.y(100 * right)]), style, each === run ? 2.5 : 1.5);
    }
    const last = run && run.scores[run.scores.length - 1];
    if (!last) return;
    pen.fillStyle = colour(cells[run.what.cell]);
    pen.beginPath();
    pen.arc(at.x(last[0]), at.y(100 * last[1]), 4, 0, 7);
    pen.fill();
    pen.textAlign = 'right';
    pen.textBaseline = 'bottom';
    pen.fillStyle = colour('muted');
    pen.fillText('grey: the bag of words of part 5', width - 12, height - 48);
  });

  get('go').addEventListener('click', async () => {
    if (form.dataset.changed || run.done >= run.steps) {
      await engine.ask('pause');
      await begin();
      return engine.ask('go');
    }
    engine.ask(run.running ? 'pause' : 'go');
  });
  get('step').addEventListener('click', () => engine.ask('step'));
  get('again').addEventListener('click', async () => {
    await engine.ask('pause');
    await begin();
  });

  await begin();
  // It begins when it can be seen, once; whoever prefers less motion begins it with the button.
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches)
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      if (run.done === 0) engine.ask('go');
    }, {threshold: 0.2}).observe(root);
}

function clipTo(pen, [left, top, width, height], draw) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top - 4, width + 4, height + 8);
  pen.clip();
  draw();
  pen.restore();
}

/** A bar from the middle: praise to the right, blame to the left. */
export function gauge(item, p) {
  const bar = item.querySelector('i'), known = Number.isFinite(p);
  bar.style.left = `${known ? Math.min(50, 100 * p) : 50}%`;
  bar.style.width = `${known ? Math.abs(100 * p - 50) : 0}%`;
  bar.className = p >= 0.5 ? 'pg-praise' : 'pg-blame';
  const label = item.querySelector('b');
  label.textContent = known ? `${Math.round(100 * p)} %` : '';
  label.className = p >= 0.5 ? 'pg-praise-text' : 'pg-blame-text';
}
