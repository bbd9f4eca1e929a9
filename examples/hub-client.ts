// Asks the hub of hub-server.ts, loses the connection in the middle of the answer, and gets all of it.
import { lastValueFrom, switchMap, tap } from 'rxjs';
import { connect } from 'rxllm/client';
import { collectText } from 'rxllm/operators';
import { WebSocket } from 'ws';

const sockets: WebSocket[] = [];

class LosableWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    sockets.push(this);
  }
}

const client = connect(process.argv[2] ?? 'ws://127.0.0.1:8080/hub', { WebSocketCtor: LosableWebSocket as never });
client.state$.subscribe(({ status }) => console.log(`The connection is ${status}.`));

let events = 0;
const answer$ = client.prompt('What is a cold Observable?').pipe(
  switchMap((stream) => client.attach(stream)),
  tap(() => {
    events += 1;
    if (events === 10) sockets.at(-1)?.terminate();
  }),
  collectText(),
);
console.log(await lastValueFrom(answer$));

// The connection is idle.
// The connection is connecting.
// The connection is open.
// The connection is waiting.
// The connection is connecting.
// The connection is open.
// The connection is idle.
// A cold Observable is a recipe: nothing happens until somebody subscribes,
// and each subscriber gets a run of their own. A hot one is a broadcast: it
// goes on whether you listen or not.
//
// In rxllm every response is cold:
//
//     const response = model.prompt('Hi');  // nothing is sent
//     response.subscribe(show);             // one request
//     response.subscribe(log);              // another request
//
// So retry, race, timeout and switchMap do what they always do, and to
// unsubscribe is to cancel, down to the socket. When many shall see the same
// run, response.share() makes one request and replays it to everybody.
//
// I am rxllm's built-in demo: a script, not an AI.
