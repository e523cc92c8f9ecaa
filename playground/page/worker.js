// The worker: recur in WebAssembly. It answers questions, and trains between them in slices that are so short that no
// question waits long.
'use strict';
importScripts('recur.js');

const slice = 8;          // milliseconds of training before the next question is looked at
const between = 60;       // milliseconds between two reports of progress
const chunk = 32;         // validation sentences that are measured at once
const chunks = 12;        // of them, each time
const measurements = 50;  // times that a training is measured

const encoder = new TextEncoder();
let recur = null;
let training = null;  // what is being trained, and how far it is
let watched = '';     // sentences that are judged with each report

/** Calls play_NAME(...args) and gives its answer: arrays by their names, and lists of words. */
function call(name, ...args) {
  const texts = [];
  const given = args.map((argument) => {
    if (typeof argument === 'number') return argument;
    const bytes = typeof argument === 'string' ? encoder.encode(argument) : argument;
    const at = recur._malloc(bytes.length + 1);
    recur.HEAPU8.set(bytes, at);
    recur.HEAPU8[at + bytes.length] = 0;
    texts.push(at);
    return at;
  });
  try {
    if (recur['_play_' + name](...given)) throw new Error(recur.UTF8ToString(recur._play_error()));
  } finally {
    for (const at of texts) recur._free(at);
  }
  const answer = {};
  for (let i = 0; i < recur._play_arrays(); ++i) {
    const at = recur._play_array(i) / 4;
    answer[recur.UTF8ToString(recur._play_array_name(i))] =
      recur.HEAPF32.slice(at, at + recur._play_array_size(i));
  }
  for (let i = 0; i < recur._play_lists(); ++i) {
    const lines = recur.UTF8ToString(recur._play_list(i));
    answer[recur.UTF8ToString(recur._play_list_name(i))] = lines;
  }
  return answer;
}

const next = new MessageChannel();
next.port1.onmessage = () => advance();

/** Goes on with the training for a slice, and asks to be called again. */
function advance() {
  if (!training || !training.running) return;
  try {
    const end = performance.now() + slice;
    do {
      if (training.measuring) measureChunk();
      else if (training.done < training.steps) trainStep();
      else training.running = false;
    } while (training.running && performance.now() < end);
  } catch (error) {
    training.running = false;
    postMessage({error: error.message});
  }
  report(!training.running);
  if (training.running) next.port2.postMessage(0);
}

function trainStep() {
  const {loss, norm, clipped, rate} = call('train', 1);
  training.news.push([loss[0], norm[0], clipped[0], rate[0]]);
  ++training.done;
  const every = Math.max(1, Math.round(training.steps / measurements));
  if (training.done % every === 0 || training.done === training.steps || training.done === 1)
    training.measuring = {at: 0, right: 0, loss: 0, bag: 0, step: training.done};
}

/** A measurement also comes in chunks. */
function measureChunk() {
  const so_far = training.measuring;
  const count = Math.min(chunk, training.validation - so_far.at);
  const {right, loss, bag_right} = call('measure', so_far.at, count);
  so_far.at += count;
  so_far.right += right[0];
  so_far.loss += loss[0];
  so_far.bag += bag_right[0];
  if (so_far.at < Math.min(training.validation, chunk * chunks)) return;
  training.scores.push([so_far.step, so_far.right / so_far.at, so_far.bag / so_far.at, so_far.loss / so_far.at]);
  training.measuring = null;
}

function report(now) {
  if (!now && performance.now() - training.reported < between) return;
  training.reported = performance.now();
  const {done, steps, running, news, scores} = training;
  if (training.since) training.seconds += (performance.now() - training.since) / 1000;
  training.since = running ? performance.now() : 0;
  const {seconds} = training;
  training.news = [];
  training.scores = [];
  postMessage({progress: {done, steps, running, seconds, news, scores,
                          judged: watched ? call('judge', watched) : null}});
}

const commands = {
  begin({cell, hidden, rate, clip, seed, sentences, epochs}) {
    const answer = call('begin', cell, hidden, rate, clip, seed, sentences, epochs);
    training = {steps: answer.steps[0], validation: answer.validation[0], done: 0, running: false, seconds: 0,
                since: 0, news: [], scores: [], measuring: null, reported: 0};
    report(true);
    return answer;
  },
  go() {
    if (training && !training.running) {
      training.running = true;
      training.since = performance.now();
      next.port2.postMessage(0);
    }
  },
  pause() {
    if (training) {
      training.running = false;
      report(true);
    }
  },
  step() {
    if (!training || training.running || training.done >= training.steps) return;
    trainStep();
    while (training.measuring) measureChunk();
    report(true);
  },
  steps: (count) => call('train', count),
  measure: (first, count) => call('measure', first, count),
  watch(lines) { watched = lines; },
  read: (sentence) => call('read', sentence),
  units: () => call('units'),
  judge: (lines) => call('judge', lines),
  pairs: () => call('pairs'),
  forget: ({steps, hidden, scale, memory, clip, seed}) =>
    [0, 1, 2, 3].map((cell) => call('forget', cell, steps, hidden, scale, memory, clip, seed)),
  async load_writer() {
    const file = async () => {
      const response = await fetch('writer.bin');
      if (!response.ok) throw new Error('status ' + response.status);
      return new Uint8Array(await response.arrayBuffer());
    };
    const bytes = await file().catch((error) => {
      throw new Error(`The network that writes could not be loaded (${error.message}). Please try again.`);
    });
    return call('load_writer', bytes, bytes.length);
  },
  start_writing: (text, seed) => call('start_writing', text, seed),
  write: (temperature, top_p, letters, chosen) => call('write', temperature, top_p, letters, chosen),
};

const loaded = createRecur().then((made) => { recur = made; });
loaded.then(() => postMessage({ready: true}), (error) => postMessage({broken: String(error)}));

onmessage = async ({data: {id, name, given}}) => {
  try {
    await loaded;
    const answer = await commands[name](...given);
    postMessage({id, answer: answer === undefined ? null : answer});
  } catch (error) {
    postMessage({id, failed: error.message || String(error)});
  }
};
