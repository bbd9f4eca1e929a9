// One measurement of in-process sharing: what a delivery costs, in nanoseconds of CPU.
//
//     node hub-share-run.js CONTENDER SUBSCRIBERS EVENTS
import { Subject } from 'rxjs';
import { defineModel } from 'rxllm';
import { deltaAt } from './hub-text.js';
import { median } from './lib.js';

const [, , contender, ...numbers] = process.argv;
const [subscribers, events] = numbers.map(Number);
let characters = 0;
/** A subscriber of its own for each: what it does is as little as can be checked. */
const subscriber = () => (event) => {
  if (event.type === 'text') characters += event.chunk.length;
};
const every = () => Array.from({ length: subscribers }, subscriber);

/** Each gives a function that takes an event, with all subscribers there. */
const contenders = {
  plain() {
    const callbacks = every();
    return (event) => {
      for (const callback of callbacks) callback(event);
    };
  },

  subject() {
    const subject = new Subject();
    for (const callback of every()) subject.subscribe(callback);
    return (event) => subject.next(event);
  },

  share() {
    const source = new Subject();
    const response = defineModel({ id: 'bench', stream: () => source })
      .prompt('Hi')
      .share();
    for (const callback of every()) response.subscribe(callback);
    return (event) => source.next(event);
  },
};

const deltas = Array.from({ length: events }, (_, index) => deltaAt(index));
const expected = subscribers * deltas.reduce((sum, { chunk }) => sum + chunk.length, 0);

function runOnce() {
  const take = contenders[contender]();
  characters = 0;
  const start = process.cpuUsage();
  for (const delta of deltas) take(delta);
  const { user, system } = process.cpuUsage(start);
  if (characters !== expected) throw new Error(`${contender} delivered ${characters} characters, not ${expected}`);
  return ((user + system) * 1000) / (subscribers * events);
}

for (let warm = 0; warm < 3; warm += 1) runOnce();
console.log(JSON.stringify({ ns: median(Array.from({ length: 7 }, runOnce)) }));
