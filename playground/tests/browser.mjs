// What the tests and the figures share: a server for the folder, headless Chromium, and the native program.
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {extname, join, normalize} from 'node:path';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {chromium} from 'playwright-core';

const types = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm',
               '.bin': 'application/octet-stream'};

/** Serves a folder at an address that it returns, and again below playground/. `pages` are more pages, by their paths. */
export async function serve(folder, pages = {}) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname).replace(/^\/playground\//, '/');
    if (path in pages) {
      response.writeHead(200, {'content-type': types['.html']}).end(pages[path]);
      return;
    }
    const file = join(folder, path.endsWith('/') ? path + 'index.html' : path);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {'content-type': types[extname(file)] || 'application/octet-stream'}).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close()};
}

export async function launch() {
  const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('there is no Chromium: scripts/setup playground-check installs it, $CHROMIUM names another');
  return chromium.launch({executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage']});
}

/** The JSON of the native program. */
export function native(program, ...given) {
  return JSON.parse(execFileSync(program, given.map(String), {maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore']}));
}

/** Commands of the worker, in a page that has nothing else to do: [[name, ...arguments], ...] to their answers. */
export async function ask(page, questions) {
  return page.evaluate(async (all) => {
    const {Engine} = await import('./engine.js');
    const engine = new Engine();
    await engine.ready;
    const answers = [];
    const plain = (answer) => (Array.isArray(answer) ? answer.map(plain) : answer && Object.fromEntries(
      Object.entries(answer).map(([name, values]) => [name, typeof values === 'string' ? values : Array.from(values)])));
    for (const [name, ...given] of all) answers.push(plain(await engine.ask(name, ...given)));
    return answers;
  }, questions);
}

/** What a visitor loads: the bytes of each file, plain and compressed. */
export function sizes(folder) {
  return readdirSync(folder).filter((each) => each !== 'index.html').map((name) => {
    const bytes = readFileSync(join(folder, name));
    return {name, plain: bytes.length, gzip: gzipSync(bytes, {level: 9}).length,
            brotli: brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length};
  });
}

/** Milliseconds from a keystroke to the strip that shows its answer: the median, and what 95 % stay within. */
export async function keystrokes(page, count) {
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
  return {median: times[count >> 1], most: times[Math.floor(count * 0.95)]};
}
