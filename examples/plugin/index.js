// A plugin of rxllm: the default export says all that it adds.
import { of } from 'rxjs';
import { defineModel, tool } from 'rxllm';
import { definePlugin } from 'rxllm/plugin';
import { odds, roll } from './dice.js';

const answers = ['Yes.', 'No.', 'Ask again.', 'Certainly.', 'Hardly.', 'Who knows?'];

export default definePlugin({
  name: 'rxllm-plugin-dice',

  // rxllm -T dice_roll 'Roll two dice for me'
  tools: [
    tool({
      name: 'dice_roll',
      description: 'Rolls dice and gives the eyes of each.',
      input: {
        type: 'object',
        properties: {
          count: { type: 'integer', minimum: 1, maximum: 99 },
          sides: { type: 'integer', minimum: 2, maximum: 100 },
        },
        required: ['count', 'sides'],
        additionalProperties: false,
      },
      run: ({ count, sides }) => roll(`${count}d${sides}`),
    }),
  ],

  // rxllm -m dice/six 'Will it rain?'
  models: [
    {
      id: 'dice',
      load: async (name) =>
        defineModel({
          id: name,
          capabilities: { tools: false, schema: false, attachments: false },
          stream: () => of(answers[(roll('1d6')[0] ?? 1) - 1] ?? ''),
        }),
    },
  ],

  // rxllm -f odds:2d6 'How likely is more than nine?'
  fragmentLoaders: {
    odds: { description: 'How often each sum of these dice comes: odds:2d6', load: (dice) => odds(dice) },
  },

  // rxllm -t dice:story 'a dragon'
  templateLoaders: {
    dice: {
      description: 'A prompt with as many sentences as a die says: dice:story',
      load: (kind) =>
        `prompt: 'Write a ${kind.replaceAll(/\W/g, '')} of ${roll('1d6').join()} sentences about $input'\n`,
    },
  },

  // rxllm roll 2d6
  commands: (program, { print }) => {
    program
      .command('roll')
      .description('roll dice')
      .argument('[dice]', 'how many and with how many sides', '1d6')
      .action((dice) => print(roll(dice).join(' ')));
  },
});
