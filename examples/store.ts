// A log of every turn: kept as it ends, found again, gone on from another day, deleted.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lastValueFrom, take, toArray } from 'rxjs';
import { collectText, text } from 'rxllm/operators';
import { demo } from 'rxllm/demo';
import { fromJSON } from 'rxllm/serialization';
import { logTo, openLog } from 'rxllm/store';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-store-'));
const log = openLog(folder);
const model = demo({ chunkMs: 0 });

// The end waits until the turn is kept.
await lastValueFrom(model.prompt('What is a marble test?').pipe(logTo(log, { thread: 'rxjs' }), collectText()));

// Who leaves aborts; what had come by then is in the log, too.
const cut$ = model.prompt('What is a cold Observable?').pipe(logTo(log, { thread: 'rxjs' }), text(), take(1));
await lastValueFrom(cut$);
await log.idle();

for (const turn of await lastValueFrom(log.thread('rxjs').pipe(toArray()))) {
  console.log(turn.name, '…', turn.response.status ?? 'done');
}

// Another day, another process.
const [found] = await lastValueFrom(log.search('marble').pipe(toArray()));
if (!found) throw new Error('nothing found');
const restored = fromJSON(await log.response(found.id), { model });
await lastValueFrom(restored.reply('Thank you!').pipe(logTo(log, { thread: found.thread })));

console.log('turns:', (await lastValueFrom(log.list().pipe(toArray()))).length);
console.log('deleted:', await log.delete({ thread: 'rxjs' }));
fs.rmSync(folder, { recursive: true });

// What is a marble test? … done
// What is a cold Observable? … aborted
// turns: 3
// deleted: 3
