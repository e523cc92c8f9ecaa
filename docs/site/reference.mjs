// The reference: a page for each header, from what Doxygen has read of it. A name, function or field that is public and has no
// docstring is an error, and a function that throws by its own words and does not say so. So is a macro that no comment of its header
// names.
import fs from 'node:fs';
import path from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { escape, highlight, names, relative, renderDocstring } from './markdown.mjs';

const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', trimValues: false, processEntities: true, htmlEntities: true });

// One element of the parsed file, with what is asked of it.
class Element {
  constructor(node) {
    this.tag = Object.keys(node).find(key => key !== ':@');
    this.attributes = node[':@'] ?? {};
    this.children = this.tag === '#text' ? [] : node[this.tag].map(child => new Element(child));
    this.own = this.tag === '#text' ? String(node['#text']) : '';
  }
  all(tag) { return this.children.filter(child => child.tag === tag); }
  one(tag) { return this.children.find(child => child.tag === tag); }
  get text() { return this.own + this.children.map(child => child.text).join(''); }
  of(tag) { return this.one(tag)?.text.trim() ?? ''; }
}

const load = file => new Element(parser.parse(fs.readFileSync(file, 'utf8')).find(node => node.doxygen)).one('compounddef');

// The docstring of an entity, as its header has it, without the slashes.
const docstring = element => ['detaileddescription', 'briefdescription', 'inbodydescription']
  .map(part => element.of(part).split('\n').map(line => line.replace(/^\s*\/\/\/ ?/, '')).join('\n').trim()).filter(Boolean).join('\n\n');

// Doxygen writes types with spaces that the headers don't have.
const tidy = type => type.replace(/< /g, '<').replace(/ >/g, '>').replace(/ ([&*])/g, '$1 ').replace(/([&*]) (?=[,)>&]|$)/g, '$1').replace(/\s+/g, ' ').replace(/(?<=[\w)>])([&*]+)(?=\w)/g, '$1 ').replace(/([&*]) \.\.\./g, '$1...').replace(/(\w) ?= ?(?=[\w{"'-])/g, '$1 = ').trim();

function templateOf(element) {
  const list = element.one('templateparamlist');
  const clause = tidy(element.of('requiresclause'));
  if (!list) return '';
  const parameters = list.all('param').map(param => {
    const value = param.of('defval'), name = param.of('declname');
    return tidy([param.of('type'), name].filter(Boolean).join(' ')) + (value ? ` = ${value}` : '');
  });
  return `template <${parameters.join(', ')}>\n` + (clause ? `  requires ${clause}\n` : '');
}

function declaration(member) {
  const { kind, name } = member, at = member.element;
  const type = tidy(at.of('type')).replace(/^RECUR_\w+ /, '');
  const value = at.of('initializer');
  const head = templateOf(at);
  if (kind === 'typedef') return `${head}using ${name} = ${type};`;
  if (kind === 'enum') return `enum class ${name} { ${at.all('enumvalue').map(v => v.of('name')).join(', ')} };`;
  if (kind === 'variable') {
    const short = value && value.length < 60 && !value.includes('\n') ? ` ${value}` : '';
    return `${head}${at.attributes.static === 'yes' && !type.includes('static') ? 'static ' : ''}${type} ${name}${at.of('argsstring')}${short};`.replace(' {', '{');
  }
  if (kind === 'concept') return value.endsWith(';') ? value : `${value};`;
  if (kind === 'class') return `${head}${at.attributes.kind} ${name};`;
  const prefix = `${at.attributes.static === 'yes' && !type.includes('static') ? 'static ' : ''}${at.attributes.explicit === 'yes' ? 'explicit ' : ''}`;
  const clause = at.one('templateparamlist') ? '' : tidy(at.of('requiresclause'));
  const call = `${head}${prefix}${type}${type ? ' ' : ''}${name}${tidy(at.of('argsstring')).replace(/\s*=\s*0$/, ' = 0').replace(/\s*=\s*default$/, ' = default')}${clause && ` requires ${clause}`};`;
  return wrapped(call);
}

// The text cut after each comma that is not between angle or inner brackets.
function pieces(line) {
  const all = [''];
  let depth = 0;
  for (const c of line) {
    if ('(<[{'.includes(c)) ++depth;
    if (')>]}'.includes(c)) --depth;
    all[all.length - 1] += c;
    if (c === ',' && depth <= 1) all.push('');
  }
  return all.map((piece, i) => i ? piece.replace(/^ /, '') : piece).map((piece, i) => i < all.length - 1 ? `${piece} ` : piece);
}

// A declaration that is too long for a line has a line for each few parameters.
function wrapped(text, width = 96) {
  return text.split('\n').map(line => {
    if (line.length <= width) return line;
    const indent = ' '.repeat(line.startsWith('template') ? 10 : Math.min(line.indexOf('(') + 1, 24));
    let out = '', row = '';
    for (const piece of pieces(line)) {
      if ((row + piece).length > width && row) { out += `${row.trimEnd()}\n`; row = indent; }
      row += piece;
    }
    return out + row;
  }).join('\n');
}

// Whether a function throws by its own words: it calls require, or has a throw. What it calls may throw too.
function throwsItself(element, root) {
  const { bodyfile, bodystart, bodyend } = element.one('location')?.attributes ?? {};
  if (!bodyfile || Number(bodyend) < Number(bodystart)) return false;
  const body = fs.readFileSync(path.join(root, 'include', bodyfile), 'utf8').split('\n').slice(bodystart - 1, bodyend).join('\n');
  return /\brequire(_\w+)?(<[^>]*>)?\(|\bthrow\s+\w/.test(body.replace(/\/\/.*$/gm, '').replace(/"([^"\\]|\\.)*"/g, '""'));
}

// The macros that a header defines for others and that none of its comments names. RECUR_COMPILED_... are lists of templates, which
// core/compiled.hpp explains.
function silentMacros(text) {
  const told = text.split('\n').filter(line => /^ *\/\//.test(line)).join('\n');
  const all = [...text.matchAll(/^ *# *define (RECUR_\w+)/gm)].filter(([, name]) => !/^RECUR_(COMPILED|DETAIL)_/.test(name) && !new RegExp(`\\b${name}\\b`).test(told));
  return [...new Map(all.map(one => [one[1], text.slice(0, one.index).split('\n').length]))];
}

const isPublic = name => !/(^|::)detail(::|$)/.test(name) && !name.includes('<');

/// Reads the XML in `folder`. Returns { headers, problems }: for each header its entities in the order in which they stand
/// there, and the names that lack a docstring.
export function readReference(folder, root) {
  const headers = new Map(), problems = [];
  const listed = new Element(parser.parse(fs.readFileSync(path.join(folder, 'index.xml'), 'utf8')).find(node => node.doxygenindex));
  const add = (file, entity) => {
    if (!headers.has(file)) headers.set(file, []);
    headers.get(file).push(entity);
  };
  const locate = element => {
    const { file, line } = element.one('location')?.attributes ?? {};
    return { file, line: Number(line) };
  };
  const member = element => ({
    element, kind: element.attributes.kind, name: element.of('name'), documentation: docstring(element), ...locate(element),
  });

  for (const compound of listed.all('compound')) {
    const { kind, refid } = compound.attributes;
    const full = compound.of('name');
    if (!['namespace', 'class', 'struct', 'concept'].includes(kind) || !full.startsWith('recur') || !isPublic(full)) continue;
    const element = load(path.join(folder, `${refid}.xml`));
    const name = full.replace(/^recur::/, '');
    if (kind === 'namespace') {
      const space = full === 'recur' ? '' : `${name}::`;
      for (const one of element.all('sectiondef').flatMap(section => section.all('memberdef'))) {
        const entity = member(one);
        // Operators, deduction guides and what is told of a class elsewhere have no name of their own.
        if (/^operator|^RECUR_/.test(entity.name) || one.of('argsstring').includes('->') && !one.of('type')) continue;
        if (one.attributes.prot === 'private' || /=\s*delete/.test(one.of('argsstring'))) continue;  // what is deleted only says what to include
        add(entity.file, { ...entity, name: space + entity.name, short: entity.name });
      }
    } else {
      if (/::/.test(name.replace(/^(embedded|figure)::/, ''))) continue;  // a class inside of a class is told there
      const { file, line } = locate(element);
      const members = element.all('sectiondef').filter(section => !/private|protected/.test(section.attributes.kind))
        .flatMap(section => section.all('memberdef')).map(member);
      // One sentence behind fields that share a line is said of them all.
      for (const one of members) one.documentation ||= members.find(other => other.kind === 'variable' && other.line === one.line && other.documentation)?.documentation ?? '';
      add(file, { element, kind: kind === 'concept' ? 'concept' : 'class', name, short: name.split('::').at(-1), documentation: docstring(element), file, line, members });
    }
  }
  for (const name of fs.readdirSync(path.join(root, 'include'), { recursive: true }).map(String).filter(name => name.endsWith('.hpp')))
    for (const [macro, line] of silentMacros(fs.readFileSync(path.join(root, 'include', name), 'utf8'))) problems.push(`include/${name}:${line}: ${macro} has no docstring`);
  // Names that a concept asks for or that are told with it, and functions that its docstring or the top of its header explains.
  const words = text => text.match(/\w+/g) ?? [];
  const top = file => topComment(fs.readFileSync(path.join(root, 'include', file), 'utf8'));
  const concepts = [...headers.values()].flat().filter(one => one.kind === 'concept');
  const asked = new Set([...concepts.flatMap(one => words(one.element.of('initializer'))), ...contracts.flatMap(([, all]) => all)]);
  const explained = new Set(concepts.flatMap(one => words(one.documentation + top(one.file))));
  // What throws says so: itself, a function of the same name, its class, or the top of the header.
  const hasThrows = (all, ...texts) => /[Tt]hrow/.test([...all.map(one => one.documentation), ...texts].join());
  for (const [file, entities] of headers) {
    for (const { name, kind, element, line, documentation, members = [] } of entities) {
      const isSilent = kind === 'function' && throwsItself(element, root) && !hasThrows(entities.filter(one => one.name === name), top(file));
      if (isSilent) problems.push(`include/${file}:${line}: ${name} does not say what it throws`);
      for (const one of members) {
        const isSilent = one.kind === 'function' && throwsItself(one.element, root) && !hasThrows(members.filter(other => other.name === one.name), documentation, top(file));
        if (isSilent) problems.push(`include/${file}:${one.line}: ${name}::${one.name} does not say what it throws`);
      }
    }
    entities.sort((a, b) => a.line - b.line);
    for (const name of new Set(entities.map(entity => entity.name))) {
      const same = entities.filter(entity => entity.name === name);
      if (!same.some(entity => entity.documentation)) problems.push(`include/${file}:${same[0].line}: ${same[0].name} has no docstring`);
    }
    // A member needs a sentence too, unless the docstring of its type or the top of the header names it. The layers of embedded
    // networks have the members that the top of embedded/layers.hpp tells. Types are mostly what a concept asks for.
    for (const { kind, name, short, documentation, members } of entities) {
      if (kind !== 'class' || name.startsWith('embedded::')) continue;
      const told = new Set([...words(documentation), ...words(top(file)), ...members.filter(one => one.documentation).map(one => one.name)]);
      for (const one of members) {
        const isField = one.kind === 'variable', isFunction = one.kind === 'function' && one.name !== short && !/^(~|operator)/.test(one.name);
        if ((isField || isFunction) && !one.documentation && !told.has(one.name) && !asked.has(one.name) && !(isFunction && explained.has(one.name)))
          problems.push(`include/${file}:${one.line}: ${name}::${one.name} has no docstring`);
      }
    }
  }
  return { headers, problems };
}

/// The page of a header.
export const pageOf = file => `reference/${file.replace(/^recur\//, '').replace(/\.hpp$/, '.html')}`;
const anchorOf = name => name.replace(/^.*::/, '');

/// Fills `names`: where each public name is explained.
export function collectNames(headers) {
  const ends = new Map();  // gru.hpp may be said of cell/gru.hpp, if there is only one
  for (const [file, entities] of headers) {
    for (const { name } of entities) names.set(name, `${pageOf(file)}#${anchorOf(name)}`);
    const [end] = file.split('/').slice(-1), within = file.replace(/^recur\//, '');
    for (const said of new Set([file, within, end])) ends.set(said, ends.has(said) ? undefined : pageOf(file));
  }
  for (const [said, to] of ends) if (to) names.set(said, to);
}

// The comment at the top of a header, before #pragma once.
export function topComment(text) {
  const lines = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('//')) break;
    lines.push(line.replace(/^\/\/ ?/, ''));
  }
  return lines.join('\n');
}

const kinds = { typedef: 'type', enum: 'enumeration', variable: 'constant', function: 'function', concept: 'concept', class: 'class' };

// A class with its members, as a header that has no bodies.
function synopsis(entity) {
  const lines = [`${templateOf(entity.element)}${entity.element.attributes.kind} ${entity.short} {`];
  if (entity.element.attributes.kind === 'class') lines.push(' public:');
  for (const one of entity.members) lines.push(...declaration(one).split('\n').map(line => `  ${line}`));
  return entity.members.length ? [...lines, '};'].join('\n') : `${lines[0].replace(/ \{$/, '')};`;
}

// What members mean that every class of a kind has: the concept says it once.
const contracts = [
  ['Layer', ['forward', 'backward', 'input_size', 'describe', 'initialize']], ['Streamable', ['stream', 'step']], ['HasState', ['state_size']],
  ['Unit', ['from_input', 'from_hidden', 'saved']], ['StepwiseCell', ['forward_inputs', 'backward_weights']], ['Activation', ['value', 'slope']],
  ['Visitable', ['visit']],
];
function contract(members, page) {
  const has = new Set(members.map(one => one.name));
  const kept = contracts.filter(([name, all]) => names.has(name) && all.every(one => has.has(one))).map(([name]) => `<a href="${relative(page, names.get(name))}"><code>${name}</code></a>`);
  return kept.length ? `<p class="contract">Members without a text here are explained at ${kept.join(', ').replace(/, ([^,]*)$/, ' and $1')}.</p>\n` : '';
}

/// The page of a header as { path, title, html, headings, entries }; entries are what the search finds.
export function referencePage(file, entities, root) {
  const page = pageOf(file);
  const source = `source/include/${file.replace(/\.hpp$/, '.hpp.html')}`;
  const env = { page };
  const headings = [], entries = [];
  const top = topComment(fs.readFileSync(path.join(root, 'include', file), 'utf8'));
  let html = `<h1><code>${file}</code></h1>\n`;
  html += `<p class="include"><code>#include &lt;${file}&gt;</code> <a href="${relative(page, source)}">source</a></p>\n`;
  html += `<div class="lead">${renderDocstring(top, env)}</div>\n`;
  for (const name of new Set(entities.map(entity => entity.name))) {
    const same = entities.filter(entity => entity.name === name);
    const first = same[0], id = anchorOf(name);
    headings.push({ level: 2, text: name, id });
    html += `<section class="entry"><h2 id="${id}"><code>${escape(name)}</code> <span class="kind">${kinds[first.kind] ?? first.kind}, <a href="${relative(page, source)}#L${first.line}">line ${first.line}</a></span>` +
      `<a class="anchor" href="#${id}" aria-label="Link to: ${escape(name)}">§</a></h2>\n`;
    // What stands below one docstring, up to the next, belongs to it.
    const groups = [];
    for (const entity of same) {
      if (entity.documentation || !groups.length) groups.push({ text: entity.documentation, declared: [] });
      groups.at(-1).declared.push(entity.kind === 'class' ? synopsis(entity) : declaration(entity));
    }
    for (const group of groups) {
      const code = `<pre class="code declaration" tabindex="0"><code>${highlight(group.declared.join('\n'), 'cpp', page)}</code></pre>\n`;
      const text = renderDocstring(group.text, env);
      html += first.kind === 'class' ? text + code : code + text;  // a class is long, so its text comes first
    }
    const told = groups.map(group => group.text).filter(Boolean);
    const members = same.flatMap(entity => entity.kind === 'enum' ? entity.element.all('enumvalue').map(value => ({ name: value.of('name'), kind: 'value', documentation: docstring(value), element: value })) : entity.members ?? []);
    const shown = members.filter(one => one.documentation);
    if (first.kind === 'class') html += contract(members, page);
    if (shown.length) {
      html += '<dl class="members">\n';
      shown.forEach((one, i) => {
        const text = one.kind === 'value' ? one.name : declaration(one).replace(/;$/, '');
        const next = shown[i + 1], isShared = one.line && next?.line === one.line && next.documentation === one.documentation;
        html += `<dt><code>${highlight(text, 'cpp', page)}</code></dt>${isShared ? '' : `<dd>${renderDocstring(one.documentation, env)}</dd>`}\n`;
      });
      html += '</dl>\n';
    }
    html += '</section>\n';
    entries.push({ id, title: name, kind: kinds[first.kind], text: told.join(' '), members: members.map(one => one.name) });
  }
  return { path: page, title: file.replace(/^recur\//, ''), html, headings, entries };
}
