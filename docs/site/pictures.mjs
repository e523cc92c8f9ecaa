// Draws the pictures of the guide that no program measures, into docs/guide:  node docs/site/pictures.mjs [NAME...]
// With --check it only compares: it ends with 1 if a picture there is another one.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrow, box, circle, line, picture, text } from './drawing.mjs';

const range = n => [...Array(n).keys()];

// Chapter 2: one cell with a loop, and the same three times in a row.
function recurrence() {
  const y = 110, cell = x => box(x, y, 60, 44, 'tanh');
  const input = (x, name, word = '') => [arrow([[x, 182], [x, y + 22]]), text(x, 194, name), text(x, 218, word, 'soft'), text(x + 6, 156, 'W_ih', 'accent', 'start')];
  const folded = [cell(70), input(70, 'x_t'), arrow([[70, y - 22], [70, 44]]), text(70, 32, 'h_t'),
    arrow([[70, 66], [122, 66], [122, y], [100, y]]), text(128, 88, 'W_hh', 'accent', 'start')];
  const xs = [300, 410, 520];
  const unrolled = [text(196, y, 'h_0'), arrow([[210, y], [270, y]]), xs.map((x, i) => [cell(x), input(x, `x_${i + 1}`, ['“not”', '“so”', '“bad”'][i]),
    arrow([[x + 30, y], [x + 80, y]]), i < 2 ? text(x + 53, y - 16, `h_${i + 1}`) : text(x + 94, y, 'h_3')]),
    [222, 336, 446].map(x => text(x, y + 18, 'W_hh', 'accent', 'start'))];
  return picture({ width: 640, height: 265, label: 'A cell whose memory comes back to it, and the same cell written three times in a row: each hands its memory to the next, and all have the same weights' },
    [folded, text(70, 250, 'folded', 'soft'), unrolled, text(410, 250, 'unrolled: the same weights at every step', 'soft')]);
}

// Chapter 3: three samples with padding, without, and the columns of the matrix.
function lengths() {
  const size = 34, samples = { 0: 'hi', 1: 'abcd', 2: 'efg' };
  const grid = (left, order, padded) => order.map((n, row) => [text(left - 26, 66 + row * size, `sample ${n}`, 'soft', 'end'),
    range(4).map(t => samples[n][t] ? box(left + t * size, 66 + row * size, size - 4, size - 4, samples[n][t], t % 2 ? '' : 'accent')
      : padded ? box(left + t * size, 66 + row * size, size - 4, size - 4, '', 'empty') : '')]);
  const steps = (left, y) => range(4).map(t => text(left + t * size, y, `${t}`, 'soft'));
  const columns = [];
  let x = 150;
  for (const t of range(4)) {
    const inside = [1, 2, 0].map(n => samples[n][t]).filter(Boolean);
    columns.push(inside.map((letter, i) => box(x + i * size, 236, size - 4, size - 4, letter, t % 2 ? '' : 'accent')), text(x + (inside.length - 1) * size / 2, 270, `step ${t}`, 'soft'));
    x += inside.length * size + 14;
  }
  return picture({ width: 640, height: 290, label: 'Three samples of two, four and three words. With padding the batch has twelve places; sorted by length and without padding it has nine, which stand in one matrix step by step' },
    [text(151, 24, 'with padding: 12 places', 'title'), grid(100, [0, 1, 2], true), steps(100, 168),
      text(481, 24, 'sorted, without padding: 9', 'title'), grid(430, [1, 2, 0], false), steps(430, 168),
      arrow([[481, 184], [481, 212]], 'soft'), text(110, 236, 'one matrix', 'soft', 'end'), columns]);
}

// Chapter 4: forward in time, and back.
function learning() {
  const xs = [60, 165, 270, 375], y = 120, all = [...xs, 480, 590];
  const down = xs.map((x, i) => [box(x, y, 54, 50, 'cell'), text(x, 28, `x_${i + 1}`), arrow([[x, 42], [x, y - 25]]), arrow([[x, y + 25], [x, 206]], 'accent')]);
  const across = range(5).map(i => [arrow([[all[i] + 27, y - 11], [all[i + 1] - 27, y - 11]]), arrow([[all[i + 1] - 27, y + 11], [all[i] + 27, y + 11]], 'accent'),
    i < 4 ? text((all[i] + all[i + 1]) / 2, y - 28, `h_${i + 1}`) : '']);
  return picture({ width: 640, height: 260, label: 'Forward in time, each cell hands its memory to the next, and the last memory gives the answer and the loss. The gradient goes the same way back, and each step adds its part to the gradient of the weights' },
    [down, across, box(480, y, 54, 50, 'head'), box(590, y, 54, 50, 'loss'), box(217, 224, 370, 34, '∂loss/∂W_hh is the sum of all parts', 'accent'),
      arrow([[450, 206], [495, 206]]), text(503, 206, 'forward', '', 'start'), arrow([[495, 232], [450, 232]], 'accent'), text(503, 232, 'backward', 'accent', 'start')]);
}

// Chapter 5: the four wirings.
function wirings() {
  const gap = 46;
  // `reads` and `writes` say at which steps there is an input or an output; `feeds`, after which an output is read again.
  const wiring = (left, top, title, tasks, steps, reads, writes, feeds = [], kind = () => '') => [text(left - 16, top, title, 'title', 'start'), text(left - 16, top + 20, tasks, 'soft', 'start'),
    range(steps).map(t => {
      const x = left + t * gap, [up, middle, below] = [top + 52, top + 96, top + 140];
      return [box(x, middle, 28, 28, '', kind(t)), t + 1 < steps ? arrow([[x + 14, middle], [x + gap - 14, middle]]) : '',
        reads.includes(t) ? [circle(x, below, 8, '', 'soft'), arrow([[x, below - 8], [x, middle + 14]])] : '',
        writes.includes(t) ? [circle(x, up, 8, '', 'accent'), arrow([[x, middle - 14], [x, up + 8]])] : '',
        feeds.includes(t) ? arrow([[x + 8, up], [x + gap / 2, up], [x + gap / 2, below - 12], [x + gap - 5, below - 12], [x + gap - 5, middle + 14]], 'soft dashed') : ''];
    })];
  return picture({ width: 640, height: 400, label: 'The four wirings. Many to one: all steps are read, the last one answers. Many to many: each step answers. One to many: the first step is given a vector, and each reads what the one before wrote. Encoder and decoder: three steps read, three write' },
    [wiring(40, 20, 'many to one', 'a label for a sentence', 5, range(5), [4]), wiring(370, 20, 'many to many', 'a label for each word', 5, range(5), range(5)),
      wiring(40, 220, 'one to many', 'a tune in a key', 5, [0], range(5), range(4)),
      wiring(370, 220, 'encoder and decoder', 'a translation', 6, [0, 1, 2], [3, 4, 5], [3, 4], t => t > 2 ? 'accent' : ''),
      circle(220, 392, 7, '', 'soft'), text(234, 392, 'what is read', 'soft', 'start'), circle(344, 392, 7, '', 'accent'), text(358, 392, 'what is written', 'soft', 'start')]);
}

// Chapter 7: an LSTM. The straight line at the top is the cell state.
function lstm() {
  const gate = (x, f, name, what) => [box(x, 200, 54, 36, f), arrow([[x, 280], [x, 218]]), text(x + 7, 250, what, 'soft', 'start')];
  return picture({ width: 640, height: 310, label: "An LSTM. The old cell state c' is multiplied by the forget gate f, and i times g is added: that is the new c. Its tanh, times the output gate o, is h. All gates see x and the old h" },
    [text(24, 60, "c'"), arrow([[36, 60], [156, 60]], 'accent thick'), circle(170, 60, 14, '×'), arrow([[184, 60], [316, 60]], 'accent thick'), circle(330, 60, 14, '+'),
      arrow([[344, 60], [594, 60]], 'accent thick'), text(610, 60, 'c'), text(250, 32, 'the notebook', 'accent'),
      gate(170, 'σ', 'f', 'forget'), gate(270, 'σ', 'i', 'input'), gate(390, 'tanh', 'g', 'candidate'), gate(480, 'σ', 'o', 'output'),
      arrow([[170, 182], [170, 74]]), text(160, 128, 'f', '', 'end'), arrow([[270, 182], [270, 130], [316, 130]]), text(260, 156, 'i', '', 'end'),
      arrow([[390, 182], [390, 130], [344, 130]]), text(400, 156, 'g', '', 'start'), circle(330, 130, 14, '×'), arrow([[330, 116], [330, 74]]),
      arrow([[560, 60], [560, 106]]), box(560, 124, 54, 36, 'tanh'), arrow([[560, 142], [560, 186]]), circle(560, 200, 14, '×'),
      arrow([[507, 200], [546, 200]]), text(526, 184, 'o'), arrow([[574, 200], [598, 200]]), text(612, 200, 'h'), text(600, 228, 'said aloud', 'soft'),
      text(36, 280, "x and h'", '', 'middle'), line([[70, 280], [480, 280]])]);
}

// Chapter 7: a GRU.
function gru() {
  const gate = (x, f, what) => [box(x, 200, 54, 36, f), arrow([[x, 280], [x, 218]]), text(x + 7, 250, what, 'soft', 'start')];
  return picture({ width: 640, height: 310, label: "A GRU. The old memory h' is multiplied by the update gate z, and the candidate n times 1 - z is added: that is the new h. The candidate sees as much of h' as the reset gate r lets pass" },
    [text(24, 60, "h'"), arrow([[36, 60], [146, 60]], 'accent thick'), circle(160, 60, 14, '×'), arrow([[174, 60], [466, 60]], 'accent thick'), circle(480, 60, 14, '+'),
      arrow([[494, 60], [594, 60]], 'accent thick'), text(610, 60, 'h'), text(320, 32, 'the memory', 'accent'),
      gate(160, 'σ', 'update'), gate(320, 'σ', 'reset'), gate(480, 'tanh', 'candidate, from x'),
      arrow([[160, 182], [160, 74]]), text(150, 94, 'z', '', 'end'), arrow([[160, 130], [306, 130]]), box(320, 130, 50, 30, '1 − z'), arrow([[345, 130], [466, 130]]), circle(480, 130, 14, '×'),
      arrow([[480, 182], [480, 144]]), text(490, 163, 'n', '', 'start'), arrow([[480, 116], [480, 74]]),
      arrow([[347, 200], [453, 200]]), text(400, 166, "r ∘ (U_n h' + b_hn)"), text(36, 280, "x and h'", '', 'middle'), line([[70, 280], [480, 280]])]);
}

// Chapter 8: two networks, one from each end.
function directions() {
  const words = ['“bank”', '“and”', '“waited”', '“for”'], gap = 120, x = t => 150 + t * gap;
  return picture({ width: 640, height: 300, label: 'One row of cells reads from the first word to the last, another from the last to the first. At each word both memories go into the output, so it knows the whole sentence' },
    [words.map((word, t) => [text(x(t), 284, word, 'soft'), box(x(t) - 18, 205, 44, 34), box(x(t) + 22, 125, 44, 34, '', 'accent'), circle(x(t), 46, 12), text(x(t), 18, `y_${t + 1}`),
      arrow([[x(t) - 18, 268], [x(t) - 18, 222]]), arrow([[x(t) + 22, 268], [x(t) + 22, 142]]), arrow([[x(t) - 18, 188], [x(t) - 6, 58]]), arrow([[x(t) + 22, 108], [x(t) + 8, 56]])]),
      [0, 1, 2].map(t => [arrow([[x(t) + 4, 205], [x(t + 1) - 40, 205]]), arrow([[x(t + 1), 125], [x(t) + 44, 125]], 'accent')]),
      text(96, 205, 'forward', '', 'end'), text(96, 125, 'in reverse', 'accent', 'end')]);
}

// Chapter 10: what waits for what.
function waiting() {
  const gru = range(6).map(t => [box(120 + t * 84, 66, 68, 40, `step ${t + 1}`), t < 5 ? arrow([[154 + t * 84, 66], [170 + t * 84, 66]]) : '']);
  const small = range(6).map(t => [box(300 + t * 40, 160, 24, 40, `${t + 1}`, 'accent'), arrow([[t ? 272 + t * 40 : 264, 160], [288 + t * 40, 160]])]);
  return picture({ width: 640, height: 240, label: 'A GRU computes the gates of step 2 after those of step 1, and so on. A minGRU computes the gates of all steps in one product, and then only a multiplication and an addition for each step' },
    [text(86, 24, 'GRU: the gates of a step wait for the step before', 'title', 'start'), gru,
      text(86, 120, 'minGRU: only one multiplication and one addition wait', 'title', 'start'), box(175, 160, 178, 40, 'all gates of all steps', 'accent'), small,
      arrow([[86, 210], [574, 210]], 'soft'), text(574, 228, 'time (not to scale)', 'soft', 'end')]);
}

// Chapter 12: the activation and the loss of its program, beside those that they replace.
function own() {
  const panel = (left, title, x0, x1, y0, y1, curves, ticks) => {
    const px = x => left + 250 * (x - x0) / (x1 - x0), py = y => 210 - 160 * (y - y0) / (y1 - y0);
    return [text(left, 20, title, 'title', 'start'), line([[px(x0), py(0)], [px(x1), py(0)]], 'soft'), line([[px(0), py(y0)], [px(0), py(y1)]], 'soft'),
      ticks.map(([x, y, name]) => text(px(x), py(y), name, 'soft')),
      curves.map(([f, name, x, y, kind]) => [line(range(101).map(i => x0 + (x1 - x0) * i / 100).map(at => [px(at), py(f(at))]).filter(([, at]) => at >= py(y1)), kind), text(px(x), py(y), name, kind.includes('accent') ? 'accent' : '', 'start')])];
  };
  return picture({ width: 640, height: 240, label: 'On the left softsign beside tanh: it comes nearer to 1 more slowly. On the right the loss √(1 + e²) - 1 beside e²/2: they agree for small errors, and for large ones it grows only as |e|' },
    [panel(20, 'activation', -4, 4, -1.1, 1.1, [[Math.tanh, 'tanh', 1.1, 1.07, ''], [a => a / (1 + Math.abs(a)), 'a / (1 + |a|)', 1.9, 0.5, 'accent thick']], [[-3.9, -0.14, '−4'], [3.9, -0.14, '4'], [-0.3, 1, '1']]),
      panel(350, 'loss of an error e', -4, 4, 0, 5, [[e => e * e / 2, 'e²/2', 1.7, 4.7, ''], [e => Math.sqrt(1 + e * e) - 1, '√(1 + e²) − 1', 1.7, 0.5, 'accent thick']], [[-3.9, -0.4, '−4'], [3.9, -0.4, '4'], [0, -0.4, '0']])]);
}

const pictures = { recurrence, lengths, learning, wirings, lstm, gru, directions, waiting, own };
const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../guide');
const given = process.argv.slice(2), isCheck = given[0] === '--check';
for (const name of given.length && !isCheck ? given : Object.keys(pictures)) {
  if (!pictures[name]) throw new Error(`there is no picture '${name}'; there are ${Object.keys(pictures).join(', ')}`);
  const to = path.join(folder, `${name}.svg`), drawn = pictures[name]();
  if (!isCheck) {
    fs.writeFileSync(to, drawn);
    console.log(`docs/guide/${name}.svg, ${fs.statSync(to).size} bytes`);
  } else if (!fs.existsSync(to) || fs.readFileSync(to, 'utf8') !== drawn) {
    console.error(`docs/guide/${name}.svg is not what docs/site/pictures.mjs draws: run scripts/pictures guide`);
    process.exitCode = 1;
  }
}
