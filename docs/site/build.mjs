// Builds the site. Called by scripts/site, which has installed what this needs and has run Doxygen:
//   node docs/site/build.mjs OUT [--playground FOLDER] [--reference FOLDER]
// It ends with 1, and says where, if a link or an anchor leads nowhere or to a control of a form, if a page would ask another host
// for something, or if a public name, function or field has no docstring or does not say what it throws.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { escape, highlight, names, relative, render, renderDocstring } from './markdown.mjs';
import { equations } from './equations.mjs';
import { collectNames, pageOf, readReference, referencePage, topComment } from './reference.mjs';

const here = path.dirname(fileURLToPath(import.meta.url)), root = path.resolve(here, '../..');
const option = name => { const i = process.argv.indexOf(name); return i < 0 ? undefined : process.argv[i + 1]; };
const out = path.resolve(process.argv[2]), playground = option('--playground'), xml = option('--reference');
const read = file => fs.readFileSync(path.join(root, file), 'utf8');
const exists = file => fs.existsSync(path.join(root, file));
const problems = [];

function write(file, content) {
  const to = path.join(out, file);
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.writeFileSync(to, content);
}
const copy = (from, to) => fs.cpSync(from, path.join(out, to), { recursive: true });

// ---- The order of the pages
function matches(pattern) {
  if (!/[*[]/.test(pattern)) return exists(pattern) ? [pattern] : [];
  const expression = new RegExp(`^${path.basename(pattern).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return fs.readdirSync(path.join(root, path.dirname(pattern))).filter(name => expression.test(name)).sort().map(name => path.join(path.dirname(pattern), name));
}
const sections = [];
for (const line of read('docs/site/order.txt').split('\n')) {
  if (!line.trim() || line.startsWith('#')) continue;
  if (!line.startsWith(' ')) sections.push({ title: line.trim(), files: [] });
  else sections.at(-1).files.push(...matches(line.trim()).filter(file => !sections.some(section => section.files.includes(file))));
}
const listed = new Set(sections.flatMap(section => section.files));
sections.find(section => section.title === 'How to').files.push(...matches('docs/*.md').filter(file => !listed.has(file)));

/// Where a file of the repository is on the site.
function address(file) {
  if (file === 'README.md') return 'overview.html';
  if (file === 'docs/README.md') return 'documentation.html';
  if (file === 'docs/guide/README.md') return 'guide/index.html';
  if (file.startsWith('docs/') && file.endsWith('.md')) return file.slice(5).replace(/\.md$/, '.html');
  if (/^(CHANGELOG|CONTRIBUTING)\.md$/.test(file)) return file.toLowerCase().replace(/\.md$/, '.html');
  if (file === 'benchmarks/README.md') return 'benchmarks.html';
  if (/\.(png|svg|jpe?g|gif|webp)$/.test(file)) return `images/${path.basename(file)}`;
  return `source/${file}.html`;
}

const pages = [];       // { path, section, title, kind, html, headings, file, entries }
const shown = new Set();  // files of the repository that a page shows as they are
const images = new Set();

// ---- The reference comes first, since it says which names are to be links.
let reference = new Map();
if (xml) {
  const known = readReference(xml, root);
  problems.push(...known.problems);
  reference = known.headers;
  collectNames(reference);
}

/// What a link in a file leads to, as an address on the site.
function resolver(file, page) {
  return href => {
    if (/^[a-z][a-z+.-]*:/i.test(href) || href.startsWith('#')) return href;
    const [target, hash] = decodeURI(href).split('#');
    const to = path.normalize(path.join(path.dirname(file), target)).replace(/\/$/, '');
    if (!exists(to) || to.startsWith('..')) {
      problems.push(`${file}: the link ${href} leads to nothing`);
      return href;
    }
    const isImage = /^images\//.test(address(to));
    if (isImage) images.add(to);
    else if (!allFiles.has(to)) shown.add(to);
    return relative(page, address(to)) + (hash ? `#${hash}` : '');
  };
}
const allFiles = new Set(sections.flatMap(section => section.files));

// Only drawings are put into the page itself, so that they follow dark and light; a picture by gnuplot has white paper.
function drawing(file) {
  return src => {
    if (!src.endsWith('.svg') || /^[a-z]+:/.test(src)) return undefined;
    const at = path.normalize(path.join(path.dirname(file), src));
    if (!exists(at)) return undefined;
    const svg = read(at);
    return svg.includes('var(--') ? svg.replace(/^<\?xml.*?\?>\s*/, '') : undefined;
  };
}

// Sections that have a look of their own.
function parts(html) {
  return html.split(/(?=<h2 )/).map(part => {
    const heading = /^<h2 id="([^"]*)"/.exec(part)?.[1] ?? '';
    const kind = heading.startsWith('what-goes-wrong') ? 'warning' : heading === 'further-reading' ? 'reading' : '';
    return kind ? `<section class="part ${kind}">${part}</section>` : part;
  }).join('');
}

// Chapters whose matter can be tried in the playground, on the first page.
const hasPlayground = playground && fs.existsSync(path.join(playground, 'playground.html'));
const tries = {
  1: ['pg-order-section', 'a bag of words and a recurrent network read the same sentences, which you can change'],
  4: ['pg-learn', 'a network learns in this browser, and you see its loss and its gradient'],
  6: ['pg-forget', 'make gradients vanish and explode with your own hands'],
  7: ['pg-read', 'look into the gates of an LSTM while it reads your sentence'],
  11: ['pg-write', 'a network goes on with your text, letter by letter'],
};
const tryIt = number => !hasPlayground || !tries[number] ? '' :
  `<p class="try"><a href="../index.html#${tries[number][0]}">Try it</a>: ${tries[number][1]}.</p>\n`;

for (const section of sections) {
  for (const file of section.files) {
    const page = address(file);
    let text = read(file);
    const chapter = /^docs\/guide\/\d/.test(file);
    if (chapter) text = text.replace(/\n(Before|Next|Back to)[^\n]*(\n[^\n]+)*\s*$/, '\n');  // the site has its own links there
    let { html, headings } = render(text, { page, resolve: resolver(file, page), drawing: drawing(file) });
    const title = headings.find(heading => heading.level === 1)?.text ?? path.basename(file);
    const number = /^(\d+)\. /.exec(title)?.[1];
    if (number) html = html.replace(/<h1([^>]*)>\d+\. /, `<h1$1><span class="eyebrow">Chapter ${number}</span>`);
    else html = html.replace(/<h1([^>]*)>/, `<h1$1><span class="eyebrow">${section.title}</span>`);
    pages.push({ path: page, section: section.title, title: number ? title.slice(number.length + 2) : title, number, file, html: parts(html.replace(/(?=<h2 id="what-goes-wrong)|(?![\s\S])/, () => tryIt(number))), headings: headings.filter(h => h.level > 1), text, kind: 'text' });
  }
}

// ---- The reference
const folders = new Map();  // cell -> [{ title, path, what }]
const firstSentence = text => /^[\s\S]*?[.:](?=\s|$)/.exec(text)?.[0].replace(/\s+/g, ' ').replace(/:$/, '.') ?? text.split('\n')[0];
for (const [file, entities] of [...reference].sort(([a], [b]) => a.localeCompare(b))) {
  const page = referencePage(file, entities, root);
  page.section = 'Reference';
  page.kind = 'reference';
  pages.push(page);
  shown.add(`include/${file}`);
  const folder = path.dirname(page.title);
  if (!folders.has(folder)) folders.set(folder, []);
  folders.get(folder).push({ title: path.basename(page.title, '.hpp'), path: page.path, what: firstSentence(topComment(read(`include/${file}`))), entities });
}
const floors = [...read('include/recur/recur.hpp').matchAll(/^\/\/   (\w+)\//gm)].map(found => found[1]);
const inOrder = [...new Set([...floors, 'embedded', ...folders.keys()])].filter(folder => folders.has(folder));
if (xml) {
  const page = 'reference/index.html';
  const all = [...names].filter(([name]) => !name.endsWith('.hpp')).sort(([a], [b]) => a.localeCompare(b));
  const env = { page, resolve: href => href };
  let html = `<h1><span class="eyebrow">Reference</span>Every name of the library</h1>\n` +
    `<p>${all.length} names in ${reference.size} headers. A page holds what its header holds: the equations, the shapes, what is thrown, and the paper. <kbd>/</kbd> searches.</p>`;
  const headings = [];
  const heading = (text, id) => { headings.push({ level: 2, text, id }); return `<h2 id="${id}">${text}</h2>`; };
  html += heading('Headers to include', 'headers') + '<div class="table" tabindex="0"><table>';
  for (const file of ['stream', 'train', 'network', 'text', 'files', 'exchange', 'recur']) {
    const name = `include/recur/${file}.hpp`;
    shown.add(name);
    html += `<tr><td><a href="${relative(page, address(name))}"><code>recur/${file}.hpp</code></a></td><td>${renderDocstring(topComment(read(name)).split(/\n\n/)[0], env)}</td></tr>`;
  }
  html += '</table></div>';
  for (const folder of inOrder) {
    html += heading(folder, `folder-${folder}`) + '<div class="table" tabindex="0"><table>';
    for (const one of folders.get(folder)) {
      html += `<tr><td><a href="${relative(page, one.path)}"><code>${one.title}.hpp</code></a></td><td>${renderDocstring(one.what, env)}</td></tr>`;
    }
    html += '</table></div>';
  }
  html += heading('All names', 'all-names') + `<ul class="letters">${all.map(([name, to]) => `<li><a href="${relative(page, to)}">${escape(name)}</a></li>`).join('')}</ul>`;
  pages.push({ path: page, section: 'Reference', title: 'Reference', html, headings, kind: 'reference-index' });
}

// ---- Files as they are
const languages = { '.hpp': 'cpp', '.cpp': 'cpp', '.h': 'cpp', '.py': 'python', '.sh': 'bash', '.cmake': 'cmake', '.json': 'json' };
function sourcePage(file) {
  const page = address(file);
  const title = `<h1><span class="eyebrow">Source</span>${escape(file)}</h1>`;
  if (fs.statSync(path.join(root, file)).isDirectory()) {
    const inside = fs.readdirSync(path.join(root, file)).sort().filter(name => !/^\./.test(name) && name !== 'node_modules');
    const items = inside.map(name => {
      const to = path.join(file, name);
      if (/^images\//.test(address(to))) images.add(to);
      else shown.add(to);
      return `<li><a href="${relative(page, address(to))}"><code>${escape(name)}${fs.statSync(path.join(root, to)).isDirectory() ? '/' : ''}</code></a></li>`;
    });
    return { path: page, section: 'Source', title: file, kind: 'source', headings: [], html: `${title}<ul>${items.join('')}</ul>` };
  }
  const bytes = fs.readFileSync(path.join(root, file));
  if (bytes.length > 400000 || bytes.includes(0)) return { path: page, section: 'Source', title: file, kind: 'source', headings: [], html: `${title}<p>A file of ${bytes.length.toLocaleString('en')} bytes, not shown.</p>` };
  const text = bytes.toString('utf8');
  if (file.endsWith('.md')) {
    const { html, headings } = render(text, { page, resolve: resolver(file, page), drawing: drawing(file) });
    return { path: page, section: 'Source', title: file, kind: 'text', headings, html, file };
  }
  const language = languages[path.extname(file)] ?? (text.startsWith('#!/usr/bin/env bash') ? 'bash' : path.basename(file) === 'CMakeLists.txt' ? 'cmake' : undefined);
  // A span of several lines ends and begins again at each line.
  const open = [];
  const lines = highlight(text.replace(/\n$/, ''), language, page).split('\n').map((line, i) => {
    const begin = open.join('');
    for (const tag of line.match(/<\/?[a-z][^>]*>/g) ?? []) {
      if (tag.startsWith('</')) open.pop();
      else open.push(tag);
    }
    const end = [...open].reverse().map(tag => `</${/^<(\w+)/.exec(tag)[1]}>`).join('');
    return `<span class="line" id="L${i + 1}" data-n="${i + 1}">${begin}${line}${end}</span>`;
  });
  const explained = file.startsWith('include/') && reference.has(file.slice(8)) ? `<p class="include"><a href="${relative(page, pageOf(file.slice(8)))}">What it holds, explained</a></p>` : '';
  return { path: page, section: 'Source', title: file, kind: 'source', headings: [], html: `${title}${explained}<pre class="code" tabindex="0"><code>${lines.join('')}</code></pre>` };
}
shown.add('LICENSE');

// ---- The first page
function home() {
  const page = 'index.html';
  const unit = read('include/recur/cell/lstm.hpp');
  const forward = /static void forward[\s\S]*?\n {2}\}/.exec(unit)[0].split('\n').filter(line => /^ +const T /.test(line)).map(line => line.trim()).join('\n');
  const laws = topComment(unit).split('\n').filter(line => /^ {2}/.test(line)).map(line => line.trim()).join('\n');
  const readme = read('README.md');
  const program = /```cpp\n([\s\S]*?)```\n(?:\s*```text\n([\s\S]*?)```)?/.exec(readme);
  const chapters = pages.filter(one => one.section === 'Guide' && one.number);
  const fill = {
    equations: equations(laws, escape),
    forward: highlight(forward, 'cpp', page),
    program: highlight(program[1], 'cpp', page),
    prints: escape(program[2] ?? ''),
    chapters: chapters.map(one => `<li><a href="${one.path}"><span class="number">${one.number}</span>${escape(one.title)}</a></li>`).join('\n'),
    playground: '',
  };
  if (hasPlayground) {
    copy(playground, 'playground');
    fill.playground = fs.readFileSync(path.join(playground, 'playground.html'), 'utf8');
  } else {
    // The first picture of the README.
    const [, alt, file] = /!\[([^\]]*)\]\(([^)]*)\)/.exec(readme);
    images.add(file);
    fill.playground = `<span class="figure"><img src="${address(file)}" alt="${escape(alt)}"></span>`;
  }
  const html = read('docs/site/home.html').replace(/\{\{(\w+)\}\}/g, (whole, name) => fill[name] ?? '');
  pages.push({ path: page, section: '', title: 'recur: recurrent neural networks in C++20', html, headings: [], kind: 'home', text: '' });
}
home();

// ---- The frame around each page
const version = /RECUR_VERSION_MAJOR (\d+)[\s\S]*RECUR_VERSION_MINOR (\d+)[\s\S]*RECUR_VERSION_PATCH (\d+)/.exec(fs.readdirSync(path.join(root, 'include/recur/core')).map(name => read(`include/recur/core/${name}`)).join('\n'));
const template = read('docs/site/page.html');
const starts = new Map(sections.filter(section => section.files.length).map(section => [section.title, address(section.files[0])]));
if (xml) {
  const withReference = [...starts].flatMap(entry => entry[0] === 'Speed' ? [['Reference', 'reference/index.html'], entry] : [entry]);
  starts.clear();
  withReference.forEach(([title, to]) => starts.set(title, to));
}

function contents(page) {
  const link = (to, text, number) => `<li><a href="${relative(page.path, to)}"${to === page.path ? ' aria-current="page"' : ''}>${number === undefined ? '' : `<span class="number">${number}</span>`}<span>${escape(text)}</span></a></li>`;
  const others = `<div class="others">${[...starts].map(([title, to]) => `<a href="${relative(page.path, to)}">${title}</a>`).join('')}</div>`;
  if (page.section === 'Reference' || (page.section === 'Source' && page.title.startsWith('include'))) {
    const list = inOrder.map(folder => {
      const inside = folders.get(folder);
      const isOpen = inside.some(one => one.path === page.path);
      return `<details${isOpen ? ' open' : ''}><summary>${folder}</summary><ul>${inside.map(one => link(one.path, one.title)).join('')}</ul></details>`;
    }).join('');
    return `${others}<h2>Reference</h2><ul>${link('reference/index.html', 'All headers and names')}</ul>${list}`;
  }
  const inside = pages.filter(one => one.section === page.section && one.file && page.section !== 'Source');
  const title = page.section && page.section !== 'Source' ? `<h2>${page.section}</h2>` : '';
  return `${others}${title}<ol>${inside.map(one => link(one.path, one.path === 'guide/index.html' ? 'Contents' : one.title, one.number ?? (page.section === 'Guide' ? '' : undefined))).join('')}</ol>`;
}

function pager(page) {
  if (!page.file || !['Guide', 'How to'].includes(page.section)) return '';
  const inside = pages.filter(one => one.section === page.section && one.file), i = inside.indexOf(page);
  const link = (one, kind, word) => one ? `<a class="${kind}" rel="${kind}" href="${relative(page.path, one.path)}"><small>${word}</small>${escape(one.title)}</a>` : '';
  return `<nav class="pager" aria-label="Before and next">${link(inside[i - 1], 'prev', 'Before')}${link(inside[i + 1], 'next', 'Next')}</nav>`;
}

function frame(page) {
  const depth = '../'.repeat(page.path.split('/').length - 1);
  const headings = page.headings.filter(heading => heading.level <= 3);
  const toc = headings.length > 1 && page.kind !== 'source' ? `<nav class="toc" aria-label="On this page"><h2>On this page</h2><ol>${headings.map(heading => `<li${heading.level === 3 ? ' class="deeper"' : ''}><a href="#${heading.id}">${escape(heading.text)}</a></li>`).join('')}</ol></nav>` : '';
  const description = (page.text ?? '').replace(/```[\s\S]*?```/g, ' ').replace(/^#.*$/gm, '').replace(/[`*[\]]|\([^)]*\.md[^)]*\)/g, '').replace(/\s+/g, ' ').trim().slice(0, 160);
  const fill = {
    root: depth, title: page.kind === 'home' ? page.title : `${escape(page.title)} · recur`, description: escape(description || 'Recurrent neural networks in C++20, on Eigen, as headers.'),
    kind: page.kind, main: page.html, pager: pager(page), toc, nav: contents(page), version: version ? version.slice(1).join('.') : '',
    sections: [...starts].map(([title, to]) => `<a href="${relative(page.path, to)}"${title === page.section ? ' aria-current="true"' : ''}>${title}</a>`).join(''),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (whole, name) => fill[name] ?? '');
}

// ---- Search: a text for each heading of a page, and for each name.
const plain = html => html.replace(/<math[\s\S]*?<\/math>/g, ' ').replace(/<\/?(a|b|i|em|strong|code|var|sub|sup|span)\b[^>]*>/g, '').replace(/<[^>]*>/g, ' ').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&').replace(/§|\s+/g, ' ').trim();
function searchTexts() {
  const texts = [];
  const add = entry => texts.push({ id: texts.length, ...entry });
  for (const page of pages) {
    if (page.entries) {
      for (const entry of page.entries) add({ title: entry.title, kind: entry.kind, page: page.title, to: `${page.path}#${entry.id}`, names: entry.members.join(' '), text: entry.text.replace(/\s+/g, ' ').slice(0, 500) });
    } else if (page.file && page.section !== 'Source') {
      const pieces = page.html.split(/(?=<h[23] id=")/);
      pieces.forEach((piece, i) => {
        const id = /^<h[23] id="([^"]*)"/.exec(piece)?.[1];
        const title = page.headings.find(heading => heading.level > 1 && heading.id === id)?.text ?? page.title;
        const text = plain(piece.replace(/^<h\d[\s\S]*?<\/h\d>/, ''));
        if (text || !i) add({ title, page: page.title === title ? page.section : page.title, to: page.path + (id ? `#${id}` : ''), names: '', text: text.slice(0, 1500) });
      });
    }
  }
  return `window.recurTexts = ${JSON.stringify(texts)};\n`;
}

// ---- Links
function checkLinks() {
  const files = new Map();
  const walk = folder => {
    for (const name of fs.readdirSync(path.join(out, folder))) {
      const file = path.posix.join(folder, name);
      if (fs.statSync(path.join(out, file)).isDirectory()) walk(file);
      else files.set(file, undefined);
    }
  };
  walk('');
  const textOf = file => fs.readFileSync(path.join(out, file), 'utf8');
  const idsOf = (file, tag) => [...textOf(file).matchAll(new RegExp(`<(?:${tag})\\b[^>]*\\sid="([^"]*)"`, 'g'))].map(found => found[1]);
  const controls = new Map();  // a link to a control is a mistake: it shows a part of something
  for (const file of files.keys()) {
    if (!file.endsWith('.html')) continue;
    files.set(file, new Set(idsOf(file, '[a-z][a-z0-9]*')));
    controls.set(file, new Set(idsOf(file, 'input|select|textarea|button')));
  }
  const outside = new Set();
  let links = 0;
  for (const [file] of files) {
    if (file.endsWith('.css')) {
      for (const found of textOf(file).matchAll(/url\(['"]?(?!data:)([^'")]+)/g)) {
        if (/^(https?:)?\/\//.test(found[1])) problems.push(`${file} asks another host for ${found[1]}`);
        else if (!files.has(path.posix.normalize(path.posix.join(path.posix.dirname(file), found[1].split(/[?#]/)[0])))) problems.push(`${file}: there is no ${found[1]}`);
      }
    }
    if (!file.endsWith('.html') || file === 'playground/playground.html') continue;
    for (const found of textOf(file).matchAll(/<(a|link|script|img|iframe|source|video|audio)\s[^>]*?(?:href|src)="([^"]*)"/g)) {
      const [, tag, raw] = found;
      const href = raw.replaceAll('&amp;', '&');
      ++links;
      if (/^(https?:)?\/\//.test(href)) {
        if (tag === 'a') outside.add(href);
        else problems.push(`${file} asks another host for ${href}`);
        continue;
      }
      if (/^(data|mailto):/.test(href)) continue;
      const [target, hash] = decodeURI(href).split('#');
      const to = target ? path.posix.normalize(path.posix.join(path.posix.dirname(file), target)) : file;
      if (!xml && to.startsWith('reference/')) continue;
      if (!files.has(to)) problems.push(`${file}: the link ${href} leads to nothing`);
      else if (hash && files.get(to) && !files.get(to).has(hash)) problems.push(`${file}: ${to} has no place called #${hash}`);
      else if (hash && controls.get(to)?.has(hash)) problems.push(`${file}: #${hash} in ${to} is a control of a form, not a place to read`);
    }
  }
  fs.writeFileSync(path.join(out, '..', 'site-links.txt'), [...outside].sort().join('\n') + '\n');
  return { links, outside: outside.size };
}

// ---- All of it
fs.rmSync(path.join(out, 'images'), { recursive: true, force: true });
for (let file of shown) if (!allFiles.has(file)) pages.push(sourcePage(file));  // a folder adds what is in it
for (const page of pages) write(page.path, frame(page));
for (const file of images) copy(path.join(root, file), address(file));
for (const name of ['style.css', 'site.js', 'icon.svg']) copy(path.join(here, name), name);
const packages = path.join(here, 'node_modules');
copy(path.join(packages, 'minisearch/dist/umd/index.js'), 'minisearch.js');
copy(path.join(packages, 'katex/dist/katex.min.css'), 'katex/katex.min.css');
const katexStyle = path.join(out, 'katex/katex.min.css');  // every browser of today reads woff2
fs.writeFileSync(katexStyle, fs.readFileSync(katexStyle, 'utf8').replace(/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)/g, ''));
for (const name of fs.readdirSync(path.join(packages, 'katex/dist/fonts'))) if (name.endsWith('.woff2')) copy(path.join(packages, 'katex/dist/fonts', name), `katex/fonts/${name}`);
let fonts = '/* Fonts of Adobe, under the SIL Open Font License; packaged by Fontsource. */\n';
for (const [name, style] of [['source-serif-4', 'opsz'], ['source-serif-4', 'wght-italic'], ['source-sans-3', 'wght'], ['source-sans-3', 'wght-italic'], ['source-code-pro', 'wght'], ['source-code-pro', 'wght-italic']]) {
  const folder = path.join(packages, '@fontsource-variable', name);
  for (const face of fs.readFileSync(path.join(folder, `${style}.css`), 'utf8').match(/@font-face \{[^}]*\}/g)) {
    const file = /files\/([^)]*)/.exec(face)[1];
    if (!/-(latin|latin-ext|greek)-(opsz|wght)/.test(file)) continue;
    copy(path.join(folder, 'files', file), `fonts/${file}`);
    fonts += `${face.replace('./files/', 'fonts/').replace('woff2-variations', 'woff2')}\n`;
  }
}
write('fonts.css', fonts);
write('search-index.js', searchTexts());
write('.nojekyll', '');
const { links, outside } = checkLinks();
if (problems.length) {
  for (const problem of [...new Set(problems)]) console.error(`site: ${problem}`);
  process.exit(1);
}
console.log(`${pages.length} pages, ${[...names.keys()].filter(name => !name.endsWith('.hpp')).length} names, ${links} links that all lead somewhere, ${outside} to other hosts (${path.relative(root, path.join(out, '../site-links.txt'))})`);
