// 4. Watch it write: a network of letters goes on with the visitor's text.
import {choose} from './draw.js';

const temperatures = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2];
const top_ps = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
const shown = 14;          // letters with a bar
const pause = 28;          // milliseconds between two letters
const longest = 1500;      // letters that it writes before it stops by itself

export function write(root, engine) {
  const get = (name) => root.querySelector(`[data-pg="${name}"]`);
  const text = root.querySelector('#pg-text'), bars = get('bars'), button = get('write');
  const temperature = choose(root, 'temperature', temperatures, String, () => look());
  const top_p = choose(root, 'top_p', top_ps, (v) => (v === 1 ? 'all letters' : String(v)), () => look());
  let loading = null, letters = null, writing = null, seed = 1;
  let edits = 0, known = -1;  // how often the visitor changed the text, and after which change the network read it

  async function load() {
    const answer = await engine.ask('load_writer');
    const lines = answer.letters.split('\n');
    // The list has one letter a line, and one of the letters is the end of a line: it makes two empty ones.
    const at = lines.findIndex((line, i) => line === '' && lines[i + 1] === '');
    if (at >= 0) lines.splice(at, 2, '\n');
    letters = lines;
  }

  /** Loads the network, once, and lets it read the text if that was changed. */
  async function prepare() {
    loading ??= load().catch((error) => {
      loading = null;
      throw error;
    });
    await loading;
    while (known !== edits) {
      known = edits;
      try {
        await engine.ask('start_writing', text.value, seed++);
      } catch (error) {
        known = -1;  // the network has not read it
        throw error;
      }
    }
  }

  async function advance(count, chosen = -1) {
    await prepare();
    const at = edits;
    const answer = await engine.ask('write', temperature(), top_p(), count, chosen);
    if (at !== edits) return;  // the text was changed meanwhile, and the answer belongs to the old one
    if (answer.text) {
      const follows = text.scrollTop + text.clientHeight >= text.scrollHeight - 30;
      text.value += answer.text;
      if (follows) text.scrollTop = text.scrollHeight;
    }
    draw(answer);
  }

  let looking = false, again = false;
  async function look() {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        if (!writing) await advance(0);
      } while (again);
    } finally {
      looking = false;
    }
  }

  function draw({all, drawn}) {
    const best = Array.from(all.keys()).sort((a, b) => all[b] - all[a]).slice(0, shown);
    while (bars.children.length < best.length) {
      const bar = document.createElement('button');
      bar.type = 'button';
      bar.className = 'pg-bar';
      bar.innerHTML = '<span class="pg-letter"></span><span class="pg-track"><i></i><i></i></span><span class="pg-percent"></span>';
      bar.addEventListener('click', () => {
        stop();
        advance(0, Number(bar.dataset.token));
      });
      bars.append(bar);
    }
    best.forEach((token, n) => {
      const bar = bars.children[n], [outer, inner] = bar.querySelectorAll('i');
      bar.dataset.token = token;
      bar.querySelector('.pg-letter').textContent = {' ': '␣', '\n': '↵'}[letters[token]] || letters[token];
      outer.style.width = `${100 * all[token]}%`;
      inner.style.width = `${100 * drawn[token]}%`;
      bar.classList.toggle('pg-out', drawn[token] === 0);
      const percent = (unit) => (drawn[token] === 0 ? 'left out' : (100 * drawn[token]).toFixed(drawn[token] < 0.0995 ? 1 : 0) + unit);
      bar.querySelector('.pg-percent').textContent = percent(' %');
      bar.setAttribute('aria-label', `Write ${{' ': 'a space', '\n': 'a new line'}[letters[token]] || letters[token]}, ${percent(' percent')}`);
    });
    root.dataset.letters = text.value.length;
  }

  function stop() {
    writing = null;
    button.textContent = 'Write';
  }

  button.addEventListener('click', async () => {
    if (writing) return stop();
    const mine = writing = {}, end = text.value.length + longest;  // another click begins another
    button.textContent = 'Pause';
    try {
      while (writing === mine && text.value.length < end) {
        await advance(1);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    } finally {
      if (writing === mine) stop();
    }
  });
  get('letter').addEventListener('click', () => {
    stop();
    advance(1);
  });
  get('clear').addEventListener('click', () => {
    stop();
    text.value = 'The ';
    ++edits;
    look();
    text.focus();
  });
  text.addEventListener('input', () => {
    stop();
    ++edits;
    look();
  });

  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    look();
  }, {rootMargin: '300px'}).observe(root);
}
