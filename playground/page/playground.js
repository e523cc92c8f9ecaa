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

/** Until they can answer, the parts take neither clicks nor keys. */
function wait(waiting) {
  for (const part of root.querySelectorAll('.pg-card')) part.inert = waiting;
}

async function start() {
  watchTheme(root);
  const lacks = lacking();
  if (lacks)
    return playgroundOff(`The playground trains real networks in your browser. For that it needs ${lacks}, which this browser ` +
      'does not have or has switched off. A current Firefox, Chrome, Edge or Safari has it. Everything else on this page works.');
  wait(true);
  const slow = setTimeout(say, 500, 'The playground is loading …');
  try {
    const engine = new Engine();
    await engine.ready;
    let end;
    engine.addEventListener('trouble', ({detail}) => {
      say(detail);
      // It may concern a part further down, so it stays in view for a while.
      notice.classList.add('pg-fresh');
      clearTimeout(end);
      end = setTimeout(() => {
        notice.classList.remove('pg-fresh');
        say('');
      }, 15000);
    });
    const part = (id) => root.querySelector('#' + id);
    // The first training begins before anything else is asked, so that it draws at once.
    await learn(part('pg-learn'), engine);
    read(part('pg-read'), engine);
    order(part('pg-order-section'), engine);
    forget(part('pg-forget'), engine);
    write(part('pg-write'), engine);
  } catch (error) {
    clearTimeout(slow);
    return playgroundOff(`The playground could not be loaded (${error.message}). Please load the page again.`);
  }
  clearTimeout(slow);
  if (!notice.classList.contains('pg-fresh')) say('');  // else the first training has told of trouble
  wait(false);
  root.dataset.ready = 'yes';
}

start();
