// Draws how times grow, from what `scripts/bench --growth` has measured, into docs/:
//   node docs/site/plot.mjs [build/bench/growth.json]
// The drawings follow dark and light: on the site by its own colours, elsewhere by the system's.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const rows = JSON.parse(fs.readFileSync(process.argv[2] ?? path.join(root, 'build/bench/growth.json'), 'utf8')).filter(row => row.case.startsWith('growth'));

const width = 640, height = 400, left = 62, right = 112, top = 22, bottom = 54;
const round = x => Math.round(x * 10) / 10;
const middle = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const strokes = { recur: '', oneDNN: ' stroke-dasharray="7 4"', PyTorch: ' stroke-dasharray="2 4"', 'Eigen loop': ' stroke-dasharray="9 3 2 3"' };

const powers = (low, high) => {
  const all = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); ++p) all.push(10 ** p);
  return all.filter(x => x >= low / 1.01 && x <= high * 1.01);
};
const short = x => x >= 1000 ? `${round(x / 1000)} s` : x >= 1 ? `${round(x)} ms` : `${round(x * 1000)} µs`;

function plot({ name, title, size, label, series }) {
  const xs = series.flatMap(one => one.points.map(([x]) => x)), ys = series.flatMap(one => one.points.map(([, y]) => y));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)], [y0, y1] = [Math.min(...ys) / 1.3, Math.max(...ys) * 1.3];
  const px = x => round(left + (width - left - right) * Math.log(x / x0) / Math.log(x1 / x0));
  const py = y => round(height - bottom - (height - top - bottom) * Math.log(y / y0) / Math.log(y1 / y0));
  const parts = [];
  for (const y of powers(y0, y1)) parts.push(`<path class="grid" d="M${left} ${py(y)}H${width - right}"/><text x="${left - 10}" y="${py(y) + 4}" text-anchor="end">${short(y)}</text>`);
  for (const x of [...new Set(xs)].sort((a, b) => a - b)) parts.push(`<path class="tick" d="M${px(x)} ${height - bottom}v5"/><text x="${px(x)}" y="${height - bottom + 20}" text-anchor="middle">${x}</text>`);
  parts.push(`<path class="axis" d="M${left} ${height - bottom}H${width - right}"/><text class="label" x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${label}</text>`);
  // The names stand at the ends of the lines, moved apart where they would overlap.
  const ends = series.map(one => ({ one, y: py(one.points.at(-1)[1]) })).sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; ++i) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 17);
  for (const { one, y } of ends) {
    const kind = one.name.startsWith('recur') ? 'ours' : 'theirs';
    const line = one.points.map(([x, v], i) => `${i ? 'L' : 'M'}${px(x)} ${py(v)}`).join('');
    parts.push(`<path class="${kind}" d="${line}"${one.stroke ?? strokes[one.name] ?? ''}/>`);
    for (const [x, v] of one.points) parts.push(`<circle class="${kind}" cx="${px(x)}" cy="${py(v)}" r="${kind === 'ours' ? 3.6 : 2.6}"><title>${one.name}: ${short(v)}</title></circle>`);
    parts.push(`<text class="name ${kind}" x="${width - right + 10}" y="${y + 4}">${one.name}</text>`);
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" class="plot">
<style>
.plot { --p-ink: var(--ink, #24201b); --p-soft: var(--soft, #6b6256); --p-rule: var(--rule, #e7dfd0); --p-accent: var(--accent, #a8391f); --p-paper: var(--paper, #fffdf9); font: 13px 'Source Sans 3 Variable', 'Source Sans Pro', sans-serif; }
@media (prefers-color-scheme: dark) { .plot { --p-ink: var(--ink, #e9e3d8); --p-soft: var(--soft, #a59b8c); --p-rule: var(--rule, #38332d); --p-accent: var(--accent, #f0906f); --p-paper: var(--paper, #181614); } }
.plot text { fill: var(--p-soft); } .plot .label, .plot text.theirs { fill: var(--p-ink); } .plot text.ours { fill: var(--p-accent); font-weight: 600; }
.plot path { fill: none; } .plot .grid { stroke: var(--p-rule); } .plot .axis, .plot .tick { stroke: var(--p-soft); }
.plot path.ours { stroke: var(--p-accent); stroke-width: 2.6; } .plot path.theirs { stroke: var(--p-soft); stroke-width: 1.7; }
.plot circle.ours { fill: var(--p-accent); } .plot circle.theirs { fill: var(--p-soft); }
</style>
${parts.join('\n')}
</svg>
`;
  fs.writeFileSync(path.join(root, 'docs', `speed-${name}.svg`), svg);
  console.log(`docs/speed-${name}.svg`);
}

// Our own time was measured beside each of the others; the middle one counts.
function lines(rows, size) {
  const ours = [...new Set(rows.map(row => row[size]))].sort((a, b) => a - b).map(x => [x, middle(rows.filter(row => row[size] === x).map(row => row.ours_ms))]);
  const peers = [...new Set(rows.map(row => row.peer))].map(peer => ({ name: peer, points: rows.filter(row => row.peer === peer).map(row => [row[size], row.peer_ms]).sort((a, b) => a[0] - b[0]) }));
  return [{ name: 'recur', points: ours }, ...peers];
}
const of = (what, threads) => rows.filter(row => row.case === `growth with the ${what}` && row.threads === threads);
const fixed = 'Time to train an LSTM on one batch';
plot({ name: 'batch', title: `${fixed}, against the samples in it`, label: 'samples in a batch (100 steps, 64 inputs, 128 units)', series: lines(of('batch', 1), 'batch') });
plot({ name: 'steps', title: `${fixed}, against its steps`, label: 'steps of a sequence (32 samples, 64 inputs, 128 units)', series: lines(of('steps', 1), 'steps') });
plot({ name: 'units', title: `${fixed}, against its units`, label: 'units (32 samples, 100 steps, 64 inputs)', series: lines(of('units', 1), 'hidden') });
if (of('batch', 2).length) {
  const both = [1, 2].flatMap(threads => lines(of('batch', threads), 'batch').filter(one => /recur|PyTorch/.test(one.name))
    .map(one => ({ ...one, name: `${one.name}, ${threads}`, stroke: threads === 1 ? ' stroke-dasharray="2 4"' : '' })));
  plot({ name: 'threads', title: `${fixed} on one and on two threads`, label: 'samples in a batch; one and two threads', series: both });
}
