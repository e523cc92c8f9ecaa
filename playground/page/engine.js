// The page's side of the worker.

/** A module of one function with a SIMD instruction, and one with exceptions: does this browser take them? */
const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const exceptions = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11];

/** What this browser lacks, in words, or null. */
export function lacking() {
  if (typeof WebAssembly !== 'object') return 'WebAssembly';
  if (!WebAssembly.validate(new Uint8Array(simd))) return 'the SIMD instructions of WebAssembly';
  if (!WebAssembly.validate(new Uint8Array(exceptions))) return 'the exceptions of WebAssembly';
  if (typeof Worker !== 'function') return 'workers';
  return null;
}

export class Engine extends EventTarget {
  #worker;
  #waiting = new Map();
  #latest = new Map();
  #count = 0;

  constructor() {
    super();
    this.#worker = new Worker(new URL('worker.js', import.meta.url));
    this.ready = new Promise((resolve, reject) => {
      this.#worker.onerror = (event) => {
        const what = event.message || 'the worker did not start';
        this.#trouble(what);  // also if it had started, where nobody waits for it any more
        reject(new Error(what));
      };
      this.#worker.onmessage = ({data}) => {
        if (data.ready) resolve();
        else if (data.broken) reject(new Error(data.broken));
        else this.#receive(data);
      };
    });
  }

  /** The answer of the worker's command NAME. What fails also is an event `trouble`, with the message. */
  ask(name, ...given) {
    const id = ++this.#count;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, {resolve, reject}));
    this.#worker.postMessage({id, name, given});
    return answer;
  }

  /** The same, but while an answer is awaited only the last question waits: for sliders and keystrokes. The others get
   *  the answer null. */
  async latest(name, ...given) {
    const slot = this.#latest.get(name) || {busy: false, waiting: null};
    this.#latest.set(name, slot);
    if (slot.busy) {
      if (slot.waiting) slot.waiting(false);
      if (!await new Promise((resolve) => { slot.waiting = resolve; })) return null;
    }
    slot.busy = true;
    slot.waiting = null;
    try {
      return await this.ask(name, ...given);
    } finally {
      slot.busy = false;
      if (slot.waiting) slot.waiting(true);
    }
  }

  #receive(data) {
    if (data.progress) return this.dispatchEvent(new CustomEvent('progress', {detail: data.progress}));
    if (data.error) return this.#trouble(data.error);
    const {resolve, reject} = this.#waiting.get(data.id);
    this.#waiting.delete(data.id);
    if (data.failed) {
      this.#trouble(data.failed);
      reject(new Error(data.failed));
    } else resolve(data.answer);
  }

  #trouble(what) { this.dispatchEvent(new CustomEvent('trouble', {detail: what})); }
}
