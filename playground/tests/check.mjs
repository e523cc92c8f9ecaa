// The tests of the playground: check.mjs FOLDER NATIVE.
import assert from 'node:assert/strict';
import {mkdirSync, readFileSync} from 'node:fs';
import {cpus, loadavg} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
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
  // h of the layer follows from the gates, which the cell's function of one unit computes.
  for (let t = 0; t < steps; ++t)
    for (let j = 0; j < units; ++j) {
      const h = cell === 'LSTM' ? at('o', t, j) * Math.tanh(at('c', t, j))
        : cell === 'GRU' ? (1 - at('z', t, j)) * at('n', t, j) + at('z', t, j) * at('h', t - 1, j) : at('h', t, j);
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
    const engine = new Engine();
    const refused = async (...given) => engine.ask(...given).then(() => 'no error', (error) => error.message);
    const all = [await refused('read', 'a'), await refused('begin', {cell: 7, hidden: 8, rate: 1e-3, clip: 5, seed: 1, sentences: 100, epochs: 1}),
      await refused('forget', {steps: 1, hidden: 8, scale: 1, memory: 0, clip: 0, seed: 1})];
    const answer = await engine.ask('forget', {steps: 5, hidden: 8, scale: 1, memory: 0, clip: 0, seed: 1});
    return [...all, answer.length];
  });
  assert.match(message[0], /no network yet/);
  assert.match(message[1], /cell 7/);
  assert.match(message[2], /1 steps: it must be from 2/);
  assert.equal(message[3], 4);
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
    assert.match(await text(read.locator('[data-pg="tip"]')), /Unit \d+ after .* rises most at “/);
    await read.locator('#pg-sentence').fill('');
    await page.waitForFunction(() => document.getElementById('pg-read').dataset.sentence === '');
    assert.equal(await read.locator('.pg-word').count(), 0);
    await read.locator('#pg-sentence').fill('zqx <b>not</b> 🙂 ' + 'good '.repeat(60));
    await page.waitForFunction(() => document.querySelectorAll('#pg-read .pg-word').length === 40);
    assert(await read.locator('.pg-unknown').count() > 0);
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
