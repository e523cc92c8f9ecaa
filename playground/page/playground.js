// Starts the playground in the page that has its fragment.
import {Engine, lacking} from './engine.js';
import {watchTheme} from './draw.js';
import {learn} from './learn.js';
import {read} from './read.js';
import {forget} from './forget.js';
import {write} from './write.js';
import {order} from './order.js';

const root = document.querySelector('.playground');
const notice = root.querySelector('[data-pg="notice"]');

function say(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

function disable() {
  for (const control of root.querySelectorAll('button, input, select, textarea')) control.disabled = true;
  root.classList.add('pg-off');
}

async function start() {
  watchTheme(root);
  const lacks = lacking();
  if (lacks) {
    disable();
    return say(`The playground trains real networks in your browser. For that it needs ${lacks}, which this browser does ` +
      'not have or has switched off. A current Firefox, Chrome, Edge or Safari has it. Everything else on this page works.');
  }
  if (location.protocol === 'file:') {
    disable();
    return say('A browser does not let a page from a file load a program. Serve the folder, for example with ' +
      '“python3 -m http.server”, and open the address that it prints.');
  }
  const engine = new Engine();
  try {
    await engine.ready;
  } catch (error) {
    disable();
    return say(`The playground could not be loaded (${error.message}). Please load the page again.`);
  }
  engine.addEventListener('trouble', ({detail}) => say(detail));
  const part = (id) => root.querySelector('#' + id);
  // The first training begins before anything else is asked, so that it draws at once.
  await learn(part('pg-learn'), engine);
  read(part('pg-read'), engine);
  order(part('pg-order-section'), engine);
  forget(part('pg-forget'), engine);
  write(part('pg-write'), engine);
  root.dataset.ready = 'yes';
}

start();
