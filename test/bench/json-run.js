// Reads one JSON text from fragments with one contender and prints the time that it took. A fresh process each.
//
//     node json-run.js CONTENDER SHAPE BYTES
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jsonText } from './json-text.js';

const fragmentLength = 4;

/** Every contender loads its library, then gives a function that reads the fragments and returns the value. */
const contenders = {
  // The text is whole, nothing is incremental: what no reader of fragments can be faster than.
  async parse() {
    return (fragments, text) => JSON.parse(text);
  },

  rxllm: () => incrementalJson(Infinity),
  'rxllm-64': () => incrementalJson(64),
  'rxllm-1': () => incrementalJson(1),

  async jsonriver() {
    const { parse } = await import('jsonriver');
    return async (fragments) => {
      let last;
      for await (const value of parse(each(fragments))) last = value;
      return last;
    };
  },

  'partial-json-1': () => partialJson(1),
  'partial-json-64': () => partialJson(64),
  'ai-1': () => aiSdk(1),
  'ai-64': () => aiSdk(64),
};

async function incrementalJson(every) {
  const { IncrementalJson } = await import('rxllm');
  return (fragments) => {
    const json = new IncrementalJson();
    for (let at = 0; at < fragments.length;) {
      const stop = Math.min(at + every, fragments.length);
      while (at < stop) json.push(fragments[at++]);
      if (json.value === undefined) throw new Error('no value');
    }
    return json.end();
  };
}

async function partialJson(every) {
  const { parse } = await import('partial-json');
  return (fragments) => {
    let text = '';
    let value;
    for (let at = 0; at < fragments.length;) {
      const stop = Math.min(at + every, fragments.length);
      while (at < stop) text += fragments[at++];
      value = parse(text);
    }
    return value;
  };
}

async function aiSdk(every) {
  const { parsePartialJson } = await import('ai');
  return async (fragments) => {
    let text = '';
    let value;
    for (let at = 0; at < fragments.length;) {
      const stop = Math.min(at + every, fragments.length);
      while (at < stop) text += fragments[at++];
      ({ value } = await parsePartialJson(text));
    }
    return value;
  };
}

async function* each(fragments) {
  yield* fragments;
}

const [, , contender, shape, bytes] = process.argv;
const read = await contenders[contender]();
const text = jsonText(shape, Number(bytes));
const fragments = [];
for (let at = 0; at < text.length; at += fragmentLength) fragments.push(text.slice(at, at + fragmentLength));
// The garbage that the fragments left, and the threads that tidy up after a collection, are not part of the question.
setFlagsFromString('--expose-gc');
runInNewContext('gc')();
await sleep(50);
const start = performance.now();
const value = await read(fragments, text);
const ms = performance.now() - start;
if (!isDeepStrictEqual(value, JSON.parse(text))) throw new Error(`${contender} read another value`);
console.log(JSON.stringify({ ms }));
