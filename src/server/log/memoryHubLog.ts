// The hub's log in memory.
import { LlmError } from '../../values/error.ts';
import type { HubLog, LogEntry, StreamKey } from './hubLog.ts';

/** Texts of a run; the one with number N is at `N - first`. */
interface RunTexts {
  texts: string[];
  first: number;
}

/** Keeps what is appended as long as the process lives; the hub's `retention` says how much that is. */
export function memoryHubLog(): HubLog {
  const runs = new Map<string, RunTexts>();
  const nameOf = ({ stream, run }: StreamKey) => `${run.length}:${run}${stream}`;
  return {
    append(key, { seq, json }) {
      const run = runs.get(nameOf(key));
      if (!run) {
        runs.set(nameOf(key), { texts: [json], first: seq });
        return;
      }
      const next = run.first + run.texts.length;
      // After one that got lost on its way here, all would have the numbers of others.
      if (seq !== next) throw new LlmError('storage', `event ${seq} is not the next of its run, which is ${next}`);
      run.texts.push(json);
    },
    read(key, { after, through, maxChars }) {
      const { texts, first } = runs.get(nameOf(key)) ?? { texts: [], first: 1 };
      const entries: LogEntry[] = [];
      let chars = 0;
      for (let seq = after + 1; seq >= first && seq <= through; seq += 1) {
        const json = texts[seq - first];
        if (json === undefined) break;
        chars += json.length;
        if (entries.length > 0 && chars > maxChars) break;
        entries.push({ seq, json });
      }
      return entries;
    },
    trim(key, through) {
      const run = runs.get(nameOf(key));
      if (!run || through < run.first) return;
      run.texts = run.texts.slice(through + 1 - run.first);
      run.first = through + 1;
    },
    delete(key) {
      runs.delete(nameOf(key));
    },
  };
}
