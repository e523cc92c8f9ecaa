// The tests of the playground: check.mjs FOLDER NATIVE.
import assert from 'node:assert/strict';
import {mkdirSync, readFileSync} from 'node:fs';
import {cpus, loadavg} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {ask, keystrokes, launch, native, serve, sizes} from './browser.mjs';

const folder = resolve(process.argv[2]), program = resolve(process.argv[3]);
const pictures = join(dirname(fileURLToPath(import.meta.url)), 'pictures');
mkdirSync(pictures, {recursive: true});
const fragment = readFileSync(join(folder, 'playground.html'), 'utf8');
const site = await serve(folder, {'/host.html': `<!DOCTYPE html><body style="--bg:#201810;--fg:#fff">${fragment}`}), browser = await launch();
let failed = 0;

async function test(name, body) {
  try {
    const note = await body();
    console.log(`ok    ${name}${note ? ': ' + note : ''}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${name}\n      ${(error.stack || String(error)).replaceAll('\n', '\n      ')}`);
  }
}

/** The largest difference of two arrays, relative to the numbers where these are above 1. */
function difference(a, b) {
  assert.equal(a.length, b.length);
  assert(a.length > 0);
  return Math.max(...a.map((v, i) => (v === b[i] ? 0 : Math.abs(v - b[i]) / Math.max(1, Math.abs(b[i])))));
}

/** What the network says of a sentence must fit together, each part by another way. */
function checkReading(cell, {read, judge, checked}) {
  const steps = read.probability.length, units = read.h.length / steps, at = (name, t, j) => (t < 0 ? 0 : read[name][t * units + j]);
  // h of the layer follows from the gates, which the cell's function of one unit computes. Without gates it is in the range
  // of the activation.
  if (cell === 'tanh') assert(read.h.every((h) => Math.abs(h) <= 1) && read.h.some((h) => h < 0));
  if (cell === 'ReLU') assert(read.h.every((h) => h >= 0) && read.h.some((h) => h === 0) && read.h.some((h) => h > 0));
  for (let t = 0; t < steps && (cell === 'LSTM' || cell === 'GRU'); ++t)
    for (let j = 0; j < units; ++j) {
      const h = cell === 'LSTM' ? at('o', t, j) * Math.tanh(at('c', t, j))
        : (1 - at('z', t, j)) * at('n', t, j) + at('z', t, j) * at('h', t - 1, j);
      assert(Math.abs(h - at('h', t, j)) < 1e-5, `unit ${j} at word ${t}: ${h}, but h is ${at('h', t, j)}`);
      if (cell === 'LSTM') {
        const c = at('f', t, j) * at('c', t - 1, j) + at('i', t, j) * at('g', t, j);
        assert(Math.abs(c - at('c', t, j)) < 1e-5);
      }
    }
  // The gradient of each answer with respect to word 3, by central differences of a stream.
  checked.differences.forEach((wanted, t) => {
    const got = read.influence[t * steps + 3];
    assert(Math.abs(got - wanted) <= 1e-3 + 0.03 * wanted, `after word ${t} the gradient is ${got}, by differences ${wanted}`);
  });
  assert(checked.differences.some((v) => v > 1e-3) && checked.differences.slice(0, 3).every((v) => v < 1e-6));
  assert(judge.reader.length === 5 && judge.reader[1] === null);
}

// ---- What a visitor is asked to bear.
// Compressed bytes; ms within which 95 % of the keystrokes have their answer; s of a training; ms for which the page does not answer while it trains.
const budget = {bytes: 2e6, keystroke: 50, training: 30, blocked: 100};
/** How many programs want a core. The times above are for one that has a core to itself. */
const programs = () => Math.max(1, loadavg()[0] / cpus().length);

await test('it loads in less than 2 MB', async () => {
  const bytes = sizes(folder).reduce((sum, file) => sum + file.gzip, 0);
  assert(bytes > 1e5 && bytes < budget.bytes, `${bytes} bytes`);
  return `${(bytes / 1000).toFixed(0)} kB with gzip`;
});

// The page's own files, without the playground around them.
const bare = await browser.newPage();
await bare.goto(site.address + 'playground.css');

for (const [cell, name] of ['tanh', 'ReLU', 'LSTM', 'GRU'].entries())
  await test(`the numbers of the page are those of the native program (${name})`, async () => {
    const steps = 200, expected = native(program, cell, steps, join(folder, 'writer.bin'));
    const how = {steps: 50, hidden: 32, scale: 1.2, memory: 1, clip: 1, seed: 1};
    const questions = [['begin', {cell, hidden: 64, rate: 4e-3, clip: 5, seed: 1, sentences: 40000, epochs: 2}]];
    for (let n = 0; n < steps; ++n) questions.push(['steps', 1]);
    questions.push(['measure', 0, 64], ['read', 'The food is not good, but I love it.'], ['units'],
      ['judge', 'the food is good\n\nthe food is not good\nnot bad, good\nbad, not good'], ['forget', how], ['load_writer'],
      ['start_writing', 'The gradient ', 1], ['write', 0.8, 0.9, 0, -1]);
    const answers = await ask(bare, questions);
    const [measured, reading, units, judged, flows, , , writing] = answers.slice(1 + steps);
    let largest = 0;
    const same = (what, got, wanted) => {
      for (const [key, values] of Object.entries(wanted)) {
        const d = difference(got[key].map((v) => (Number.isFinite(v) ? v : 0)), values.map((v) => v ?? 0));
        assert(d <= 1e-5, `${what}.${key} differs by ${d}`);
        largest = Math.max(largest, d);
      }
    };
    same('begin', answers[0], expected.begin);
    const curve = {loss: [], norm: [], clipped: [], rate: []};
    for (const step of answers.slice(1, 1 + steps)) for (const key of Object.keys(curve)) curve[key].push(...step[key]);
    same('train', curve, expected.train);
    same('measure', measured, expected.measure);
    same('read', reading, expected.read);
    checkReading(name, expected);
    same('units', units, expected.units);
    same('judge', judged, expected.judge);
    for (let c = 0; c < 4; ++c) same(`forget${c}`, flows[c], expected[`forget${c}`]);
    same('write', writing, expected.write);
    const mean = (some) => some.reduce((sum, v) => sum + v, 0) / some.length;
    const [before, after] = [mean(curve.loss.slice(0, 30)), mean(curve.loss.slice(-30))];
    assert(after < before - 0.02, `it has not learned: ${before}, ${after}`);
    return `within ${largest.toExponential(1)}, ${steps} steps, loss ${before.toFixed(3)} to ${after.toFixed(3)}`;
  });

await test('wrong questions are answered with an error, and the worker goes on', async () => {
  const message = await bare.evaluate(async () => {
    const {Engine} = await import('./engine.js');
    const engine = new Engine(), trouble = [];
    engine.addEventListener('trouble', ({detail}) => trouble.push(detail));
    const refused = async (...given) => engine.ask(...given).then(() => 'no error', (error) => error.message);
    const choice = {cell: 2, hidden: 8, rate: 1e-3, clip: 5, seed: 1, sentences: 100, epochs: 1};
    const all = [await refused('read', 'a'), await refused('begin', {...choice, cell: 7}),
      await refused('forget', {steps: 1, hidden: 8, scale: 1, memory: 0, clip: 0, seed: 1}),
      await refused('begin', {...choice, seed: -5}), await refused('begin', {...choice, seed: 1e30})];
    const answer = await engine.ask('forget', {steps: 5, hidden: 8, scale: 1, memory: 0, clip: 0, seed: 1});
    return [...all, answer.length, JSON.stringify(trouble) === JSON.stringify(all)];
  });
  assert.match(message[0], /no network yet/);
  assert.match(message[1], /cell 7/);
  assert.match(message[2], /1 steps: it must be from 2/);
  assert.match(message[3], /seed -5: it must be from 0/);
  assert.match(message[4], /seed 1e\+30: it must be from 0/);
  assert.equal(message[5], 4);
  assert(message[6], 'what failed is also an event, which the page shows');
  assert.throws(() => native(program, 7), ({status}) => status === 2);
});

await test('a gradient that overflows keeps what is finite of its curve, and clipping leaves its step out', async () => {
  const how = {steps: 200, hidden: 4, scale: 2, memory: 0, seed: 1};
  const [open, clipped] = await ask(bare, [['forget', {...how, clip: 0}], ['forget', {...how, clip: 1}]]);
  const relu = open[1], finite = relu.norms.filter((v) => Number.isFinite(v) && v > 0).length;
  assert(!Number.isFinite(relu.weights[0]) && finite > 100 && finite < 200, `${finite} finite norms, weights ${relu.weights[0]}`);
  assert.equal(relu.factor[0], 1);
  assert.equal(clipped[1].factor[0], 0);
});

await test('a seed that the field does not offer is the nearest that it does', async () => {
  const seeds = await bare.evaluate(async () => {
    const {learn} = await import('./learn.js');
    const place = document.createElement('div'), engine = new EventTarget(), all = [];
    place.innerHTML = await (await fetch('playground.html')).text();
    engine.ask = async (name, what) => {
      if (name === 'begin') all.push(what.seed);
      return {steps: [9], parameters: [1], sentences: [1]};
    };
    const root = place.querySelector('#pg-learn'), field = root.querySelector('#pg-seed');
    await learn(root, engine);
    for (const seed of ['-5', '1e30', '2.7']) {
      field.value = seed;
      const before = all.length;
      root.querySelector('[data-pg="again"]').click();
      while (all.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      all.push(field.value);
    }
    return all;
  });
  assert.deepEqual(seeds, [1, 0, '0', 999999, '999999', 2, '2']);
});

await test('the text that it writes is kept, whatever happens while a letter is awaited', async () => {
  const found = await bare.evaluate(async () => {
    const {write} = await import('./write.js');
    const place = document.createElement('div'), engine = new EventTarget(), asked = [], waiting = [];
    place.innerHTML = await (await fetch('playground.html')).text();
    engine.ask = (name, ...given) => new Promise((resolve, reject) => {
      asked.push(name === 'start_writing' ? `${name} ${given[0]}` : name);
      waiting.push({name, letters: given[2], resolve, reject});
    });
    const root = place.querySelector('#pg-write'), text = root.querySelector('#pg-text');
    const button = (name) => root.querySelector(`[data-pg="${name}"]`), all = {};
    const soon = () => new Promise((resolve) => setTimeout(resolve, 60));
    const answers = {load_writer: () => ({letters: 'a\nb'}), start_writing: () => null,
                     write: (count) => ({text: 'b'.repeat(count), all: [0, 1], drawn: [0, 1]})};
    const answer = async () => {
      for (const {name, letters, resolve} of waiting.splice(0)) resolve(answers[name](letters));
      await soon();
    };
    window.onunhandledrejection = (event) => event.preventDefault();
    write(root, engine);
    // It could not be loaded: the button can be pressed again, and loads again.
    button('write').click();
    all.pause = button('write').textContent;
    waiting.splice(0)[0].reject(new Error('no'));
    await soon();
    all.write = button('write').textContent;
    // Two clicks before it has come load it once.
    button('letter').click();
    button('letter').click();
    await soon();
    all.loads = asked.filter((name) => name === 'load_writer').length;
    for (let n = 0; n < 4; ++n) await answer();
    all.letters = text.value;
    // Begin again, while a letter is awaited.
    button('letter').click();
    await soon();
    button('clear').click();
    for (let n = 0; n < 4; ++n) await answer();
    all.cleared = text.value;
    all.read = asked.filter((name) => /^start/.test(name)).at(-1);
    // Typing, while the network reads the text before.
    text.value = 'On';
    text.dispatchEvent(new Event('input'));
    await soon();
    text.value = 'One';
    text.dispatchEvent(new Event('input'));
    for (let n = 0; n < 4; ++n) await answer();
    all.typed = asked.filter((name) => /^start/.test(name)).at(-1);
    all.out = root.querySelector('.pg-bar:last-child').getAttribute('aria-label');
    // A text that is long already is gone on with.
    text.value = 'a'.repeat(2000);
    text.dispatchEvent(new Event('input'));
    for (let n = 0; n < 4; ++n) await answer();
    button('write').click();
    for (let n = 0; n < 3; ++n) await answer();
    all.longer = text.value.length > 2000 && button('write').textContent === 'Pause';
    button('write').click();
    return all;
  });
  assert.deepEqual(found, {pause: 'Pause', write: 'Write', loads: 2, letters: 'The gradient bb', cleared: 'The ', read: 'start_writing The ',
                           typed: 'start_writing One', out: 'Write a, left out', longer: true});
});

await test('a pair is called what it is', async () => {
  const found = await bare.evaluate(async () => {
    const {order} = await import('./order.js');
    const place = document.createElement('div'), engine = new EventTarget(), all = {};
    place.innerHTML = await (await fetch('playground.html')).text();
    document.body.append(place);
    engine.latest = async (name, lines) => {
      const count = lines.split('\n').length - 1, half = Array(count).fill(0.75);
      return {bag: half, reader: half, unread: lines.split('\n').slice(0, count).map((line) => Math.max(0, line.split(' ').length - 40))};
    };
    const root = place.querySelector('#pg-order-section');
    order(root, engine);
    const pair = root.querySelector('.pg-pair'), [a, b] = pair.querySelectorAll('input');
    const say = async (one, other) => {
      a.value = one;
      b.value = other;
      a.dispatchEvent(new Event('input', {bubbles: true}));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return pair.querySelector('p').textContent;
    };
    const turn = pair.querySelector('[data-act="turn"]');
    all.same = await say('The film is good.', 'the film  is good.');
    all.nothing = turn.disabled;
    all.order = await say('Not bad, it is good.', 'Bad, it is not good.');
    all.something = turn.disabled;
    all.mark = await say('It is good.', 'It is good!');
    all.long = await say('good '.repeat(50), 'bad');
    all.none = await say('', 'bad');
    pair.querySelector('[data-act="remove"]').click();
    all.focus = document.activeElement.dataset.pg;
    place.remove();
    return all;
  });
  assert.equal(found.same, 'Twice the same sentence.');
  assert(found.nothing && !found.something);
  assert.match(found.order, /^The same words/);
  assert.match(found.mark, /^Different words/);
  assert.match(found.long, /^Only the first 40 words .* Different words/);
  assert.equal(found.focus, 'more');
});

await test('a loss that is not a number is called so, the one after it is shown, and a huge one is short', async () => {
  const shown = await bare.evaluate(async () => {
    const {learn} = await import('./learn.js');
    const place = document.createElement('div'), engine = new EventTarget();
    place.innerHTML = await (await fetch('playground.html')).text();
    engine.ask = async () => ({steps: [9], parameters: [1], sentences: [1]});
    const root = place.querySelector('#pg-learn'), loss = () => root.querySelector('[data-pg="loss"]').textContent;
    await learn(root, engine);
    const all = [loss()];
    for (const [n, loss_of_step] of [0.5, NaN, 0.5, 4e20].entries()) {
      const detail = {done: n + 1, steps: 9, running: true, seconds: 0, news: [[loss_of_step, 1, 0]], scores: []};
      engine.dispatchEvent(new CustomEvent('progress', {detail}));
      all.push(loss());
    }
    return all;
  });
  assert.deepEqual(shown, ['–', '0.500', 'not a number', '0.500', '1.0e+20']);
});
await bare.close();

for (const [screen, width, height, dark] of [['wide', 1280, 900, false], ['narrow', 390, 844, true]]) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme: dark ? 'dark' : 'light', hasTouch: screen === 'narrow'});
  const page = await context.newPage(), errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('request', (request) => { if (!request.url().startsWith(site.address) && !/^(data|blob):/.test(request.url())) errors.push('asks for ' + request.url()); });
  // The browser notes whatever keeps the page from answering for longer than 50 ms.
  await page.addInitScript(() => {
    window.blocked = [];
    new PerformanceObserver((list) => { for (const {duration} of list.getEntries()) window.blocked.push(duration); }).observe({type: 'longtask'});
  });
  await page.goto(site.address);
  await page.waitForSelector('.playground[data-ready]');
  const part = (id) => page.locator('#' + id);
  const shoot = async (id, name) => part(id).screenshot({path: join(pictures, `${name}-${screen}.png`)});
  const text = async (locator) => (await locator.textContent()).trim();
  const colours = (canvas) => canvas.evaluate((it) => {
    const data = it.getContext('2d').getImageData(0, 0, it.width, it.height).data, seen = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add((data[i] >> 4) * 256 + (data[i + 1] >> 4) * 16 + (data[i + 2] >> 4));
    return seen.size;
  });

  await test(`${screen}: it learns in the page, and the page stays awake`, async () => {
    const learn = part('pg-learn');
    await learn.scrollIntoViewIfNeeded();
    // Nothing but drawing happens in the page while it trains.
    await page.waitForFunction(() => Number(document.getElementById('pg-learn').dataset.done) > 5, null, {timeout: 60000});
    await page.evaluate(() => { window.blocked = []; });
    const during = await keystrokes(page, 20);
    await page.waitForFunction(() => document.getElementById('pg-learn').dataset.state === 'ended', null, {timeout: 180000});
    const blocked = await page.evaluate(() => window.blocked);
    await shoot('pg-learn', 'learn');
    const seconds = parseFloat(/in ([\d.]+) s/.exec(await text(learn.locator('.pg-legend li').last()))[1]);
    const after = await keystrokes(page, 40);
    const accuracy = parseFloat(await text(learn.locator('[data-pg="accuracy"]')));
    assert(accuracy > 80, `only ${accuracy} % right`);
    assert(await colours(learn.locator('[data-pg="loss-chart"]')) > 3);
    assert.equal(await learn.locator('[data-pg="watched"] li').count(), 3);
    const longest = Math.max(0, ...blocked), busy = programs();
    const times = `training ${seconds} s, 95 % of the keystrokes within ${during.most.toFixed(0)} ms meanwhile and ${after.most.toFixed(0)} ms after it, ` +
      `the page blocked for ${longest.toFixed(0)} ms; ${busy.toFixed(1)} programs a core`;
    assert(seconds > 0 && seconds < busy * budget.training, times);
    assert(Math.max(during.most, after.most) < busy * budget.keystroke, times);
    assert(longest < busy * budget.blocked, times);
    return `${accuracy} % right; ${times}`;
  });

  await test(`${screen}: it reads, and says which words moved it`, async () => {
    const read = part('pg-read');
    await read.scrollIntoViewIfNeeded();
    const sentence = 'The staff was not friendly, but the cake is wonderful!';
    await read.locator('#pg-sentence').fill(sentence);
    await page.waitForFunction((wanted) => document.getElementById('pg-read').dataset.sentence === wanted, sentence);
    assert.equal(await read.locator('.pg-word').count(), 12);
    await read.locator('.pg-word').nth(4).hover();
    assert.match(await text(read.locator('[data-pg="tip"]')), /After “friendly”/);
    await read.locator('.pg-word').nth(4).focus();
    await page.keyboard.press('ArrowRight');
    assert.match(await text(read.locator('[data-pg="tip"]')), /After “,”/);
    await page.keyboard.press('End');
    assert.match(await text(read.locator('[data-pg="tip"]')), /After “!”/);
    const heights = await read.locator('.pg-moved i').evaluateAll((bars) => bars.map((bar) => parseFloat(bar.style.height)));
    assert.equal(Math.max(...heights), 100);
    assert.equal(await read.locator('figure').count(), 6);  // h, c and four gates of the LSTM
    for (let n = 0; n < 6; ++n) assert(await colours(read.locator('figure canvas').nth(n)) > 2, `picture ${n} has one colour`);
    await read.locator('#pg-order').selectOption('memory');
    await shoot('pg-read', 'read');
    await read.locator('figure canvas').first().hover();
    const tip = () => text(read.locator('[data-pg="tip"]'));
    assert.match(await tip(), /Unit \d+ after .* rises most at “/);
    // The same from the keyboard, and a screen reader hears it.
    assert.equal(await read.locator('[data-pg="tip"]').getAttribute('aria-live'), 'polite');
    await page.mouse.move(1, 1);
    await read.locator('figure canvas').nth(1).focus();
    await page.keyboard.press('ArrowRight');
    const [first] = (await tip()).split('.');
    await page.keyboard.press('ArrowRight');
    assert.match(await tip(), /^Unit \d+ after “staff”: c = /);
    assert.equal((await tip()).split(' ')[1], first.split(' ')[1]);
    await page.keyboard.press('ArrowDown');
    assert.notEqual((await tip()).split(' ')[1], first.split(' ')[1]);
    await read.locator('#pg-sentence').focus();
    assert.match(await tip(), /^After “!”/);  // the word that was chosen before
    const faint = await read.locator('.pg-word').evaluateAll((all) => all.map((word) => {
      const [back, front] = ['backgroundColor', 'color'].map((name) => getComputedStyle(word)[name].match(/[\d.]+/g).slice(0, 3)
        .map((v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0.05));
      return Math.max(back, front) / Math.min(back, front);
    }).filter((contrast) => contrast < 4.5));
    assert.deepEqual(faint, []);
    await read.locator('#pg-sentence').fill('');
    await page.waitForFunction(() => document.getElementById('pg-read').dataset.sentence === '');
    assert.equal(await read.locator('.pg-word').count(), 0);
    await read.locator('#pg-sentence').fill('zqx <b>not</b> 🙂 ' + 'good '.repeat(60));
    await page.waitForFunction(() => document.querySelectorAll('#pg-read .pg-word').length === 40);
    assert(await read.locator('.pg-unknown').count() > 0);
    assert.match(await tip(), /^It reads only the first 40 words/);
    await read.locator('#pg-sentence').fill('good '.repeat(40));
    await page.waitForFunction(() => /good $/.test(document.getElementById('pg-read').dataset.sentence) && document.querySelectorAll('#pg-read .pg-unknown').length === 0);
    assert.match(await tip(), /^Point at/);  // it reads them all
    await read.locator('#pg-sentence').fill(sentence);
  });

  await test(`${screen}: gradients vanish and explode`, async () => {
    const forget = part('pg-forget');
    await forget.scrollIntoViewIfNeeded();
    const verdicts = () => forget.locator('[data-pg="verdicts"] li').evaluateAll((all) => all.map((item) => item.dataset.verdict));
    await page.waitForFunction(() => document.querySelectorAll('#pg-forget [data-verdict]').length === 4);
    const settled = async (scale, memory) => page.waitForFunction(([s, m]) => {
      const asked = JSON.parse(document.getElementById('pg-forget').dataset.asked);
      return asked.scale === s && asked.memory === m;
    }, [scale, memory]);
    assert.equal((await verdicts())[1], 'vanishes');  // half of the ReLUs let nothing back
    await shoot('pg-forget', 'forget');
    await forget.locator('[data-pg="explode"]').click();
    await settled(1.9, 0);
    assert.equal((await verdicts())[1], 'explodes');
    await shoot('pg-forget', 'forget-explodes');
    await forget.locator('[data-pg="remember"]').click();
    await settled(1, 5);
    assert.deepEqual((await verdicts()).slice(2), ['arrives', 'arrives']);
    await forget.locator('#pg-length').focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => JSON.parse(document.getElementById('pg-forget').dataset.asked).steps === 200);
    await forget.locator('[data-pg="reset"]').click();
  });

  await test(`${screen}: it writes`, async () => {
    const write = part('pg-write');
    await write.scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelectorAll('#pg-write .pg-bar').length === 14);
    const before = (await write.locator('#pg-text').inputValue()).length;
    await write.locator('[data-pg="write"]').click();
    await page.waitForFunction((n) => document.getElementById('pg-text').value.length > n + 150, before, {timeout: 30000});
    await write.locator('[data-pg="write"]').click();
    await shoot('pg-write', 'write');
    const value = await write.locator('#pg-text').inputValue();
    const letter = await write.locator('.pg-bar').first().getAttribute('aria-label');
    await write.locator('.pg-bar').first().click();
    await page.waitForFunction((n) => document.getElementById('pg-text').value.length === n + 1, value.length);
    assert.match(letter, /^Write /);
    await write.locator('#pg-top-p').focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.querySelectorAll('#pg-write .pg-out').length >= 10);
    return JSON.stringify(value.slice(0, 120));
  });

  await test(`${screen}: order against no order`, async () => {
    const order = part('pg-order-section');
    await order.scrollIntoViewIfNeeded();
    await order.locator('[data-pg="more"]').click();
    await page.waitForFunction(() => document.querySelectorAll('#pg-order-section .pg-pair').length === 3);
    const first = order.locator('.pg-pair').first();
    const bags = () => first.locator('.pg-against b').allTextContents();
    await page.waitForFunction(() => document.querySelectorAll('#pg-order-section .pg-against b')[11].textContent !== '');
    const [bag1, , bag2] = await bags();
    assert.equal(bag1, bag2);
    assert.match(await text(first.locator('p')), /The same words/);
    await shoot('pg-order-section', 'order');
    await first.locator('input').nth(1).fill('wonderful');
    await page.waitForFunction(() => /Different words/.test(document.querySelector('#pg-order-section .pg-pair p').textContent));
    const [, , changed] = await bags();
    assert.notEqual(changed, bag1);
  });

  await test(`${screen}: another cell beside the first, from the keyboard`, async () => {
    const learn = part('pg-learn');
    await learn.locator('input[name="cell"]').nth(2).focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await text(learn.locator('[data-pg="go"]')), 'Train with these');
    await learn.locator('[data-pg="go"]').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('#pg-learn .pg-legend li').length === 2 &&
      Number(document.getElementById('pg-learn').dataset.done) > 60, null, {timeout: 60000});
    await learn.locator('[data-pg="go"]').click();
    await page.waitForFunction(() => document.getElementById('pg-learn').dataset.state === 'waiting');
    const done = Number(await learn.getAttribute('data-done'));
    await learn.locator('[data-pg="step"]').click();
    await page.waitForFunction((n) => Number(document.getElementById('pg-learn').dataset.done) === n + 1, done);
    await shoot('pg-learn', 'learn-second');
    assert.equal(await part('pg-read').locator('figure').count(), 1);  // ReLU has no gates
  });

  await test(`${screen}: nothing is wider than the screen, and nothing failed`, async () => {
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(overflow <= 0, `${overflow} px too wide`);
    assert.deepEqual(errors, []);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({path: join(pictures, `page-${screen}.png`), fullPage: true});
  });
  await context.close();
}

await test('it says kindly what a browser lacks', async () => {
  for (const [what, change] of [['WebAssembly', 'delete window.WebAssembly'], ['SIMD', 'WebAssembly.validate = () => false']]) {
    const page = await browser.newPage();
    await page.addInitScript(change);
    await page.goto(site.address);
    await page.waitForSelector('[data-pg="notice"]:not([hidden])');
    assert((await page.locator('[data-pg="notice"]').textContent()).includes(what));
    assert(await page.locator('[data-pg="go"]').isDisabled());
    await page.close();
  }
});

await test('it says so where it can\'t be loaded, and while it is', async () => {
  const look = async (address, prepare) => {
    const page = await browser.newPage();
    await prepare(page);
    await page.goto(address);
    await page.waitForSelector('[data-pg="notice"]:not([hidden])');
    const said = await page.locator('[data-pg="notice"]').textContent();
    const off = await page.locator('.playground').evaluate((it) => it.classList.contains('pg-off'));
    const takes = await page.locator('[data-pg="go"]').evaluate((it) => !it.disabled && !it.closest('[inert]'));
    await page.close();
    return {said, off, takes};
  };
  const file = await look(pathToFileURL(join(folder, 'index.html')).href, () => {});
  assert.match(file.said, /from a file/);
  assert(file.off && !file.takes);
  for (const name of ['playground.js', 'draw.js']) {
    const lost = await look(site.address, (page) => page.route(`**/${name}`, (route) => route.abort()));
    assert.match(lost.said, /could not be loaded/);
    assert(lost.off && !lost.takes);
  }
  // A worker that never comes, and one whose first answer is an error.
  const late = await look(site.address, (page) => page.addInitScript('window.Worker = class { postMessage() {} }'));
  assert.match(late.said, /is loading/);
  assert(!late.off && !late.takes);
  const broken = await look(site.address, (page) => page.addInitScript(`window.Worker = class {
    constructor() { setTimeout(() => this.onmessage({data: {ready: true}})); }
    postMessage({id}) { setTimeout(() => this.onmessage({data: {id, failed: 'no memory'}})); }
  }`));
  assert.match(broken.said, /no memory/);
  assert(!broken.takes);
});

await test('what fails further down is said in view', async () => {
  const page = await browser.newPage();
  await page.addInitScript(`const Real = Worker;
    window.Worker = class extends Real {
      postMessage(message) { super.postMessage(message.name === 'load_writer' ? {...message, name: 'none'} : message); }
    }`);
  await page.goto(site.address);
  await page.waitForSelector('.playground[data-ready]');
  await page.locator('#pg-write [data-pg="write"]').click();
  await page.waitForSelector('[data-pg="notice"]:not([hidden])');
  const {top, bottom} = await page.locator('[data-pg="notice"]').evaluate((it) => it.getBoundingClientRect());
  assert(top >= 0 && bottom < 400, `it is at ${top}`);
  await page.waitForFunction(() => document.querySelector('#pg-write [data-pg="write"]').textContent === 'Write');
  await page.close();
});

await test('where no colour shows which cell is chosen, its button does', async () => {
  const page = await browser.newPage({forcedColors: 'active'});
  await page.goto(site.address);
  assert.equal(await page.locator('.pg-cells input').first().evaluate((it) => getComputedStyle(it).opacity), '1');
  await page.close();
});

await test('another page can include the fragment below its own folder', async () => {
  const page = await browser.newPage();
  await page.goto(site.address + 'host.html');
  await page.waitForSelector('.playground[data-ready]');
  assert(await page.locator('.playground').evaluate((it) => it.classList.contains('pg-dark')));
  await page.close();
});

await browser.close();
site.close();
console.log(failed ? `${failed} failed` : `all passed; pictures in ${pictures}`);
process.exit(failed ? 1 : 0);
