// Shows a response while it comes, and says in the end what it has cost.
import { finalize, Observable, tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { StreamEvent } from '../values/event.ts';
import type { Usage } from '../values/usage.ts';
import { costOf, type Price } from './prices.ts';
import type { Show } from './show.ts';
import { Spinner } from './spinner.ts';

export interface DisplayOptions {
  readonly reasoning: boolean;
  readonly usage: boolean;
  /** What the model costs, where somebody has said so. */
  readonly price?: Price | undefined;
}

/** Shows the events as they pass. */
export function display(
  show: Show,
  { reasoning, usage, price }: DisplayOptions,
): MonoTypeOperatorFunction<StreamEvent> {
  return (source) =>
    new Observable((subscriber) => {
      const spinner = new Spinner();
      let counted: Usage | undefined;
      let isWhole = false;
      if (show.pause()) spinner.start();
      return source
        .pipe(
          tap({
            next(event) {
              if (event.type === 'text' || (event.type === 'reasoning' && reasoning)) spinner.stop();
              if (event.type === 'text') show.text(event.chunk);
              else if (event.type === 'reasoning' && reasoning) show.reasoning(event.chunk);
              else if (event.type === 'usage') counted = event.usage;
              // A tool may take its time, and so may the model that is asked again.
              else if (event.type === 'turn_end' && show.pause()) spinner.start();
              else if (event.type === 'tool_approval') spinner.stop();
            },
            complete: () => (isWhole = true),
          }),
          finalize(() => {
            spinner.stop();
            show.end(isWhole);
            if (isWhole && usage) show.note(usageText(counted, price), 'yellow');
          }),
        )
        .subscribe(subscriber);
    });
}

/** As llm says it. */
export function usageText(usage: Usage | undefined, price?: Price): string {
  const { input = 0, output = 0, details } = usage ?? {};
  const [asked, answered] = [input, output].map((count) => count.toLocaleString('en'));
  const cost = price && usage ? `, $${costOf(usage, price).toPrecision(2)}` : '';
  return `Token usage: ${asked} input, ${answered} output${details ? `, ${JSON.stringify(details)}` : ''}${cost}`;
}
