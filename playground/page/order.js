// 5. Order against no order: the bag of words beside the recurrent network.
import {gauge} from './learn.js';

const first = [
  ['The food was not bad, it was good.', 'The food was not good, it was bad.'],
  ['The film is good.', 'The film is not good.'],
];

export function order(root, engine) {
  const get = (name) => root.querySelector(`[data-pg="${name}"]`);
  const pairs = get('pairs');
  let others = null, next = 0, age = 0;

  function add([one, two]) {
    const pair = document.createElement('div');
    pair.className = 'pg-pair';
    pair.innerHTML = ['First', 'Second'].map((name) => `
      <div class="pg-sentence-of-pair">
        <input type="text" maxlength="300" autocomplete="off" spellcheck="false" aria-label="${name} sentence">
        <div class="pg-against"><span>bag of words</span><span class="pg-gauge"><i></i></span><b></b></div>
        <div class="pg-against"><span>recurrent</span><span class="pg-gauge"><i></i></span><b></b></div>
      </div>`).join('') + `<p class="pg-small"></p><div class="pg-buttons">
        <button type="button" data-act="turn">Move the “not” of the first</button>
        <button type="button" data-act="remove" aria-label="Remove this pair">Remove</button></div>`;
    const [a, b] = pair.querySelectorAll('input');
    a.value = one;
    b.value = two;
    pair.addEventListener('input', ask);
    pair.querySelector('[data-act="remove"]').addEventListener('click', () => {
      pair.remove();
      ask();
      get('more').focus();
    });
    pair.querySelector('[data-act="turn"]').addEventListener('click', () => {
      b.value = moved(a.value);
      ask();
    });
    pairs.append(pair);
  }

  async function ask() {
    for (const pair of pairs.children) {
      const text = pair.querySelector('input').value;
      pair.querySelector('[data-act="turn"]').disabled = moved(text) === text;
    }
    const inputs = [...pairs.querySelectorAll('input')];
    const answer = await engine.latest('judge', inputs.map((input) => input.value.replace(/\n/g, ' ')).join('\n') + '\n');
    if (!answer) return;
    inputs.forEach((input, n) => {
      const [bag, network] = input.parentElement.querySelectorAll('.pg-against');
      gauge(bag, answer.bag[n]);
      gauge(network, answer.reader[n]);
    });
    [...pairs.children].forEach((pair, n) => {
      const [a, b] = pair.querySelectorAll('input'), [p, q] = [answer.bag[2 * n], answer.bag[2 * n + 1]];
      const [r, s] = [answer.reader[2 * n], answer.reader[2 * n + 1]];
      const [one, other] = [tokens(a.value), tokens(b.value)];
      const same = sorted(one) === sorted(other);
      pair.classList.toggle('pg-same', same);
      const apart = (r - 0.5) * (s - 0.5) < 0;
      const unread = answer.unread[2 * n] + answer.unread[2 * n + 1] > 0;
      pair.querySelector('p').textContent = (unread ? 'Only the first 40 words of a sentence are read. ' : '') +
        (!Number.isFinite(p + q) ? 'Both sentences need a word.'
          : one.join(' ') === other.join(' ') ? 'Twice the same sentence.'
            : same ? `The same words: to the bag they are one sentence. ${apart ? 'The recurrent network tells them apart.' : 'The recurrent network takes both for ' + (r > 0.5 ? 'praise.' : 'blame.')}`
              : `Different words. ${apart ? 'The recurrent network tells them apart.' : ''}`);
    });
    root.dataset.judged = inputs.map((input) => input.value).join('|');
  }

  get('more').addEventListener('click', async () => {
    if (!others) {
      const {first: ones, second: twos} = await engine.ask('pairs');
      const rest = twos.split('\n');
      others = ones.split('\n').map((one, n) => [one, rest[n]]);
      next = Math.floor(Math.random() * others.length);
    }
    add(others[next]);
    next = (next + 37) % others.length;
    ask();
    pairs.lastChild.querySelector('input').focus();
  });
  engine.addEventListener('progress', ({detail}) => {
    const score = detail.scores[detail.scores.length - 1];
    if (score)
      get('scores').textContent = `On unseen sentences: bag of words ${(100 * score[2]).toFixed(1)} %, recurrent ${(100 * score[1]).toFixed(1)} % right.`;
    const now = performance.now();
    if (detail.running && now - age < 300) return;
    age = now;
    ask();
  });
  first.forEach(add);
  ask();
}

/** The same words, with "not" before the last word of another clause. */
function moved(text) {
  const words = text.split(' ').filter(Boolean), n = words.findIndex((word) => /^not$/i.test(word));
  if (n < 0) return text;
  words.splice(n, 1);
  for (let end = words.length - 1; end > 0; --end) {
    const ends = end === words.length - 1 || /[,;:.]$/.test(words[end]);
    if (ends && end !== n) return [...words.slice(0, end), 'not', ...words.slice(end)].join(' ');
  }
  return text;
}

/** The words and the punctuation, which is a word to both networks. */
const tokens = (text) => text.toLowerCase().match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) || [];
const sorted = (words) => [...words].sort().join(' ');
