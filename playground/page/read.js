// 2. Watch it read: the opinion after each word, and the inside of the network.
import {colour, css, diverging, heat, mix, sequential, theme, whenTheme} from './draw.js';

const titles = {
  h: ['Hidden state h', 'what the network keeps, and shows'],
  c: ['Cell state c', 'the long memory'],
  i: ['Input gate i', 'how much of the new it lets in'],
  f: ['Forget gate f', 'how much of the old it keeps'],
  g: ['Candidate g', 'what it would write'],
  o: ['Output gate o', 'how much of the memory it shows'],
  r: ['Reset gate r', 'how much of the old the candidate sees'],
  z: ['Update gate z', 'how much of the old it keeps'],
  n: ['Candidate n', 'what it would write'],
};
const gates = 'ifo' + 'rz';

export function read(root, engine) {
  const get = (name) => root.querySelector(`[data-pg="${name}"]`);
  const input = root.querySelector('#pg-sentence'), order = root.querySelector('#pg-order');
  let answer = null, units = null, sorted = [], words = [], chosen = -1, age = 0, described = 0, pointer = {};
  let unit = null;  // the place in a picture that is pointed at: {name, row, column}

  async function ask() {
    const asked = input.value, found = await engine.latest('read', asked);
    if (!found) return;
    answer = found;
    words = answer.tokens ? answer.tokens.split('\n') : [];
    if (chosen >= words.length) chosen = -1;
    draw();
    root.dataset.sentence = asked;
    if (!units && words.length) {
      await describe();
      draw();
    }
  }

  async function describe() {
    const found = await engine.latest('units');
    if (!found) return;
    units = found;
    units.names = units.words.split('\n');
    sort();
  }
  function sort() {
    const by = units[order.value];
    sorted = Array.from(by.keys()).sort((a, b) => by[b] - by[a]);
  }

  function draw() {
    drawStrip();
    drawMaps();
    if (unit && words.length && answer[unit.name]) inspect(unit);
    else point(chosen);
  }

  const strip = get('strip'), maps = get('maps');
  function drawStrip() {
    const wide = Math.max(46, Math.min(110, 16 + 8 * Math.max(0, ...words.map((word) => word.length))));
    get('reading').style.setProperty('--pg-columns', words.length || 1);
    get('reading').style.setProperty('--pg-column', `${wide}px`);
    while (strip.children.length > words.length) strip.lastChild.remove();
    while (strip.children.length < words.length) {
      const word = document.createElement('div');
      word.className = 'pg-word';
      word.setAttribute('role', 'option');
      word.innerHTML = '<span class="pg-moved"><i></i></span><span class="pg-token"></span><span class="pg-percent"></span>';
      const n = strip.children.length;
      // A word that scrolls below a pointer at rest was not pointed at.
      word.addEventListener('pointermove', ({screenX, screenY}) => {
        if (pointer.x !== screenX || pointer.y !== screenY) point(n);
        pointer = {x: screenX, y: screenY};
      });
      word.addEventListener('pointerdown', () => point(n));
      word.addEventListener('focus', () => point(n));
      strip.append(word);
    }
    words.forEach((word, n) => {
      const item = strip.children[n], p = answer.probability[n];
      const token = item.querySelector('.pg-token');
      token.textContent = word;
      token.classList.toggle('pg-unknown', !answer.known[n]);
      const shade = diverging(2 * p - 1);
      item.style.background = css(shade);
      item.style.color = luminance(shade) > 0.179 ? '#000000' : '#ffffff';  // the one with the higher contrast
      item.querySelector('.pg-percent').textContent = `${Math.round(100 * p)} %`;
      item.setAttribute('aria-label', `${word}: ${Math.round(100 * p)} percent praise${answer.known[n] ? '' : ', not a word that it knows'}`);
      item.tabIndex = n === Math.max(0, chosen) ? 0 : -1;
    });
  }

  function drawMaps() {
    const names = words.length ? Object.keys(titles).filter((name) => answer[name] && answer[name].length) : [];
    const now = [...maps.children].map((map) => map.dataset.name).join();
    if (now !== names.join()) {
      unit = null;
      maps.replaceChildren(...names.map((name) => {
        const figure = document.createElement('figure');
        figure.dataset.name = name;
        figure.innerHTML = '<figcaption><b></b> <span></span></figcaption><canvas role="application" tabindex="0"></canvas>';
        figure.querySelector('b').textContent = titles[name][0];
        figure.querySelector('span').textContent = titles[name][1];
        const canvas = figure.querySelector('canvas');
        canvas.className = name === 'h' ? 'pg-heat pg-heat-main' : 'pg-heat';
        for (const kind of ['pointermove', 'pointerdown'])
          canvas.addEventListener(kind, (event) => {
            const at = placeOf(name, canvas, event);
            if (!unit || unit.name !== name || unit.row !== at.row || unit.column !== at.column) inspect(at);
          });
        // A finger leaves at once what it has touched.
        canvas.addEventListener('pointerleave', ({pointerType}) => { if (pointerType === 'mouse') point(chosen); });
        canvas.addEventListener('blur', () => point(chosen));
        canvas.addEventListener('keydown', (event) => {
          const [down, right] = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key] || [];
          if (down === undefined) return;
          event.preventDefault();
          // The first key shows the first unit at the first word.
          inspect(unit && unit.name === name ? {name, row: unit.row + down, column: unit.column + right} : {name, row: 0, column: 0});
        });
        return figure;
      }));
    }
    for (const map of maps.children) {
      const {name} = map.dataset, values = answer[name], count = values.length / words.length;
      const scale = Math.max(0.2, ...values.map(Math.abs));
      const canvas = map.querySelector('canvas');
      heat(canvas, count, words.length, (r, c) => {
        if (unit && unit.name === name && unit.row === r && unit.column === c) return theme.colour.fg;
        const v = values[c * count + (sorted.length === count ? sorted[r] : r)];
        return gates.includes(name) ? sequential(v) : diverging(v / scale);
      });
      canvas.setAttribute('aria-label', `${titles[name][0]} of ${count} units at ${words.length} words; the arrow keys point at one`);
    }
  }

  /** Which earlier words moved the answer after word n. */
  function point(n) {
    chosen = n;
    if (unit) {
      unit = null;
      drawMaps();
    }
    const count = words.length;
    let most = 0;
    for (let s = 0; s <= n && s < count; ++s) most = Math.max(most, answer.influence[n * count + s]);
    [...strip.children].forEach((item, s) => {
      const bar = item.querySelector('i'), here = n >= 0 && s <= n;
      const size = here && most > 0 ? answer.influence[n * count + s] / most : 0;
      bar.style.height = `${100 * size}%`;
      bar.className = here && answer.push[n * count + s] < 0 ? 'pg-blame' : 'pg-praise';
      item.classList.toggle('pg-chosen', s === n);
      item.classList.toggle('pg-later', n >= 0 && s > n);
      item.tabIndex = s === Math.max(0, n) ? 0 : -1;
      item.setAttribute('aria-selected', String(s === n));
    });
    const cut = answer.unread[0] ? `It reads only the first ${count} words. ` : '';
    if (n < 0 || n >= count) {
      tell(count ? `${cut}Point at a word, or at a unit in the pictures below, or go there with Tab and the arrow keys.` : 'There are no words yet.');
      return;
    }
    const moved = Array.from({length: n + 1}, (_, s) => s).sort((a, b) =>
      answer.influence[n * count + b] - answer.influence[n * count + a]).slice(0, 3);
    tell(`${cut}After “${words[n]}”: ${Math.round(100 * answer.probability[n])} % praise. What moves it most: ` +
      moved.map((s) => `“${words[s]}” ${answer.influence[n * count + s].toPrecision(2)}`).join(', ') +
      '. The height is the norm of the gradient; the colour says which way the word pushes.');
  }

  /** A text that is the same as before is not announced again. */
  function tell(text) {
    if (get('tip').textContent !== text) get('tip').textContent = text;
  }

  const unitsOf = (name) => answer[name].length / words.length;
  function placeOf(name, canvas, event) {
    const at = canvas.getBoundingClientRect();
    return {name, row: Math.floor((event.clientY - at.top) / at.height * unitsOf(name)),
            column: Math.floor((event.clientX - at.left) / at.width * words.length)};
  }

  /** A unit and a word of a heat map. */
  function inspect({name, row, column}) {
    const count = unitsOf(name), r = clamp(row, count), c = clamp(column, words.length);
    unit = {name, row: r, column: c};
    drawMaps();
    const number = sorted.length === count ? sorted[r] : r;
    let text = `Unit ${number} after “${words[c]}”: ${name} = ${answer[name][c * count + number].toFixed(2)}.`;
    if (units && units.names[0]) {
      const changes = units.names.map((word, w) => [units.change[w * count + number], word]).sort((a, b) => b[0] - a[0]);
      const list = (some) => some.map(([, word]) => `“${word}”`).join(', ');
      text += ` This unit rises most at ${list(changes.slice(0, 4))}, and falls most at ${list(changes.slice(-4).reverse())}.`;
    }
    tell(text);
  }

  input.addEventListener('input', ask);
  for (const button of root.querySelectorAll('[data-pg-text]'))
    button.addEventListener('click', () => {
      input.value = button.dataset.pgText;
      chosen = -1;
      ask();
    });
  order.addEventListener('change', () => {
    if (!units) return;  // they are sorted when they come
    sort();
    draw();
  });
  strip.addEventListener('pointerleave', () => point(document.activeElement && strip.contains(document.activeElement) ? chosen : -1));
  strip.addEventListener('keydown', (event) => {
    const moves = {ArrowLeft: -1, ArrowRight: 1, Home: -words.length, End: words.length};
    if (!(event.key in moves)) return;
    event.preventDefault();
    const n = clamp(Math.max(0, chosen) + moves[event.key], words.length);
    strip.children[n].focus();
  });
  engine.addEventListener('progress', ({detail}) => {
    get('tip').setAttribute('aria-live', detail.running ? 'off' : 'polite');
    const now = performance.now();
    if (detail.running && now - age < 200) return;
    age = now;
    if (!detail.running || now - described > 5000) {  // it has learned since: sort its units anew
      units = null;
      described = now;
    }
    ask();
  });
  whenTheme(() => { if (answer) draw(); });
  const key = get('key');
  key.innerHTML = '<span><i class="pg-scale"></i>states: − to +</span><span><i class="pg-scale pg-scale-gate"></i>gates: shut to open</span>';
  ask();
}

const clamp = (n, count) => Math.max(0, Math.min(count - 1, n));
/** How bright a colour is, from 0 to 1, as WCAG 2 defines it. */
const luminance = (rgb) => rgb.map((v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
