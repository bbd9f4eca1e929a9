// What a program comes to know of a fault, in the words of one cell, by the same rules for every library. What stands in
// brackets is the name of a footnote.

/** Classes that any slip in a program throws too. */
const everyday = new Set(['Error', 'TypeError', 'SyntaxError', 'RangeError', 'ReferenceError']);

export const seconds = (ms) => `${(ms / 1000).toFixed(ms % 1000 === 0 ? 0 : 1)} s`;

/** What a program can tell an error by, short. */
function label({ by, error }) {
  if (error === undefined) return `\`${by}\``;
  const coded = [error.code, error.status].filter((value) => value !== undefined);
  const ownName = error.class === 'DOMException' || everyday.has(error.class) ? error.name : undefined;
  const detail = coded.length > 0 ? coded.join(' ') : ((ownName === error.class ? undefined : ownName) ?? error.type);
  const what =
    error.class === undefined
      ? `a plain object, \`${detail}\``
      : `\`${[error.class, detail].filter(Boolean).join(': ')}\``;
  return by === 'throw' ? what : `\`${by}\`: ${what}`;
}

/** What makes an error another one, but for its message and its cause. */
function identity({ error: { causeCode: _cause, ...rest } }) {
  return JSON.stringify(rest);
}

/** How far a program can tell this error from others; nothing where it can. */
function doubt(cell, kind, column) {
  const { error } = cell;
  // The program has made the signal itself, so it knows why.
  if (error === undefined) return '';
  const twin = column.find(
    (one) =>
      one.row.kind !== undefined &&
      one.row.kind !== kind &&
      one.error !== undefined &&
      identity(one) === identity(cell),
  );
  const isSlip = everyday.has(error.class) && error.name === error.class && error.code === undefined;
  if (!isSlip && twin === undefined) return '';
  if (error.causeCode !== undefined && error.causeCode !== twin?.error.causeCode) {
    return `, told by its cause alone, \`${error.causeCode}\``;
  }
  return isSlip ? ', as a slip of the program' : `, as for ${twin.row.kind}`;
}

/**
 * One cell, in words; a tick where nothing is to be said against it.
 *
 * @param column All that the library did, to see what it gives for other faults.
 * @param waits What it does by default where it was seen to wait.
 */
export function cellOf(cell, row, { column, limits, waits }) {
  if (cell.died !== undefined) return `the process died: ${cell.died}`;
  const { fault, by, unhandled, requests } = cell;
  const faults = [];
  const notes = [];
  const endedBy = cell.endedAt + 1000;
  const isClosed = requests.every(({ closedAt = Infinity }) => closedAt <= endedBy);

  if (fault.leaves === 'unsubscribe') {
    if (!isClosed) faults.push('the connection stays open');
  } else if (fault.isWhole) {
    if (by !== undefined) faults.push(label(cell));
    if (cell.waits)
      faults.push(
        cell.text === fault.kept ? 'has the text, but does not end [end]' : `no end in ${seconds(limits.deadlineMs)}`,
      );
    else if (cell.text !== fault.kept) faults.push(`the text is “${cell.text.slice(0, 40)}”`);
  } else if (fault.id === 'status-429') {
    const gaps = requests.slice(1).map(({ openedAt }, at) => openedAt - requests[at].openedAt);
    const waited = gaps.map((ms) => (ms / 1000).toFixed(1)).join(', ');
    const isPatient = gaps.length > 0 && gaps.every((ms) => ms >= 7000);
    const said = `waits ${waited} s${cell.waits ? ', and goes on [retries]' : `, then ${label(cell)}`}`;
    (isPatient ? notes : faults).push(said);
  } else if (cell.waits && by === undefined) {
    if (waits !== undefined) return waits;
    faults.push(`no end in ${seconds(limits.deadlineMs)}`);
  } else if (by === undefined && fault.leaves === 'abort') {
    faults.push('ends as if whole [signal]');
  } else if (by === undefined) {
    faults.push(`ends as if whole${cell.finish ? `, finish reason \`${cell.finish}\`` : ', without a finish reason'}`);
  } else {
    const why = doubt(cell, row.kind, column);
    (why === '' ? notes : faults).push(label(cell) + why);
    if (fault.kept !== '') notes.push(cell.isHeld ? 'with the text' : 'text in the loop only');
    if (cell.waits) faults.push('does not end while the connection is open');
    else if (fault.staysOpen && !isClosed) faults.push('the connection stays open');
  }
  if (unhandled.length > 0) faults.push(`${unhandled.length} unhandled: ${unhandled[0]}`);
  if (faults.length === 0) return ['✓', notes.join(', ')].join(' ').trim();
  return [...faults, ...notes].join('; ');
}
