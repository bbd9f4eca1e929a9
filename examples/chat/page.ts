// A chat page on a hub. The address names the stream that is shown, so another tab with the same address sees the same.
import {
  catchError,
  concatMap,
  EMPTY,
  finalize,
  fromEvent,
  merge,
  type Observable,
  of,
  share,
  switchMap,
  tap,
} from 'rxjs';
import type { LlmError } from 'rxllm';
import { connect } from 'rxllm/client';
import { accumulateReasoning, accumulateText } from 'rxllm/operators';

const client = connect('/hub');
const state = document.querySelector<HTMLElement>('#state')!;
const turns = document.querySelector<HTMLElement>('#turns')!;
const form = document.querySelector<HTMLFormElement>('#ask')!;
const question = document.querySelector<HTMLInputElement>('#question')!;
const send = document.querySelector<HTMLButtonElement>('#send')!;
const stop = document.querySelector<HTMLButtonElement>('#stop')!;

function add(className: string, text = ''): HTMLElement {
  const paragraph = document.createElement('p');
  paragraph.className = className;
  turns.append(paragraph);
  write(paragraph, text);
  return paragraph;
}

/** Who reads at the end of the page stays there while it grows. */
function write(paragraph: HTMLElement, text: string): void {
  const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
  const isAtEnd = scrollHeight - clientHeight - scrollTop < 100;
  paragraph.textContent = text;
  if (isAtEnd) window.scrollTo(0, document.documentElement.scrollHeight);
}

function fail(error: LlmError): Observable<never> {
  add('failed', error.message);
  // The next prompt begins anew, and does not reply to what the server has forgotten.
  if (error.code === 'not_found') history.replaceState(null, '', location.pathname);
  return EMPTY;
}

/** Shows a stream from its first event on, wherever it is now. */
function show(stream: string): Observable<unknown> {
  history.replaceState(null, '', `#${stream}`);
  const [reasoning, answer] = [add('reasoning'), add('answer')];
  const events$ = client.attach(stream).pipe(share());
  send.disabled = true;
  stop.disabled = false;
  return merge(
    events$.pipe(
      accumulateReasoning(),
      tap((text) => write(reasoning, text)),
    ),
    events$.pipe(
      accumulateText(),
      tap((text) => write(answer, text)),
    ),
  ).pipe(
    catchError(fail),
    finalize(() => {
      send.disabled = false;
      stop.disabled = true;
      question.focus();
    }),
  );
}

function shownStream(): string {
  return location.hash.slice(1);
}

/** The next turn of the conversation that the page shows. */
function ask(text: string): Observable<unknown> {
  add('question', text);
  const reply_to = shownStream() || undefined;
  return client.prompt({ text, reply_to }).pipe(switchMap(show), catchError(fail));
}

const asked$ = fromEvent<SubmitEvent>(form, 'submit').pipe(
  tap((event) => event.preventDefault()),
  concatMap(() => {
    const text = question.value;
    question.value = '';
    return ask(text);
  }),
);

merge(of(shownStream()).pipe(switchMap((stream) => (stream ? show(stream) : EMPTY))), asked$).subscribe();
fromEvent(stop, 'click')
  .pipe(switchMap(() => client.stop(shownStream()).pipe(catchError(fail))))
  .subscribe();
client.state$.subscribe(({ status }) => {
  state.textContent = state.dataset.status = status;
});
