// The tools that the program brings along.
import { createRequire } from 'node:module';
import { tool } from '../../tools/defineTool.ts';
import type { Tool } from '../../tools/tool.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonSchema } from '../../values/json.ts';
import { arithmetic, calculate } from './calculate.ts';

const nothing: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

export const builtInTools: readonly Tool[] = [
  tool({
    name: 'time',
    description: 'The current date and time: in UTC, in local time, the local time zone and the day of the week.',
    input: nothing,
    run: (_, { scheduler }) => timeOf(new Date(scheduler.now())),
  }),
  tool({
    name: 'version',
    description: 'The version of rxllm, the program that runs this conversation.',
    input: nothing,
    run: () => (createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string }).version,
  }),
  tool({
    name: 'calculator',
    description: `Calculates an arithmetic expression: ${arithmetic}.`,
    input: {
      type: 'object',
      properties: { expression: { type: 'string', description: 'Such as (2 + 3) * sqrt(16) / 7' } },
      required: ['expression'],
      additionalProperties: false,
    },
    run({ expression }) {
      if (typeof expression === 'string') return calculate(expression);
      throw new LlmError('invalid_input', `expression is text such as "2 + 3", not ${describe(expression)}`);
    },
  }),
];

interface TimeNow {
  readonly utc: string;
  readonly local: string;
  readonly timezone: string;
  readonly weekday: string;
}

function timeOf(now: Date): TimeNow {
  const east = -now.getTimezoneOffset();
  const two = (number: number) => String(number).padStart(2, '0');
  const hours = two(Math.trunc(Math.abs(east) / 60));
  const offset = `${east < 0 ? '-' : '+'}${hours}:${two(Math.abs(east) % 60)}`;
  // The digits that UTC would show so much later or earlier.
  const digits = new Date(now.getTime() + east * 60_000).toISOString().slice(0, -'.000Z'.length);
  return {
    utc: now.toISOString(),
    local: `${digits}${offset}`,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    weekday: now.toLocaleDateString('en-US', { weekday: 'long' }),
  };
}
