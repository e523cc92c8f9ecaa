// Shows the built site:  node docs/site/serve.mjs FOLDER PORT. A browser loads WebAssembly only from a server.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.wasm': 'application/wasm', '.woff2': 'font/woff2' };

export function serve(folder, port) {
  const root = path.resolve(folder);
  const answer = (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    let file = path.join(root, path.normalize(decodeURIComponent(pathname)));
    if (!file.startsWith(root) || !fs.existsSync(file)) throw new Error(`no ${file}`);
    if (fs.statSync(file).isDirectory()) {
      // The links of a page lead from its folder, whose address ends with a slash.
      if (!pathname.endsWith('/')) return response.writeHead(301, { location: `${path.posix.normalize(pathname)}/` }).end();
      file = path.join(file, 'index.html');
    }
    const bytes = fs.readFileSync(file);
    response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' }).end(bytes);
  };
  const server = http.createServer((request, response) => {
    try {
      answer(request, response);
    } catch {  // an address that is none, and a file that is not there or can't be read
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n');
    }
  });
  return new Promise((ready, failed) => {
    server.on('error', failed);
    server.listen(port, '127.0.0.1', () => ready(server));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, port] = process.argv.slice(2);
  try {
    await serve(folder, Number(port));
  } catch (error) {
    console.error(`site: it can't be shown at port ${port} (${error.message}). Name another port`);
    process.exit(1);
  }
  console.log(`site: http://localhost:${port}/ until Ctrl-C`);
}
