// The figures of playground/README.md: figures.mjs FOLDER.
import {resolve} from 'node:path';
import {keystrokes, launch, serve, sizes} from './browser.mjs';

const folder = resolve(process.argv[2]);
const kb = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
const total = {plain: 0, gzip: 0, brotli: 0};
for (const {name, ...bytes} of sizes(folder)) {
  for (const kind in total) total[kind] += bytes[kind];
  if (bytes.plain > 5e4) console.log(`${name}: ${kb(bytes.plain)}, gzip ${kb(bytes.gzip)}, brotli ${kb(bytes.brotli)}`);
}
console.log(`all files: ${kb(total.plain)}, gzip ${kb(total.gzip)}, brotli ${kb(total.brotli)}`);

const site = await serve(folder), browser = await launch();
const page = await browser.newPage({viewport: {width: 1280, height: 900}});
const begin = performance.now();
await page.goto(site.address);
await page.waitForSelector('.playground[data-ready]');
console.log(`ready after ${((performance.now() - begin) / 1000).toFixed(2)} s`);

const times = ({median, most}) => `median ${median.toFixed(0)} ms, 95 % within ${most.toFixed(0)} ms`;
await page.waitForFunction(() => Number(document.getElementById('pg-learn').dataset.done) > 5, null, {timeout: 60000});
console.log(`keystroke while it trains: ${times(await keystrokes(page, 20))}`);
await page.waitForFunction(() => document.getElementById('pg-learn').dataset.state === 'ended', null, {timeout: 300000});
console.log(`keystroke after it: ${times(await keystrokes(page, 40))}`);
console.log('training: ' + await page.locator('#pg-learn .pg-legend li').last().textContent());
await browser.close();
site.close();
