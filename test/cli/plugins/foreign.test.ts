// A plugin that brings copies of its own of rxllm and RxJS, as npm installs them: what it gives works with the program's.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstValueFrom, lastValueFrom, Observable, take, toArray } from 'rxjs';
import { defineModel, LlmError, tool } from 'rxllm';
import { demo } from 'rxllm/demo';
import { collectText, ofType } from 'rxllm/operators';
import { installPackages } from '../../../src/cli/plugins/install.ts';
import { loadPlugins, type LoadedPlugins } from '../../../src/cli/plugins/loadPlugins.ts';
import { packed, removeFolders, secondCopies, useNewUserFolder, written } from './packages.ts';

const code = `
import { finalize, interval, map, Observable, of, throwError } from 'rxjs';
import { attachment, defineModel, LlmError, PauseChain, tool, toolbox, toolOutput } from 'rxllm';
import { definePlugin } from 'rxllm/plugin';

export const classes = { Observable, LlmError };
export const left = [];
const busy = () => new LlmError('rate_limited', 'busy', { status: 429, retryAfterMs: 5 });
const fails = (name) => defineModel({ id: name, stream: () => throwError(busy) });
const models = {
  says: defineModel({ id: 'says', stream: ({ messages }) => of('Hello ', messages.length).pipe(map(String)) }),
  fails: fails('fails'),
  throws: { ...fails('throws'), stream() { throw busy(); } },
  waits: defineModel({ id: 'waits', stream: () => new Observable((s) => { s.next('a'); return () => left.push('model'); }) }),
};

export default definePlugin({
  name: 'foreign',
  models: [{
    id: 'far',
    async load(name) {
      if (name === 'lost') throw new LlmError('unknown_model', 'far has no such model');
      return models[name];
    },
  }],
  tools: [
    tool({ name: 'counts', run: () => of('one', 'two', 'three') }),
    tool({ name: 'shows', run: () => toolOutput('Drawn.', { attachments: [attachment({ type: 'image/png', content: 'AAAA' })] }) }),
    tool({ name: 'asks', run: () => models.says.prompt('x') }),
    tool({ name: 'fails', run: () => { throw new LlmError('rate_limited', 'too often'); } }),
    tool({ name: 'pauses', run: () => { throw new PauseChain('somebody has to look'); } }),
    tool({ name: 'guarded', needsApproval: true, run: () => 'ran' }),
    tool({ name: 'waits', run: () => interval(1).pipe(finalize(() => left.push('tool'))) }),
    toolbox({
      name: 'Box',
      prepare: () => of({ total: 40 }),
      tools: (own) => [own({ name: 'add', run: (_, { state }) => state.total + 2 })],
    }),
  ],
  fragmentLoaders: { far: () => { throw new LlmError('not_found', 'nothing there'); } },
});
`;

interface Foreign {
  readonly classes: { readonly Observable: unknown; readonly LlmError: unknown };
  readonly left: string[];
}

interface ForeignRx {
  readonly Observable: typeof Observable;
  readonly of: (...values: readonly string[]) => Observable<string>;
}

let plugins: LoadedPlugins;
let foreign: Foreign;
let foreignRx: ForeignRx;

beforeAll(async () => {
  const user = useNewUserFolder();
  const manifest = { peerDependencies: { rxllm: '*', rxjs: '7' } };
  const plugin = written({ name: 'rxllm-plugin-foreign', manifest, files: { 'index.js': code } });
  await installPackages([...(await secondCopies()), ...packed(plugin)], { tell: () => undefined });
  plugins = await loadPlugins();
  const modules = path.join(user, 'plugins/node_modules');
  const load = (file: string) => import(pathToFileURL(path.join(modules, file)).href) as Promise<unknown>;
  foreign = (await load('rxllm-plugin-foreign/index.js')) as Foreign;
  foreignRx = (await load('rxjs/dist/cjs/index.js')) as ForeignRx;
}, 60_000);

afterAll(removeFolders);

const model = (name: string) => plugins.providers[0]!.load(name, { apiKey: undefined, env: {} });

/** A chain of the demo that calls this tool. */
const using = (name: string) => demo({ chunkMs: 0 }).chain(`Use ${name}.`, { tools: plugins.tools });

test('the classes of the plugin are others, and the packages that are no plugins are left alone', () => {
  expect(plugins.failed).toEqual([]);
  expect(plugins.plugins.map(({ name }) => name)).toEqual(['rxllm-plugin-foreign']);
  expect(foreign.classes.Observable).not.toBe(Observable);
  expect(foreign.classes.LlmError).not.toBe(LlmError);
  expect(foreignRx.Observable).toBe(foreign.classes.Observable);
});

test('tools and models give Observables of another RxJS, without any plugin', async () => {
  const count = tool({ name: 'count', run: () => foreignRx.of('one', 'two') });
  const chain = demo({ chunkMs: 0 }).chain('Use count.', { tools: [count] });
  expect(await chain.text()).toBe('count says: two');
  const far = defineModel({ id: 'far', stream: () => foreignRx.of('a', 'b') });
  expect(await far.prompt('Go').text()).toBe('ab');
  expect(await firstValueFrom(far.prompt('Go').pipe(collectText(), take(1)))).toBe('ab');
});

test('a model answers', async () => {
  const response = (await model('says')).prompt('Hi');
  expect(await response.text()).toBe('Hello 1');
  expect(await response.reply('And?').text()).toBe('Hello 3');
});

test.each(['fails', 'throws'])('the error of a model that %s keeps what it says', async (name) => {
  const error: unknown = await (
    await model(name)
  )
    .prompt('Hi')
    .result()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LlmError);
  expect(error).toMatchObject({ code: 'rate_limited', retryable: true, status: 429, retryAfterMs: 5, message: 'busy' });
  expect(error).toHaveProperty('partial');
});

test('the error of a provider keeps its code', async () => {
  const error: unknown = await model('lost').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LlmError);
  expect(error).toMatchObject({ code: 'unknown_model', message: 'far has no such model' });
});

test('a provider that gives no model is told so', async () => {
  await expect(model('nothing')).rejects.toMatchObject({
    code: 'provider_error',
    message: expect.stringMatching(/no model/),
  });
});

test('leaving a model reaches it', async () => {
  await firstValueFrom((await model('waits')).prompt('Hi').pipe(ofType('text')));
  expect(foreign.left).toContain('model');
});

test('the values of an Observable are progress and result', async () => {
  const events = await lastValueFrom(using('counts').pipe(ofType('tool_progress', 'tool_output'), toArray()));
  expect(events.map((event) => (event.type === 'tool_progress' ? event.value : event.result.output))).toEqual([
    'one',
    'two',
    'three',
  ]);
});

test('files of a result are attached', async () => {
  const { result } = await lastValueFrom(using('shows').pipe(ofType('tool_output')));
  expect(result).toMatchObject({ output: 'Drawn.', attachments: [{ type: 'image/png', content: 'AAAA' }] });
});

test('a response within a tool is seen, and its text is the result', async () => {
  const chain = using('asks').share();
  const nested = lastValueFrom(chain.pipe(ofType('nested'), toArray()));
  expect(await chain.text()).toBe('asks says: Hello 1');
  expect((await nested).map(({ event }) => event.type)).toContain('finish');
});

test('the tools of a toolbox get its state', async () => {
  expect(await using('Box_add').text()).toBe('Box_add says: 42');
});

test('what a tool throws is its result', async () => {
  const { result } = await lastValueFrom(using('fails').pipe(ofType('tool_output')));
  expect(result).toMatchObject({ output: 'Error: too often', exception: 'LlmError: too often' });
});

test('a tool pauses the chain', async () => {
  await expect(using('pauses').text()).rejects.toMatchObject({ code: 'paused', message: 'somebody has to look' });
});

test('a call that needs approval waits', async () => {
  await expect(using('guarded').text()).rejects.toMatchObject({ code: 'paused' });
});

test('leaving a chain reaches its tool', async () => {
  await firstValueFrom(using('waits').pipe(ofType('tool_progress')));
  expect(foreign.left).toContain('tool');
});

test('the error of a loader keeps its code', async () => {
  await expect(plugins.fragmentLoaders.get('far')?.load('x')).rejects.toMatchObject({
    code: 'not_found',
    message: 'plugin rxllm-plugin-foreign: nothing there',
  });
});
