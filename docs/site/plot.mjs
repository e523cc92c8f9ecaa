// Draws how many times as long others take, from what `scripts/bench --growth` has measured, into docs/:
//   node docs/site/plot.mjs [build/bench/growth.json]
// Ratios of runs in turns hold on a machine that does other things too; times don't. Threads need a machine that does nothing else.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { picture } from './drawing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const rows = JSON.parse(fs.readFileSync(process.argv[2] ?? path.join(root, 'build/bench/growth.json'), 'utf8'));

const width = 640, height = 340, left = 46, right = 108, top = 18, bottom = 54;
const strokes = { recur: '', oneDNN: '', PyTorch: '7 4', 'Eigen loop': '2 4' };
const round = x => Math.round(x * 10) / 10;
const style = `.plot text { fill: var(--p-soft); } .plot .label, .plot text.theirs { fill: var(--p-ink); } .plot text.ours { fill: var(--p-accent); font-weight: 600; }
.plot .grid { stroke: var(--p-rule); } .plot .axis, .plot .tick { stroke: var(--p-soft); } .plot .band { fill: var(--p-soft); stroke: none; opacity: .14; }
.plot path.ours { stroke: var(--p-accent); stroke-width: 2.4; } .plot path.theirs { stroke-width: 1.6; } .plot circle.theirs { fill: var(--p-ink); } .plot circle.ours { fill: var(--p-accent); }`;

// Against the line at 1, which is recur, or recur on one thread where threads are what grows.
function plot(what, size, label) {
  const measured = rows.filter(row => row.case === `growth with the ${what}` && (size === 'threads' || row.threads === 1));
  if (new Set(measured.map(row => row[size])).size < 2) {
    console.log(`no picture by the ${what}: ${measured.length ? 'only one' : 'none'} was measured`);
    return;
  }
  if (size === 'threads') measured.unshift({ peer: 'recur', threads: 1, ratio: 1, ratio_low: 1, ratio_high: 1 });
  const series = [...new Set(measured.map(row => row.peer))].map(name => ({
    name, points: measured.filter(row => row.peer === name).sort((a, b) => a[size] - b[size]),
  }));
  const xs = [...new Set(measured.map(row => row[size]))].sort((a, b) => a - b);
  const [x0, x1] = [xs[0], xs.at(-1)];
  const y0 = Math.min(0.8, ...measured.map(row => row.ratio)) / 1.05, y1 = Math.max(...measured.map(row => row.ratio)) * 1.15;
  const px = x => round(left + (width - left - right) * Math.log(x / x0) / Math.log(x1 / x0));
  const py = y => round(height - bottom - (height - top - bottom) * Math.log(Math.min(Math.max(y, y0), y1) / y0) / Math.log(y1 / y0));
  const parts = [];
  for (const y of [0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 50].filter(y => y >= y0 && y <= y1)) {
    if (y !== 1) parts.push(`<path class="grid" d="M${left} ${py(y)}H${width - right}"/>`);
    parts.push(`<text x="${left - 10}" y="${py(y) + 4}" text-anchor="end">${y}</text>`);
  }
  for (const x of xs) parts.push(`<path class="tick" d="M${px(x)} ${height - bottom}v5"/><text x="${px(x)}" y="${height - bottom + 20}" text-anchor="middle">${x}</text>`);
  parts.push(`<path class="axis" d="M${left} ${height - bottom}H${width - right}"/><text class="label" x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${label}</text>`);
  parts.push(`<path class="${size === 'threads' ? 'axis' : 'ours'}" d="M${left} ${py(1)}H${width - right}"/>`);
  // The names stand at the ends of the lines, moved apart where they would overlap.
  const kindOf = name => name === 'recur' ? 'ours' : 'theirs';
  const ends = series.map(({ name, points }) => ({ name, kind: kindOf(name), y: py(points.at(-1).ratio) }));
  if (size !== 'threads') ends.push({ name: 'recur', kind: 'ours', y: py(1) });
  ends.sort((a, b) => b.y - a.y);
  for (let i = 1; i < ends.length; ++i) ends[i].y = Math.min(ends[i].y, ends[i - 1].y - 17);
  for (const { name, points } of series) {
    const band = [...points.map(row => [row[size], row.ratio_high]), ...[...points].reverse().map(row => [row[size], row.ratio_low])];
    parts.push(`<path class="band" d="${band.map(([x, y], i) => `${i ? 'L' : 'M'}${px(x)} ${py(y)}`).join('')}Z"/>`);
    parts.push(`<path class="${kindOf(name)}" stroke-dasharray="${strokes[name] ?? '9 3 2 3'}" d="${points.map((row, i) => `${i ? 'L' : 'M'}${px(row[size])} ${py(row.ratio)}`).join('')}"/>`);
    for (const row of points) parts.push(`<circle class="${kindOf(name)}" cx="${px(row[size])}" cy="${py(row.ratio)}" r="3"><title>${name}, ${row[size]}: ${row.ratio.toFixed(2)}</title></circle>`);
  }
  for (const { name, kind, y } of ends) parts.push(`<text class="${kind}" x="${width - right + 10}" y="${y + 4}">${name}</text>`);
  const svg = picture({ width, height, label: `How many times as long others take, by ${label}`, kind: 'plot', style }, parts);
  fs.writeFileSync(path.join(root, 'docs', `speed-${what}.svg`), svg);
  console.log(`docs/speed-${what}.svg`);
}

plot('batch', 'batch', 'samples in a batch (100 steps, 64 inputs, 128 units)');
plot('steps', 'steps', 'steps of a sequence (32 samples, 64 inputs, 128 units)');
plot('units', 'hidden', 'units (32 samples, 100 steps, 64 inputs)');
plot('threads', 'threads', 'threads (32 samples, 100 steps, 64 inputs, 128 units), over recur on one');
