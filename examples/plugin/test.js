// `npm test`: the dice on their own, and the plugin with the demo model, which calls the tools that a prompt names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demo } from 'rxllm/demo';
import { odds, roll } from './dice.js';
import plugin from './index.js';

test('rolls as many dice as were asked for', () => {
  assert.deepEqual(
    roll('3d6', () => 0.5),
    [4, 4, 4],
  );
  assert.throws(() => roll('six'), /"six" is no dice/);
});

test('knows the odds', () => {
  assert.equal(odds('d2'), '1: 50.00 %\n2: 50.00 %');
});

test('a model can roll', async () => {
  const text = await demo({ chunkMs: 0 }).chain('Use dice_roll.', { tools: plugin.tools }).text();
  assert.match(text, /dice_roll says/);
});

test('its model answers', async () => {
  const model = await plugin.models[0].load('six', { apiKey: undefined, env: {} });
  assert.match(await model.prompt('Will it rain?').text(), /^[A-Z].*[.?]$/);
});
