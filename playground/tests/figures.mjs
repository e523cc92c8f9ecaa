// The figures of playground/README.md: figures.mjs FOLDER.
import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {launch, serve} from './browser.mjs';

const folder = resolve(process.argv[2]);
const total = {plain: 0, gzip: 0, brotli: 0};
for (const name of readdirSync(folder).filter((each) => each !== 'index.html')) {
  const bytes = readFileSync(join(folder, name));
  const gzip = gzipSync(bytes, {level: 9}).length;
  const brotli = brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length;
  total.plain += bytes.length;
  total.gzip += gzip;
  total.brotli += brotli;
  if (bytes.length > 5e4) console.log(`${name}: ${kb(bytes.length)}, gzip ${kb(gzip)}, brotli ${kb(brotli)}`);
}
console.log(`all files: ${kb(total.plain)}, gzip ${kb(total.gzip)}, brotli ${kb(total.brotli)}`);
function kb(bytes) { return `${(bytes / 1000).toFixed(0)} kB`; }

const site = await serve(folder), browser = await launch();
const page = await browser.newPage({viewport: {width: 1280, height: 900}});
const begin = performance.now();
await page.goto(site.address);
await page.waitForSelector('.playground[data-ready]');
console.log(`ready after ${((performance.now() - begin) / 1000).toFixed(2)} s`);

/** Milliseconds from a keystroke to the strip that shows its answer. */
async function keystrokes(count) {
  const times = [];
  for (let n = 0; n < count; ++n)
    times.push(await page.evaluate((n) => new Promise((done) => {
      const root = document.getElementById('pg-read'), input = root.querySelector('#pg-sentence');
      const text = 'The food is not good, but I love the music and the staff' + ' x'.repeat(n % 5 + 1);
      const start = performance.now();
      new MutationObserver((_, observer) => {
        if (root.dataset.sentence !== text) return;
        observer.disconnect();
        done(performance.now() - start);
      }).observe(root, {attributes: true});
      input.value = text;
      input.dispatchEvent(new Event('input'));
    }), n));
  times.sort((a, b) => a - b);
  return `median ${times[count >> 1].toFixed(0)} ms, 95 % within ${times[Math.floor(count * 0.95)].toFixed(0)} ms`;
}
await page.waitForFunction(() => Number(document.getElementById('pg-learn').dataset.done) > 5, null, {timeout: 60000});
console.log(`keystroke while it trains: ${await keystrokes(20)}`);
await page.waitForFunction(() => document.getElementById('pg-learn').dataset.state === 'ended', null, {timeout: 300000});
console.log(`keystroke after it: ${await keystrokes(40)}`);
console.log('training: ' + await page.locator('#pg-learn .pg-legend li').last().textContent());
await browser.close();
site.close();
