// Looks at the built site as a visitor does:  node docs/site/check.mjs SITE SCREENSHOTS
// In Chromium without a window: wide and narrow screens, dark and light, search, keyboard, the menu. No page may scroll sideways,
// write an error to the console or ask another host for something.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { gzipSync } from 'node:zlib';
import { equations, withLetters } from './equations.mjs';
import { serve } from './serve.mjs';

const [site, pictures] = process.argv.slice(2);
fs.mkdirSync(pictures, { recursive: true });
const server = await serve(site, 0);
const home = `http://localhost:${server.address().port}/`;
const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(fs.existsSync);
if (!executablePath) throw new Error('there is no Chromium; set CHROMIUM to its path');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
let passed = 0, failed = 0;
function check(what, right, found = '') {
  if (right) ++passed;
  else { ++failed; console.error(`failed: ${what} ${found}`); }
}

// ---- Equations in plain text become mathematics; code and sentences do not.
const source = text => equations(text, remark => remark)?.match(/<annotation[^>]*>[^<]*/g)?.map(one => one.replace(/^[^>]*>/, '').trim().replace(/ +/g, ' ')) ?? null;
const same = (text, wanted) => check(`the equation ${text}`, JSON.stringify(source(text)) === JSON.stringify(wanted), JSON.stringify(source(text)));
same('h_t = tanh(W_ih x_t + b_ih)', ['h_{t}', '{}=\\tanh (W_{ih} \\,x_{t} +b_{ih} )']);
same("r = σ(W_r x + U_r h')     reset gate", ['r', "{}=σ (W_{r} \\,x +U_{r} \\,h&#x27; )"]);
same('∂loss/∂h_{t-1} = W_hhᵀ d', ['\\dfrac{\\partial \\mathrm{loss} }{\\partial h_{t -1 } }', '{}=W_{hh}^{\\mathsf{T}} \\,d']);
for (const text of ['auto stream = net.stream();', 'y = net.step(x, stream);', 'WarmUp{500, CosineDecay{.rate = 1e-3}}', 'g++ -O3 first.cpp -o first']) same(text, null);
const letters = (text, wanted) => check(`the letters of “${text}”`, withLetters(text).replace(/<var>(.*?)<\/var>/g, '{$1}').replace(/<[^>]*>/g, '') === wanted, withLetters(text));
letters('the vector h, and W_ih x_t of H × I', 'the vector {h}, and {Wih} {xt} of {H} × {I}');
letters('J. L. Elman wrote it in C; a loop takes 5 s, I think', 'J. L. Elman wrote it in C; a loop takes 5 s, I think');

// ---- Each colour of a text stands out from the colours behind it: a contrast of 4.5, as WCAG 2 asks for.
const luminance = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
  .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (a, b) => { const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };
const style = fs.readFileSync(path.join(site, 'style.css'), 'utf8');
for (const [scheme, begin] of [['light', ':root {'], ['dark', ":root[data-theme='dark'] {"]]) {
  const rule = style.slice(style.indexOf(begin), style.indexOf('}', style.indexOf(begin)));
  const colours = Object.fromEntries([...rule.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(found => found.slice(1)));
  const pairs = [['on-accent', 'accent'], ...['ink', 'soft', 'accent'].flatMap(text => ['paper', 'raised', 'deep', 'accent-wash'].map(behind => [text, behind])),
    ...['keyword', 'type', 'string', 'number', 'comment'].map(text => [`code-${text}`, 'raised'])];
  for (const [text, behind] of pairs) check(`${scheme}: ${text} stands out from ${behind}`, contrast(colours[text], colours[behind]) >= 4.5, `${contrast(colours[text], colours[behind]).toFixed(2)}`);
  // Those of the playground, on this site's colours and on those of its own page.
  const [look, own] = ['playground.css', 'index.html'].map(name => fs.readFileSync(new URL(`../../playground/page/${name}`, import.meta.url), 'utf8'));
  const its = Object.fromEntries([...look.matchAll(/--pg-(\w+): (#[0-9a-f]{6});/g)].map(found => found.slice(1)).slice(...scheme === 'light' ? [0, 7] : [7, 14]));
  const [, page, fg] = [...own.matchAll(/--bg: (#[0-9a-f]{6}); --fg: (#[0-9a-f]{6});/g)][scheme === 'light' ? 0 : 1];
  const mixed = [1, 3, 5].map(i => Math.round(0.93 * parseInt(page.slice(i, i + 2), 16) + 0.07 * parseInt(fg.slice(i, i + 2), 16)));  // its --pg-soft
  const soft = `#${mixed.map(x => x.toString(16).padStart(2, '0')).join('')}`;
  for (const text of ['praise', 'blame', 'tanh', 'relu', 'lstm', 'gru']) {
    for (const behind of [colours.paper, colours.raised, colours.deep, page, soft]) check(`${scheme}: the playground's ${text} stands out from ${behind}`, contrast(its[text], behind) >= 4.5, `${contrast(its[text], behind).toFixed(2)}`);
  }
}

// ---- The server: what is not there, and a folder without its slash
{
  const get = address => new Promise((done, failed) => http.get({ port: server.address().port, path: address }, done).on('error', failed));
  for (const address of ['/%', '//', '/none.html', '/..%2f..%2fREADME.md']) check(`${address} is not found`, (await get(address)).statusCode === 404);
  const moved = await get('/guide');
  check('a folder without its slash leads to the one with it', moved.statusCode === 301 && moved.headers.location === '/guide/', moved.headers.location);
  const taken = await serve(site, server.address().port).then(() => 'no error', error => error.code);
  check('a port that is taken is an error', taken === 'EADDRINUSE', taken);
}

const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 }, small: { width: 360, height: 740 } };
async function open(size, colorScheme, address = 'index.html') {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme, hasTouch: size === 'narrow' });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', error => page.errors.push(String(error)));
  page.on('console', message => { if (message.type() === 'error') page.errors.push(message.text()); });
  page.on('request', request => { if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(home)) page.errors.push(`asks ${request.url()}`); });
  await page.goto(home + address, { waitUntil: 'load' });
  await page.evaluate(() => document.fonts.ready);
  if (await page.$('.playground')) await page.waitForSelector('.playground[data-ready]', { timeout: 60000 });
  return page;
}
const picture = (page, name, fullPage = false) => page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage });

// ---- Each kind of page, wide and narrow, light and dark
const addresses = ['index.html', 'guide/index.html', 'guide/02-recurrence.html', 'guide/07-gates.html', 'from-pytorch.html', 'overview.html', 'benchmarks.html',
  'speed.html', 'reference/index.html', 'reference/cell/gru.html', 'reference/layer/layer.html', 'source/include/recur/cell/gru.hpp.html'].filter(one => fs.existsSync(path.join(site, one)));
for (const address of addresses) {
  for (const size of ['wide', 'narrow']) {
    for (const scheme of ['light', 'dark']) {
      const page = await open(size, scheme, address);
      const name = `${address.replace(/\.html$/, '').replaceAll('/', '-')}-${size}-${scheme}`;
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      check(`${name} does not scroll sideways`, over <= 0, `${over} px`);
      check(`${name} has no errors`, page.errors.length === 0, page.errors.join('; '));
      const [paper, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map(color => color.match(/[\d.]+/g).slice(0, 3).reduce((sum, x) => sum + Number(x), 0) / 3));
      check(`${name} is ${scheme}`, scheme === 'dark' ? paper < 60 && ink > 180 : paper > 220 && ink < 80, `paper ${paper}, ink ${ink}`);
      await picture(page, name);
      if (scheme === 'light') await picture(page, `${name}-whole`, true);
      if (size === 'narrow') {
        await page.setViewportSize(sizes.small);
        const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
        check(`${name} does not scroll sideways at 360 px`, over <= 0, `${over} px`);
      }
      await page.context().close();
    }
  }
}

// ---- The first page with all that it asks for, the playground among it, has less than 2 MB when it is compressed.
{
  const page = await browser.newPage();
  const asked = new Set();
  page.on('request', request => { if (request.url().startsWith(home)) asked.add(decodeURI(new URL(request.url()).pathname).slice(1)); });
  await page.goto(`${home}index.html`, { waitUntil: 'networkidle' });
  if (await page.$('.playground')) await page.waitForSelector('.playground[data-ready]', { timeout: 60000 });
  await page.evaluate(async () => { for (let y = 0; y < document.body.scrollHeight; y += innerHeight) { scrollTo(0, y); await new Promise(requestAnimationFrame); } await document.fonts.ready; });
  await page.waitForLoadState('networkidle');
  const playground = path.join(site, 'playground');  // what its worker asks for, the browser does not tell
  if (fs.existsSync(playground)) for (const name of fs.readdirSync(playground)) asked.add(`playground/${name}`);
  const bytes = [...asked].reduce((sum, name) => sum + gzipSync(fs.readFileSync(path.join(site, name)), { level: 9 }).length, 0);
  check('the first page loads fonts', [...asked].some(name => name.startsWith('fonts/')), [...asked].join(', '));
  check('the first page has less than 2 MB', bytes < 2e6, `${bytes} bytes in ${asked.size} files`);
  console.log(`the first page loads ${(bytes / 1000).toFixed(0)} kB with gzip, in ${asked.size} files`);
  await page.close();
}

// ---- Every page: a text for each picture and link, one heading at the top, no wider than a narrow screen
{
  const page = await open('wide', 'light');
  const all = fs.readdirSync(site, { recursive: true }).map(String).filter(name => name.endsWith('.html') && !/^(source|playground)/.test(name));
  for (const address of all) {
    await page.goto(home + address);
    const faults = await page.evaluate(() => [
      ...[...document.querySelectorAll('img:not([alt]), img[alt=""]')].map(image => `no text for ${image.src}`),
      ...[...document.querySelectorAll('main button, main a')].filter(one => !one.textContent.trim() && !one.getAttribute('aria-label')).map(() => 'a link without a text'),
      ...(document.querySelectorAll('h1').length === 1 ? [] : ['not one h1']),
      ...[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => `${image.src} is broken`),
    ]);
    for (const size of ['narrow', 'small']) {
      await page.setViewportSize(sizes[size]);
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      if (over > 0) faults.push(`${over} px too wide for ${sizes[size].width} px`);
    }
    await page.setViewportSize(sizes.wide);
    check(`${address} can be read by all`, faults.length === 0, faults.join('; '));
  }
  check('no page has errors', page.errors.length === 0, [...new Set(page.errors)].join('; '));
  await page.context().close();
}

// ---- Search
{
  const page = await open('wide', 'light', 'guide/02-recurrence.html');
  await page.keyboard.press('/');
  await page.waitForSelector('dialog.search[open]');
  await page.keyboard.type('vanish');
  await page.waitForSelector('#found li');
  await picture(page, 'search-light');
  const titles = await page.$$eval('#found .title', all => all.map(one => one.textContent));
  check('search finds the chapter of vanishing gradients', titles.some(title => /vanish/i.test(title)), titles.join(', '));
  await page.fill('dialog.search input', 'zzzqq');
  await page.waitForFunction(() => document.querySelector('.hint').textContent.includes('Nothing'));
  check('search says that it finds nothing', await page.$$eval('#found li', all => all.length) === 0);
  check('nothing is chosen then', await page.getAttribute('dialog.search input', 'aria-activedescendant') === null);
  for (const query of ['g', 'amp']) {
    await page.fill('dialog.search input', query);
    await page.waitForSelector('#found li');
    const excerpts = await page.$$eval('#found .excerpt', all => all.map(one => one.textContent).join(' '));
    check(`“${query}” marks letters and no entities`, !/&(amp|lt|gt|quot);/.test(excerpts), /.{20}&(amp|lt|gt|quot);.{20}/.exec(excerpts)?.[0]);
  }
  if (fs.existsSync(path.join(site, 'reference/cell/gru.html'))) {
    await page.fill('dialog.search input', 'Gru');
    await page.waitForFunction(() => document.querySelector('#found .title')?.textContent === 'Gru');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/reference/cell/gru.html#Gru');
    check('Enter opens what was found', true);
    await page.keyboard.press('/');
    await page.waitForSelector('dialog.search[open]');
    await page.keyboard.type('minGRU');
    await page.waitForSelector('#found li');
    await page.keyboard.press('ArrowDown');
    check('the arrows choose', await page.getAttribute('#found li:nth-child(2)', 'aria-selected') === 'true');
  } else await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  check('Escape closes the search', await page.$('dialog.search[open]') === null);
  check('search makes no errors', page.errors.length === 0, page.errors.join('; '));
  await page.context().close();
}

// ---- Search, where its texts come late or not at all
{
  const page = await open('wide', 'light', 'guide/02-recurrence.html');
  let come;
  const late = new Promise(done => { come = done; });
  await page.route('**/search-index.js', async route => { await late; await route.continue(); });
  await page.click('.search-open');
  check('search says that it loads', /Loading/.test(await page.textContent('.hint')));
  for (const letter of 'vanish') await page.keyboard.type(letter);
  come();
  await page.waitForSelector('#found li');
  const asked = await page.$$eval('script[src$="search-index.js"]', all => all.length);
  check('search loads its texts once', asked === 1, `${asked} times`);
  await page.unrouteAll();
  await page.reload();
  await page.route('**/search-index.js', route => route.abort());
  await page.click('.search-open');
  await page.keyboard.type('gate');
  await page.waitForFunction(() => /could not be loaded/.test(document.querySelector('.hint').textContent));
  await page.unrouteAll({ behavior: 'wait' });
  const found = await page.waitForFunction(() => {
    document.querySelector('dialog.search input').dispatchEvent(new Event('input'));
    return document.querySelector('#found li');
  }, null, { polling: 200, timeout: 10000 }).then(() => true, () => false);
  check('and again after they could not be loaded', found);
  check('no failure of search is left to the browser', page.errors.every(error => /ERR_FAILED/.test(error)), page.errors.join('; '));
  await page.context().close();
}

// ---- Copying, also where the browser does not allow it
{
  const page = await open('wide', 'light', 'guide/02-recurrence.html');
  const press = async change => {
    await page.evaluate(change);
    await page.locator('.copy').first().click();
    await page.waitForFunction(() => document.querySelector('.copy').textContent !== 'Copy');
    const said = await page.locator('.copy').first().textContent();
    await page.waitForFunction(() => document.querySelector('.copy').textContent === 'Copy');
    return said;
  };
  const allowed = await press(() => Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async () => {} } }));
  const refused = await press(() => Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async () => { throw new Error('no'); } } }));
  const absent = await press(() => Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined }));
  check('what was copied is called so, and nothing else', allowed === 'Copied' && refused === 'Not allowed' && absent === 'Not allowed', [allowed, refused, absent].join(', '));
  check('copying makes no errors', page.errors.length === 0, page.errors.join('; '));
  await page.context().close();
}

// ---- Dark and light by the switch, also after a reload
{
  const page = await open('wide', 'dark', 'guide/index.html');
  const paper = () => page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
  check('the system asks for dark', await paper() < 60);
  await page.click('.theme');
  check('the switch makes it light', await paper() > 220);
  await page.reload();
  check('it stays light', await paper() > 220);
  await page.click('.theme');
  check('and dark again', await paper() < 60);
  await page.context().close();
}

// ---- Keyboard: the first Tab goes to the link that skips the contents; each place of focus can be seen.
{
  const page = await open('wide', 'light', 'guide/02-recurrence.html');
  await page.keyboard.press('Tab');
  check('the first Tab reaches the skip link', await page.evaluate(() => document.activeElement.className) === 'skip');
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().top >= 0);
  await page.keyboard.press('Enter');
  check('it leads to the text', await page.evaluate(() => document.activeElement.id) === 'main');
  let unseen = [];
  for (let i = 0; i < 25; ++i) {
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return document.activeElement === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) ? '' : document.activeElement.outerHTML.slice(0, 80);
    });
    if (seen) unseen.push(seen);
  }
  check('focus can be seen at each of 25 places', unseen.length === 0, unseen.join('\n'));
  const idle = await page.$$eval('main [tabindex="0"]', all => all.filter(box => box.scrollWidth <= box.clientWidth).length);
  check('only a box that scrolls is a place of focus', idle === 0, `${idle} others`);
  await page.setViewportSize(sizes.small);
  const unreached = () => page.$$eval('main :is(pre, .table, .equations)', all => all.filter(box => box.scrollWidth > box.clientWidth && box.tabIndex !== 0).length);
  await page.waitForFunction(() => document.querySelector('main [tabindex="0"]'));
  check('on a small screen each box that scrolls is one', await unreached() === 0, `${await unreached()} are not`);
  await page.setViewportSize(sizes.wide);
  await picture(page, 'keyboard');
  await page.context().close();
}

// ---- The menu of narrow screens
{
  const page = await open('narrow', 'light', 'guide/02-recurrence.html');
  check('the contents are hidden', !await page.isVisible('.contents'));
  await page.click('.menu');
  check('the menu shows them', await page.isVisible('.contents li a'));
  const [bar, first] = await page.evaluate(() => [document.querySelector('.top').getBoundingClientRect().bottom, document.querySelector('.contents .others').getBoundingClientRect().top]);
  check('from its first line', first >= bar, `${first} is above ${bar}`);
  await picture(page, 'menu');
  await page.keyboard.press('Escape');
  check('Escape hides them', !await page.isVisible('.contents'));
  await page.click('.menu');
  await page.setViewportSize(sizes.wide);
  await page.waitForFunction(() => !document.querySelector('.contents.open'));
  check('a wider screen can be scrolled with the menu open before', await page.evaluate(() => document.body.style.overflow) === '');
  await page.setViewportSize(sizes.narrow);
  await page.click('.search-open');
  await page.fill('dialog.search input', 'gate');
  await page.waitForSelector('#found li');
  await picture(page, 'search-narrow');
  await page.context().close();
}

await browser.close();
server.close();
console.log(`${passed} passed, ${failed} failed (pictures in ${pictures})`);
process.exit(failed ? 1 : 0);
