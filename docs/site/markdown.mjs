// From Markdown to HTML: the pages of docs/, and the docstrings, which reference.mjs takes from the headers.
import MarkdownIt from 'markdown-it';
import hljs from 'highlight.js/lib/core';
import cpp from 'highlight.js/lib/languages/cpp';
import cmake from 'highlight.js/lib/languages/cmake';
import bash from 'highlight.js/lib/languages/bash';
import python from 'highlight.js/lib/languages/python';
import json from 'highlight.js/lib/languages/json';
import { equations, withLetters } from './equations.mjs';

for (const [name, language] of Object.entries({ cpp, cmake, bash, python, json })) hljs.registerLanguage(name, language);
hljs.registerAliases(['sh', 'shell', 'console'], { languageName: 'bash' });

export const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/// The anchor of a heading, as on GitHub, so that the same links work there.
export const slug = text => text.trim().toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-');

/// `names` maps each public name of the library to the page that explains it. The reference fills it before pages are made.
export const names = new Map();

/// The address of `to` as seen from the page `from`.
export function relative(from, to) {
  if (/^[a-z]+:/.test(to)) return to;
  const up = from.split('/').slice(0, -1), down = to.split('/');
  while (up.length && down.length > 1 && up[0] === down[0]) { up.shift(); down.shift(); }
  return '../'.repeat(up.length) + down.join('/');
}

// Each name of the library in highlighted C++ becomes a link, but not in comments and texts, and a small name only where it is
// called: a variable may have the same one.
function withReferences(html, page) {
  const open = [];
  return html.split(/(<[^>]*>)/).map(part => {
    if (part.startsWith('<')) {
      if (part.startsWith('</')) open.pop();
      else open.push(part);
      return part;
    }
    if (open.some(tag => /comment|string|meta/.test(tag))) return part;
    return part.replace(/(?<![\w.]|-&gt;)([A-Za-z_]\w+)\b(\s*)(&lt;|[({])?/g, (whole, name, space, after) => {
      const to = names.get(name);
      if (!to || (/^[a-z]/.test(name) && (space || !after))) return whole;
      return `<a href="${relative(page, to)}">${name}</a>${space}${after ?? ''}`;
    });
  }).join('');
}

export function highlight(code, language, page) {
  if (!hljs.getLanguage(language ?? '')) return escape(code);
  const html = hljs.highlight(code, { language }).value;
  return language === 'cpp' && page ? withReferences(html, page) : html;
}

// A block that is indented has no language. It is equations, C++ or plain text.
function indented(code, page) {
  const set = equations(code.replace(/\n$/, ''), text => inline(text, page));
  if (set) return set;
  const language = /[;{}]\s*($|\/\/)|\w\(.*\)|::|^#include/m.test(code) ? 'cpp' : undefined;
  return `<pre class="code" tabindex="0"><code>${highlight(code, language, page)}</code></pre>\n`;
}

// Quotation marks are set as such; the other replacements would change (c) and --.
const markdown = new MarkdownIt({ html: true, typographer: true }).disable('replacements');
const rules = markdown.renderer.rules;

rules.fence = (tokens, i, options, env) => {
  const { content, info, level } = tokens[i];
  const language = info.trim().split(/\s/)[0];
  if (language === 'indented') return indented(content, env.page);
  const before = tokens[i - 1];
  const prints = language === 'text' && before?.type === 'fence' && before.info.startsWith('cpp') && level === before.level;
  const kind = prints ? 'prints' : language === 'cpp' ? 'code program' : 'code';
  return `<pre class="${kind}" tabindex="0"${prints ? ' aria-label="It prints"' : ''}><code>${highlight(content, language, env.page)}</code></pre>\n`;
};
rules.code_block = (tokens, i, options, env) => indented(tokens[i].content, env.page);
rules.text = (tokens, i, options, env) => env.docstring ? withNames(tokens[i].content, env.page) : withLetters(tokens[i].content);
rules.code_inline = (tokens, i, options, env) => {
  // In a docstring, a small word is mostly a parameter: `training`.
  const isParameter = env.docstring && /^[a-z]+$/.test(tokens[i].content);
  return code(tokens[i].content, env.page, env.link || isParameter);
};
rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
rules.table_close = () => '</table></div>\n';
rules.link_open = (tokens, i, options, env, self) => {
  const href = tokens[i].attrGet('href');
  env.link = true;
  tokens[i].attrSet('href', env.resolve ? env.resolve(href) : href);
  return self.renderToken(tokens, i, options);
};
rules.link_close = (tokens, i, options, env, self) => {
  env.link = false;
  return self.renderToken(tokens, i, options);
};
rules.image = (tokens, i, options, env, self) => {
  const src = tokens[i].attrGet('src');
  const alt = self.renderInlineAsText(tokens[i].children, options, env);
  const drawing = env.drawing?.(src);
  const image = drawing ?? `<img src="${escape(env.resolve ? env.resolve(src) : src)}" alt="${escape(alt)}" loading="lazy">`;
  return `<span class="figure">${image}<span class="caption">${withLetters(alt)}</span></span>`;
};
rules.heading_open = (tokens, i, options, env) => {
  const content = tokens[i + 1], level = Number(tokens[i].tag[1]);
  const text = content.children.filter(t => t.type === 'text' || t.type === 'code_inline').map(t => t.content).join('');
  let id = slug(text);
  env.ids ??= new Map();
  const seen = env.ids.get(id) ?? 0;
  env.ids.set(id, seen + 1);
  if (seen) id += `-${seen}`;
  (env.headings ??= []).push({ level, text, id, line: tokens[i].map?.[0] });
  return `<${tokens[i].tag} id="${id}">`;
};
rules.heading_close = (tokens, i, options, env) => {
  const { id, level, text } = env.headings.at(-1);
  const anchor = level > 1 ? `<a class="anchor" href="#${id}" aria-label="Link to: ${escape(text)}">§</a>` : '';
  return `${anchor}</${tokens[i].tag}>\n`;
};

function code(text, page, inLink) {
  const name = /^(?:recur::)?([A-Za-z_][\w:]*)(?:<.*>|\(.*\)|\{.*\})?$/s.exec(text)?.[1];
  const to = !inLink && page && (text.endsWith('.hpp') ? names.get(text) : name && names.get(name));
  const html = `<code>${escape(text)}</code>`;
  return to && to !== page ? `<a class="name" href="${relative(page, to)}">${html}</a>` : html;
}

// In a docstring, names stand without marks: Gru<float>{I, H}, std::invalid_argument, weight_ih.
const nameLike = /\b(?:[a-z0-9_]+\/)*\w+\.hpp\b|std::\w+(?:<[^<>]*>)?|\b[A-Za-z_]\w*(?:(?:::|\.)[A-Za-z_]\w*)*(?:<[\w:, ]*>)?(?:\{[^{}]*\}|\(\))?/g;
function withNames(text, page) {
  let html = '', from = 0;
  for (const found of text.matchAll(nameLike)) {
    const whole = found[0], base = /^[\w:.]+/.exec(whole)[0], isFile = whole.endsWith('.hpp');
    const codelike = isFile || base.includes('::') || /^[a-z]{2,}[\w.]*_\w+/.test(base) || whole !== base ||
      (names.has(base) && /^[A-Z][a-z]*[A-Z]\w*$|_/.test(base));
    if (!codelike) continue;
    html += withLetters(text.slice(from, found.index)) + code(whole, page);
    from = found.index + whole.length;
  }
  return html + withLetters(text.slice(from));
}

const inline = (text, page) => markdown.renderInline(text, { page, docstring: true });

/// { html, headings } of a page of Markdown. `env` has the page's address, and resolve, the address of what a link names.
export function render(text, env) {
  const html = markdown.set({ typographer: true }).render(text, env);
  return { html, headings: env.headings ?? [] };
}

/// The HTML of a docstring, or of the comment at the top of a header: Markdown, where lines indented by two spaces are
/// equations or code.
export function renderDocstring(text, env) {
  const lines = [];
  let inList = false, inBlock = false;
  for (const line of text.split('\n')) {
    const blank = !line.trim();
    const deeper = /^ {2,}/.test(line) && !inList;
    if (inBlock && !deeper && !blank) { lines.push('```', ''); inBlock = false; }
    if (deeper && !inBlock) { lines.push('', '```indented'); inBlock = true; }
    if (!deeper && !blank) inList = /^(- |\d+\. )/.test(line) || (inList && /^ /.test(line));
    if (blank && inBlock) { lines.push('```', ''); inBlock = false; }
    else lines.push(inBlock ? line.slice(2) : line.replace(/^(\s*)([#>])/, '$1\\$2').replaceAll('<', '\\<').replace(/`[^`]*`/g, all => all.replaceAll('\\<', '<')));
    if (blank) inList = false;
  }
  if (inBlock) lines.push('```');
  return markdown.set({ typographer: false }).render(lines.join('\n'), { docstring: true, ...env });
}
