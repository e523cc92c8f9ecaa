// Typesets the equations of the guide and of the docstrings. They are plain text there, since a header and a terminal should
// show them as well: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
import katex from 'katex';

class NotMathematics extends Error {}

const functions = new Set(['tanh', 'exp', 'log', 'sin', 'cos', 'max', 'min']);
const letterNames = { epsilon: '\\varepsilon', beta: '\\beta', gamma: '\\gamma', alpha: '\\alpha', lambda: '\\lambda', rho: '\\rho' };
const superscripts = { '⁰': '0', '¹': '1', '²': '2', '³': '3', '⁴': '4', '⁵': '5', '⁶': '6', '⁷': '7', '⁸': '8', '⁹': '9', '⁻': '-', 'ᵀ': '\\mathsf{T}', 'ⁿ': 'n', 'ᵗ': 't' };
const subscripts = { '₀': '0', '₁': '1', '₂': '2', '₃': '3', '₄': '4', '₅': '5', 'ₜ': 't' };
const accents = { '~': '\\tilde', '\u0302': '\\hat', '\u0304': '\\bar', '\u0303': '\\tilde' };
const signs = { '...': '\\dots ', '…': '\\dots ', '->': '\\to ', '<-': '\\leftarrow ', '<=': '\\le ', '>=': '\\ge ', '·': '\\cdot ', '∘': '\\circ ', '⊙': '\\odot ', '×': '\\times ', '←': '\\leftarrow ', '→': '\\to ', '≤': '\\le ', '≥': '\\ge ', '≠': '\\ne ', '≈': '\\approx ', '∈': '\\in ', '∞': '\\infty ', '‖': '\\Vert ', '∇': '\\nabla ', '−': '-', '|': '\\vert ', '%': '\\%' };
const relations = ['=', '←', '≤', '≥', '≈', '∈', '<', '>', '∝'];

/// The TeX of a formula in plain text. Throws NotMathematics for what is code or a sentence.
function tex(text) {
  let at = 0;
  const rest = () => text.slice(at);
  const fail = () => { throw new NotMathematics(text); };

  function group(open, close) {  // the text between brackets, of which the first is at `at`
    let depth = 0;
    for (let end = at; end < text.length; ++end) {
      if (text[end] === open) ++depth;
      if (text[end] === close && --depth === 0) {
        const inner = text.slice(at + 1, end);
        at = end + 1;
        return inner;
      }
    }
    return fail();
  }

  // What stands after ^ or _: one number or name, or anything in brackets.
  function script() {
    if (text[at] === '{') return tex(group('{', '}'));
    if (text[at] === '(') return tex(group('(', ')'));
    const found = /^-?(\d+(\.\d+)?|[A-Za-z0-9]+|[α-ω])/.exec(rest()) ?? fail();
    at += found[0].length;
    return /^[A-Za-z]{4,}$/.test(found[0]) ? `\\mathrm{${found[0]}}` : found[0];
  }

  function word(name) {
    if (functions.has(name)) return `\\${name}`;
    const lettered = /^([a-z]+?)(\d?)$/.exec(name);
    if (lettered && letterNames[lettered[1]]) return letterNames[lettered[1]] + (lettered[2] && `_${lettered[2]}`);
    if (name.length === 1) return name;
    if (/^d[a-zA-Z]$/.test(name)) return `\\mathrm{d}${name[1]}`;
    return text[at] === '(' ? `\\operatorname{${name}}` : `\\mathrm{${name}}`;
  }

  function name() {
    const found = /^[A-Za-z]+\d?/.exec(rest())[0];
    at += found.length;
    const long = /^(_[A-Za-z]{4,}|_[a-z]+_[a-z_]+)+/.exec(rest());  // weight_decay is one name; W_hh and b_before have subscripts
    if (found.length > 1 && long) {
      at += long[0].length;
      return `\\mathrm{${(found + long[0]).replaceAll('_', '\\_')}}`;
    }
    if (text[at] === '<' || rest().startsWith('::') || /^\.[A-Za-z]/.test(rest())) fail();
    return word(found);
  }

  function atom() {
    const c = text[at];
    let out;
    if (c === '(') out = `(${tex(group('(', ')'))})`;
    else if (c === '[') out = `[${tex(group('[', ']'))}]`;
    else if (c === '{') out = `\\{${tex(group('{', '}'))}\\}`;
    else if (c === '√') {
      ++at;
      return text[at] === '(' ? `\\sqrt{${tex(group('(', ')'))}}` : `\\sqrt{${atom()}}`;
    } else if (c === '∂') {
      ++at;
      out = `\\partial ${atom()}`;
      if (rest().startsWith('/∂')) {
        at += 2;
        return `\\dfrac{${out}}{\\partial ${atom()}}`;
      }
      return out;
    } else if (c === 'Σ' && text[at + 1] === '_') { ++at; out = '\\sum'; }
    else if (/[A-Za-z]/.test(c)) out = name();
    else if (/[α-ωΑ-Ωℓ]/.test(c)) { ++at; out = c; }
    else {
      const number = /^\d+(\.\d+)?/.exec(rest()) ?? fail();
      at += number[0].length;
      out = number[0];
    }
    if (accents[text[at]]) out = `${accents[text[at++]]}{${out}}`;
    for (;;) {
      const d = text[at];
      if (d === "'") { out += "'"; ++at; }
      else if (d === '_') { ++at; out += `_{${script()}}`; }
      else if (d === '^') { ++at; out += `^{${script()}}`; }
      else if (superscripts[d]) {
        let up = '';
        while (superscripts[text[at]]) up += superscripts[text[at++]];
        out += `^{${up}}`;
      } else if (subscripts[d]) { out += `_{${subscripts[d]}}`; ++at; }
      else break;
    }
    return out + ' ';
  }

  let out = '', afterAtom = false, afterWord = false;
  while (at < text.length) {
    const c = text[at];
    if (c === ' ') { ++at; continue; }
    if (superscripts[c] && out) {  // of |x|²
      out += `^{${superscripts[c]}}`;
      ++at;
      continue;
    }
    const sign = Object.keys(signs).find(s => rest().startsWith(s));
    if (sign) {
      at += sign.length;
      out += signs[sign];
      afterAtom = false;
    } else if ('=+-*/,;<>:!'.includes(c)) {
      if (rest().startsWith('//') || rest().startsWith('::') || (c === ';' && at === text.length - 1)) fail();
      ++at;
      out += c === '*' ? '{*}' : c === '<' ? '\\lt ' : c === '>' ? '\\gt ' : c === ',' || c === ';' ? `${c}\\ ` : c;
      afterAtom = false;
    } else {
      const isWord = /^[A-Za-z]{2,}(?![A-Za-z]*[_'(\d])/.test(rest()) && !functions.has(/^[A-Za-z]+/.exec(rest())[0]);
      const spaced = text[at - 1] === ' ' && afterAtom;
      if (spaced) out += isWord || afterWord ? '\\ ' : '\\,';
      out += atom();
      afterAtom = true;
      afterWord = isWord;
    }
  }
  return out;
}

const typeset = (formula, displayMode) =>
  katex.renderToString(formula, { displayMode, throwOnError: true, strict: false, output: 'htmlAndMathml' });

// Where the first relation outside of brackets is, or -1.
function relationAt(text) {
  let depth = 0;
  for (let i = 0; i < text.length; ++i) {
    if ('([{'.includes(text[i])) ++depth;
    if (')]}'.includes(text[i])) --depth;
    if (depth === 0 && relations.includes(text[i]) && text[i - 1] === ' ') return i;
  }
  return -1;
}

// One cell of a line as its two sides, or undefined if it is a remark.
function formula(cell) {
  const at = relationAt(cell);
  if (at < 0 || /\w: |^'|\bif\b|["#$&\\]/.test(cell.replace(/\{[^}]*\}/g, ''))) return undefined;
  try {
    return [typeset(tex(cell.slice(0, at)), false), typeset(`{}${tex(cell.slice(at))}`, false)];
  } catch (error) {
    if (error instanceof NotMathematics || error instanceof katex.ParseError) return undefined;
    throw error;
  }
}

/// The HTML of lines that are equations, aligned at their signs of relation, with remarks beside them; null for lines that
/// are something else. `remark` makes HTML of a remark.
export function equations(text, remark) {
  const rows = [];
  for (const line of text.split('\n')) {
    if (!line.trim()) continue;
    const cells = line.trim().split(/ {2,}/);
    const first = formula(cells[0]);
    if (!first) {
      if (/;$|\/\/|->|[<"{`]|\w\(\w/.test(line)) return null;
      rows.push({ note: line.trim().split(/ {2,}/).map(remark).join('<span class="gap"></span>') });
      continue;
    }
    const row = { sides: [first], remarks: [] };
    for (const cell of cells.slice(1)) {
      const more = row.remarks.length ? undefined : formula(cell);
      if (more) row.sides.push(more);
      else row.remarks.push(remark(cell.replace(/^' /, '′ ')));
    }
    rows.push(row);
  }
  if (rows.every(row => row.note) && !text.split('\n').every(line => line.includes(' × '))) return null;
  const html = rows.map(({ sides, remarks, note }) => {
    if (note) return `<div class="note">${note}</div>`;
    const [[left, right], ...others] = sides;
    const more = others.map(([l, r]) => `<span class="also">${l}${r}</span>`).join('');
    return `<div class="row"><span class="left">${left}</span><span class="right">${right}${more}</span>` +
      `<span class="remark">${remarks.join(' ')}</span></div>`;
  });
  const remarked = rows.some(row => row.remarks?.length);
  return `<div class="equations${remarked ? ' remarked' : ''}" tabindex="0">${html.join('')}</div>\n`;
}

const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

// A letter with a subscript, a number of letters as in 3H × I, or a letter on its own. 'a', 'A', 'I' and 'C' are words as well;
// A. is the initial of a name; after a number a letter is a unit.
const letters = new RegExp([
  /(?<![\w’'.\-\/+#])([A-Za-zα-ωΑ-Ω])_(\{[^}]{1,12}\}|[a-z0-9]{1,3}(?!\w)|[A-Z](?!\w))/,
  /(?<![\w.])(?<count>\d+)(?<counted>[A-Z])(?=[ ,)]|$)(?! \w*=)/,
  /(?<![\w’'\-+#]|\w[.\/]|\d )(?<lone>[b-zα-ω]|(?<!\. |in )[BD-HJ-Z](?![.’'])|[AIC](?= ×)|(?<=× )[A-Z])(?!\.\w|[-+#]\w|[\w+#]|['’]\w)/,
].map(one => `(?:${one.source})`).join('|').replace(/^/, '(?:') + `)(?<up>['’ᵀ²′]*)`, 'gu');

/// The HTML of a sentence in which letters of mathematics are set as such.
export function withLetters(text) {
  let html = '', from = 0;
  for (const found of text.matchAll(letters)) {
    const [whole, base, sub] = found, { count = '', counted, lone, up } = found.groups;
    html += escape(text.slice(from, found.index)) + count;
    html += `<var>${base ?? counted ?? lone}${sub ? `<sub>${escape(sub.replace(/[{}]/g, '')).replaceAll('-', '−').replace(/\d+/g, '<span>$&</span>')}</sub>` : ''}</var>` + up.replace(/['’]/g, '′');
    from = found.index + whole.length;
  }
  return html + escape(text.slice(from));
}
