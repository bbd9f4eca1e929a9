// Makes one request for many subscribers; who comes late gets it from its first event on.
import { forkJoin, switchMap, timer, toArray } from 'rxjs';
import { demo } from 'rxllm/demo';

const live = demo({ chunkMs: 5 }).prompt('Hello').share();

const first$ = live.pipe(toArray());
const late$ = timer(50).pipe(
  switchMap(() => live),
  toArray(),
);

forkJoin([first$, late$]).subscribe(([first, late]) => {
  console.log(`${first.length} events for the first, ${late.length} for the late one.`);
  console.log(`Each the same: ${first.every((event, at) => event === late[at])}`);
});

// 52 events for the first, 52 for the late one.
// Each the same: true
