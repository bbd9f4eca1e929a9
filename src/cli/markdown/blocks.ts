// Cuts Markdown into blocks while its lines come. What is a block depends on the lines up to its end alone, never on how
// the text arrived; so what was given out is final, and only the last block is open.
import {
  fenceStart,
  heading,
  htmlEnd,
  indentOf,
  isFenceEnd,
  isRule,
  listMarker,
  underline,
  unquoted,
  withoutTabs,
  type ListMarker,
} from './lines.ts';
import { isTableStart } from './table.ts';

/** A quote, or an item of a list with its number if it has one, around a block. */
export type Container =
  { readonly type: 'quote' } | { readonly type: 'item'; readonly indent: number; readonly number: string | undefined };

export interface Place {
  /** What is around the block, from the outside in. */
  readonly containers: readonly Container[];
  /** The containers from this one on begin with this block. */
  readonly begins: number;
  /** An empty row stands before the block, within so many of the containers. */
  readonly gap?: number;
}

export interface Content {
  /** `code` and `html` are single lines; `edge` is where code begins or ends; a `rest` is of a table that was cut. */
  readonly type: 'text' | 'heading' | 'table' | 'rest' | 'code' | 'edge' | 'html' | 'rule' | 'empty';
  readonly text: string;
  readonly level?: number;
}

export type Block = Place & Content;

/** The block that is open. Code and HTML are given out line by line, so nothing of them waits. */
type Leaf =
  | { readonly type: 'text' | 'table' | 'rest'; readonly place: Place; readonly lines: readonly string[] }
  | { readonly type: 'fence'; readonly indent: number; readonly fence: string }
  | { readonly type: 'indented'; readonly blanks: number }
  | { readonly type: 'html'; readonly end: RegExp | 'blank' };

/** A paragraph or a table that is longer than this is shown in pieces, so that an open block stays cheap to draw. */
export const maxBlockChars = 8192;

/** Quotes and lists within each other; marks beyond that are text. */
const maxDepth = 32;

export class BlockReader {
  #containers: readonly Container[] = [];
  /** By how many containers are around it: the list that the next item goes on with. */
  #lists: readonly { readonly mark: string; readonly next: number }[] = [];
  #leaf: Leaf | undefined;
  #isGap: boolean;
  #isFirst: boolean;
  /** How many containers have begun with a block, and how many are still those of the last block. */
  #begun = 0;
  #kept = 0;
  #given: Block[] = [];

  /** `isApart` puts an empty row before the first block. */
  constructor(isApart = false) {
    this.#isGap = isApart;
    this.#isFirst = !isApart;
  }

  /** Takes the next line and gives the blocks that are final now. */
  line(text: string): readonly Block[] {
    this.#read(withoutTabs(text));
    return this.#give();
  }

  /** Ends the open block. */
  finish(): readonly Block[] {
    this.#close(0);
    return this.#give();
  }

  /** The blocks that would follow if the text ended in this unfinished line. Changes nothing. */
  peek(partial: string): readonly Block[] {
    const line = withoutTabs(partial);
    const copy = this.#copy();
    if (line === '' || this.#isUnclear(line)) return copy.#open();
    copy.#read(line);
    return [...copy.#given, ...copy.#open(this.#leaf)];
  }

  /** A line that would be drawn as one thing and a moment later as another waits until it is whole. */
  #isUnclear(line: string): boolean {
    const type = this.#leaf?.type;
    if (type === 'fence') return /^[ >]*(?:`+|~+) *$/.test(line);
    return type === 'text' && /^[ >|:=-]*$/.test(line);
  }

  #open(before?: Leaf): readonly Block[] {
    const leaf = this.#leaf;
    if (!leaf || !('place' in leaf)) return [];
    // The last row of a table is not whole.
    const isGrown = leaf.type !== 'text' && before?.type === leaf.type;
    const lines = isGrown ? leaf.lines.slice(0, -1) : leaf.lines;
    return [{ ...leaf.place, type: leaf.type, text: lines.join('\n') }];
  }

  #copy(): BlockReader {
    const copy = new BlockReader();
    copy.#containers = this.#containers;
    copy.#lists = this.#lists;
    copy.#leaf = this.#leaf;
    copy.#isGap = this.#isGap;
    copy.#isFirst = this.#isFirst;
    copy.#begun = this.#begun;
    copy.#kept = this.#kept;
    return copy;
  }

  #give(): readonly Block[] {
    const given = this.#given;
    this.#given = [];
    return given;
  }

  #read(line: string): void {
    const [rest, depth] = this.#within(line);
    const isWithin = depth === this.#containers.length;
    if (isWithin && this.#continues(rest)) return;
    if (rest.trim() === '') {
      this.#close(depth);
      this.#isGap = true;
    } else this.#start(rest, depth);
  }

  /** The line without what the open containers take of it, and how many of them go on. */
  #within(line: string): [rest: string, depth: number] {
    let rest = line;
    let depth = 0;
    for (const container of this.#containers) {
      if (container.type === 'quote') {
        const inner = unquoted(rest);
        if (inner === undefined) break;
        rest = inner;
      } else if (rest.trim() === '' || indentOf(rest) >= container.indent) rest = rest.slice(container.indent);
      else break;
      depth += 1;
    }
    return [rest, depth];
  }

  /** Gives the line to open code or HTML, if that is open and takes it. */
  #continues(line: string): boolean {
    const leaf = this.#leaf;
    const isBlank = line.trim() === '';
    switch (leaf?.type) {
      case 'fence':
        if (isFenceEnd(line, leaf.fence)) this.#close();
        else this.#emit({ type: 'code', text: line.slice(Math.min(leaf.indent, indentOf(line))) });
        return true;
      case 'indented':
        if (!isBlank && indentOf(line) < 4) return false;
        if (isBlank) this.#leaf = { ...leaf, blanks: leaf.blanks + 1 };
        else {
          for (let blank = 0; blank < leaf.blanks; blank += 1) this.#emit({ type: 'code', text: '' });
          this.#emit({ type: 'code', text: line.slice(4) });
          this.#leaf = { type: 'indented', blanks: 0 };
        }
        return true;
      case 'html':
        if (leaf.end === 'blank' && isBlank) return false;
        this.#html(line, leaf.end);
        return true;
      default:
        return false;
    }
  }

  /** Reads a line that is neither empty nor of open code or HTML, where `depth` containers go on. */
  #start(line: string, depth: number): void {
    let rest = line;
    let isWithin = depth === this.#containers.length;
    /** Ends what does not go on, once, before something else begins. */
    const begin = () => {
      this.#close(isWithin ? this.#containers.length : depth);
      isWithin = true;
    };
    for (;;) {
      const text = isWithin && this.#leaf?.type === 'text' ? this.#leaf : undefined;
      if (indentOf(rest) > 3) {
        // An indented line goes on with a paragraph, whatever is around it.
        if (this.#leaf?.type === 'text') break;
        begin();
        this.#edge('');
        this.#emit({ type: 'code', text: rest.slice(4) });
        this.#leaf = { type: 'indented', blanks: 0 };
        return;
      }
      const canNest = this.#containers.length < maxDepth || !isWithin;
      const inner = canNest ? unquoted(rest) : undefined;
      if (inner !== undefined) {
        begin();
        this.#enter({ type: 'quote' });
        rest = inner;
        if (rest.trim() === '') return;
        continue;
      }
      const title = heading(rest);
      const level = text && underline(rest);
      if (title || level || isRule(rest)) {
        // The text becomes the heading, in the place that it has.
        if (text && level) {
          this.#given.push({ ...text.place, type: 'heading', text: text.lines.join('\n'), level });
          this.#leaf = undefined;
          return;
        }
        begin();
        this.#emit(title ? { type: 'heading', ...title } : { type: 'rule', text: '' });
        return;
      }
      const fence = fenceStart(rest);
      if (fence) {
        begin();
        this.#edge(fence.language);
        this.#leaf = { type: 'fence', ...fence };
        return;
      }
      const end = htmlEnd(rest, this.#leaf?.type === 'text');
      if (end) {
        begin();
        this.#html(rest, end);
        return;
      }
      const marker = canNest ? listMarker(rest) : undefined;
      // A number that begins a line of running text is hardly a list, unless it is the first.
      if (!marker || (text && (marker.rest.trim() === '' || (marker.number ?? 1) !== 1))) break;
      begin();
      this.#item(marker);
      rest = marker.rest;
      if (rest.trim() === '') return;
    }
    this.#text(rest, isWithin, depth);
  }

  /** Goes on with a paragraph or a table, or begins one. */
  #text(line: string, isWithin: boolean, depth: number): void {
    const text = line.trimStart();
    let leaf = this.#leaf;
    // A paragraph goes on also where the marks of its containers are left out.
    if (!leaf || !('place' in leaf) || !(isWithin || leaf.type === 'text')) {
      this.#close(isWithin ? this.#containers.length : depth);
      this.#leaf = { type: 'text', place: this.#place(), lines: [text] };
      return;
    }
    // Notes and the targets of links, which are shown as text, stand one to a line.
    if (isDefinition(text) && isDefinition(leaf.lines[0] ?? '')) {
      this.#close();
      this.#leaf = { type: 'text', place: this.#place(), lines: [text] };
      return;
    }
    const lastLine = leaf.lines.at(-1);
    if (leaf.type === 'text' && isWithin && lastLine !== undefined && isTableStart(lastLine, text)) {
      if (leaf.lines.length > 1) {
        this.#given.push({ ...leaf.place, type: 'text', text: leaf.lines.slice(0, -1).join('\n') });
        leaf = { ...leaf, place: this.#place() };
      }
      this.#leaf = { type: 'table', place: leaf.place, lines: [lastLine, text] };
      return;
    }
    const lines = [...leaf.lines, text];
    this.#leaf = { ...leaf, lines };
    if (lines.reduce((sum, each) => sum + each.length, 0) < maxBlockChars) return;
    this.#close();
    // A table that was cut goes on below the same names.
    const isTable = leaf.type !== 'text';
    if (isTable) this.#leaf = { type: 'rest', place: this.#place(), lines: lines.slice(0, 2) };
  }

  #html(line: string, end: RegExp | 'blank'): void {
    this.#emit({ type: 'html', text: line });
    this.#leaf = end !== 'blank' && end.test(line) ? undefined : { type: 'html', end };
  }

  #edge(language: string): void {
    this.#emit({ type: 'edge', text: language });
  }

  #emit(content: Content): void {
    this.#given.push({ ...this.#place(), ...content });
  }

  /** Where the block that begins now stands. */
  #place(): Place {
    const place = {
      containers: this.#containers,
      begins: this.#begun,
      ...(this.#isGap && !this.#isFirst && { gap: this.#kept }),
    };
    this.#begun = this.#containers.length;
    this.#kept = this.#containers.length;
    this.#lists = this.#lists.slice(0, this.#containers.length);
    this.#isGap = false;
    this.#isFirst = false;
    return place;
  }

  #item({ mark, number, indent }: ListMarker): void {
    const depth = this.#containers.length;
    const before = this.#lists[depth];
    const own = before?.mark === mark && number !== undefined ? before.next : number;
    this.#enter({ type: 'item', indent, number: own === undefined ? undefined : `${own}${mark}` });
    const lists = [...this.#lists];
    lists[depth] = { mark, next: (own ?? 0) + 1 };
    this.#lists = lists;
  }

  #enter(container: Container): void {
    this.#lists = this.#lists.slice(0, this.#containers.length);
    this.#containers = [...this.#containers, container];
  }

  /** Ends the open leaf, and the containers from `depth` on. */
  #close(depth = this.#containers.length): void {
    const leaf = this.#leaf;
    this.#leaf = undefined;
    if (leaf && 'place' in leaf) this.#given.push({ ...leaf.place, type: leaf.type, text: leaf.lines.join('\n') });
    const isGap = this.#isGap;
    this.#isGap = false;
    if (leaf?.type === 'fence' || leaf?.type === 'indented') this.#edge('');
    this.#isGap = isGap || (leaf?.type === 'indented' && leaf.blanks > 0);
    if (depth === this.#containers.length) return;
    // An item with nothing in it is seen all the same.
    if (this.#begun < this.#containers.length) this.#emit({ type: 'empty', text: '' });
    this.#containers = this.#containers.slice(0, depth);
    this.#begun = Math.min(this.#begun, depth);
    this.#kept = Math.min(this.#kept, depth);
  }
}

const isDefinition = (line: string) => /^\[[^\]]+\]:/.test(line);
