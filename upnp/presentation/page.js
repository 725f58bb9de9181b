// The page of a device: it shows the news of the device, and calls its actions.
//
// What the page holds is told by its data- attributes. A text of the device is shown as text, never read as markup.
'use strict';

const CALL_MILLISECONDS = 40000; // a function may take 30 s
const RETRY_MILLISECONDS = 15000; // after the device refused the news, as too many pages are open
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';
const NUMBERS = /^(ui[1248]|i[1248]|int|r[48]|number|fixed\.14\.4|float)$/;
const MOMENTS = /^(date|time)/;
const WEB_ADDRESS = /^https?:\/\/[^\s\x00-\x1f]+$/i;
const LONG = 160;
const PICTURES = [
  [/^\x89PNG\r\n\x1a\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF[^]{4}WEBP/, 'image/webp'],
  [/^BM/, 'image/bmp'],
];

const page = document.body.dataset;
const unsent = new Set(); // forms in which something was entered that was not sent

// How a value looks, by the same rules as in _values.py

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function look(dd, text) {
  const { type, min, max } = dd.dataset;
  const name = dd.previousElementSibling.textContent;
  if (text === '') return make('span', 'empty', { class: 'empty' });
  if (type === 'boolean') return make('span', text === '1' ? 'On' : 'Off', { class: text === '1' ? 'on' : 'off' });
  if (type === 'bin.base64') return binaryLook(atob(text), name);
  if (type === 'bin.hex') return binaryLook(text.replace(/../g, byteOf), name);
  if (MOMENTS.test(type)) return make('time', text.replace('T', ' ').replace(/[+-]\d\d:\d\d$/, ' $&'));
  if (!NUMBERS.test(type)) return textLook(text);
  const number = make('span', min === undefined ? text : `${text} `, { class: 'number' });
  if (min !== undefined) number.append(make('meter', '', { min, max, value: text, 'aria-hidden': 'true' }));
  return number;
}

function byteOf(digits) {
  return String.fromCharCode(parseInt(digits, 16));
}

function textLook(text) {
  if (WEB_ADDRESS.test(text)) return make('a', text, { href: text, rel: 'noreferrer' });
  return make('span', text, [...text].length > LONG ? { class: 'long', tabindex: '0' } : {});
}

function binaryLook(bytes, name) {
  const picture = PICTURES.find(([magic]) => magic.test(bytes));
  const address = `data:${picture ? picture[1] : 'application/octet-stream'};base64,${btoa(bytes)}`;
  if (picture) return make('img', '', { src: address, alt: name });
  return make('a', `${bytes.length} bytes`, { href: address, download: `${name}.bin` });
}

// Show a value; tell whether it is another one.
function show(dd, text) {
  const next = look(dd, text);
  if (dd.firstChild && dd.firstChild.isEqualNode(next)) return false;
  dd.replaceChildren(next);
  return true;
}

// The news

const places = new Map(); // the places of values: by service, then by variable
for (const section of document.querySelectorAll('[data-key]')) {
  const values = new Map();
  for (const dd of section.querySelectorAll('.live [data-variable]')) values.set(dd.dataset.variable, dd);
  places.set(section.dataset.key, values);
}
const calm = matchMedia('(prefers-reduced-motion: reduce)');

function tell(changes) {
  for (const [key, texts] of Object.entries(changes)) {
    for (const [name, text] of Object.entries(texts)) {
      const dd = places.get(key)?.get(name);
      if (dd && show(dd, text) && !calm.matches) dd.animate({ backgroundColor: ['var(--mark)', 'transparent'] }, 1600);
    }
  }
}

const LINKS = { connecting: 'Connecting', live: 'Live', lost: 'Not connected', refused: 'Not live: trying again' };

function setLink(state) {
  if (page.link === state) return; // told once: it is read aloud
  page.link = state;
  document.getElementById('link').textContent = LINKS[state];
}

let news, next; // the stream that they come by, and when it is asked for again

function listenAfter(milliseconds) {
  clearTimeout(next);
  next = setTimeout(listen, milliseconds);
}

// A browser has six connections to a device at most, for all its tabs: one in the background leaves its own to others.
function listen() {
  clearTimeout(next);
  news?.close();
  if (page.link === 'live') setLink('lost');
  if (document.hidden) return;
  news = new EventSource(page.live);
  news.onopen = () => setLink('live');
  news.onmessage = (event) => tell(JSON.parse(event.data));
  news.addEventListener('config', (event) => checkConfig(event.data));
  // It comes every so many seconds: a device that has lost its power cannot say that it leaves.
  news.addEventListener('still', (event) => listenAfter(3000 * event.data));
  news.onerror = () => {
    if (news.readyState !== EventSource.CLOSED) return setLink('lost'); // and it tries again by itself
    setLink('refused');
    listenAfter(RETRY_MILLISECONDS);
  };
}

// The device is described anew: read the page again, unless something would be lost, or that was of no use before.
function checkConfig(config) {
  if (config === page.config) return;
  if (unsent.size === 0 && history.state !== config) {
    history.replaceState(config, ''); // which outlasts the reading
    location.reload();
  } else {
    document.getElementById('changed').hidden = false;
  }
}

// Values that send no news are read again with the page, after a call that may have changed them.
async function readStill() {
  if (!document.querySelector('.still')) return;
  const answer = await fetch(location.pathname);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const section of fresh.querySelectorAll('[data-key]')) {
    const here = document.querySelector(`[data-key="${CSS.escape(section.dataset.key)}"]`);
    for (const dd of section.querySelectorAll('.still [data-variable]')) {
      const name = CSS.escape(dd.dataset.variable);
      here?.querySelector(`.still [data-variable="${name}"]`)?.replaceChildren(...dd.childNodes);
    }
  }
}

// The actions

function offsetOf(moment) {
  const minutes = -moment.getTimezoneOffset();
  const two = (number) => String(Math.floor(number)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

// Return the text that goes on the wire for an input.
async function textOf(input) {
  const { value, dataset: { type } } = input;
  if (type === 'boolean') return input.checked ? '1' : '0';
  if (type === 'dateTime.tz' && value) return value + offsetOf(new Date(value));
  if (type === 'time.tz' && value) return value + offsetOf(new Date());
  if (!type.startsWith('bin.') || input.files.length === 0) return value;
  const bytes = Array.from(new Uint8Array(await input.files[0].arrayBuffer()));
  if (type === 'bin.hex') return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''));
}

function escapeXml(text) {
  return text.replace(/[&<>"\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function envelopeOf(form, service) {
  const action = form.dataset.action;
  let values = '';
  for (const input of form.querySelectorAll('[data-argument]')) { // as a name, it could hide what a form has itself
    const name = input.dataset.argument;
    values += `<${name}>${escapeXml(await textOf(input))}</${name}>`;
  }
  return '<?xml version="1.0" encoding="utf-8"?>\n'
    + `<s:Envelope xmlns:s="${ENVELOPE}" s:encodingStyle="${ENCODING}"><s:Body>`
    + `<u:${action} xmlns:u="${escapeXml(service)}">${values}</u:${action}></s:Body></s:Envelope>`;
}

// Call an action, and return its out arguments by name; what is thrown says in words what went wrong.
async function call(form) {
  const { control, service } = form.closest('[data-control]').dataset;
  const headers = { 'Content-Type': 'text/xml; charset="utf-8"', SOAPACTION: `"${service}#${form.dataset.action}"` };
  const body = await envelopeOf(form, service);
  let answer, text;
  try {
    answer = await fetch(control, { method: 'POST', headers, body, signal: AbortSignal.timeout(CALL_MILLISECONDS) });
    text = await answer.text();
  } catch {
    listen(); // a stream of a device that was switched off ends only now
    throw new Error('The device does not answer.');
  }
  const xml = new DOMParser().parseFromString(text, 'text/xml');
  const wordsOf = (name) => xml.getElementsByTagNameNS('*', name)[0]?.textContent;
  if (wordsOf('errorCode')) throw new Error(`${wordsOf('errorCode')} ${wordsOf('errorDescription')}`);
  if (!answer.ok) throw new Error(text.trim().split('\n')[0] || `${answer.status} ${answer.statusText}`);
  const response = xml.getElementsByTagNameNS('*', `${form.dataset.action}Response`)[0];
  return new Map(Array.from(response?.children ?? [], (element) => [element.localName, element.textContent]));
}

function showResult(form, values) {
  const result = form.querySelector('.result');
  if (result === null) {
    form.querySelector('[role=status]').replaceChildren(make('p', 'Done'));
    return;
  }
  for (const dd of result.querySelectorAll('dd')) show(dd, values.get(dd.dataset.output) ?? '');
  result.hidden = false;
}

async function submitted(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector('button');
  if (button.getAttribute('aria-busy') === 'true') return;
  const alert = form.querySelector('[role=alert]');
  button.setAttribute('aria-busy', 'true');
  alert.textContent = '';
  try {
    const values = await call(form);
    unsent.delete(form);
    showResult(form, values);
    readStill().catch(() => {}); // what is shown stays
  } catch (error) {
    form.querySelector('.result')?.setAttribute('hidden', '');
    if (!form.querySelector('.result')) form.querySelector('[role=status]').replaceChildren();
    alert.textContent = error.message;
  } finally {
    button.removeAttribute('aria-busy');
  }
}

// A slider beside a number, for the pointer; the keyboard has the number.
function addSlider(input) {
  const { min, max, step, value } = input;
  const slider = make('input', '', { type: 'range', min, max, step, value, tabindex: '-1', 'aria-hidden': 'true' });
  slider.addEventListener('input', () => { input.value = slider.value; });
  input.addEventListener('input', () => { slider.value = input.value; });
  input.before(slider);
}

// Show a moment, which has the zone of the device, in that of the reader.
function inOwnZone(input) {
  const { type, moment } = input.dataset;
  const today = new Date().toISOString().slice(0, 10);
  const date = new Date(type === 'time.tz' ? `${today}T${moment}` : moment);
  const own = new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  input.value = type === 'time.tz' ? own.slice(11) : own;
}

for (const form of document.querySelectorAll('form')) {
  form.querySelectorAll('[data-slider]').forEach(addSlider);
  form.querySelectorAll('[data-moment]').forEach(inOwnZone);
  form.addEventListener('submit', submitted);
  form.addEventListener('input', () => unsent.add(form));
  form.querySelector('fieldset').disabled = false;
}
document.querySelector('#changed button').addEventListener('click', () => location.reload());
document.addEventListener('visibilitychange', listen);
setLink('connecting');
listen();
