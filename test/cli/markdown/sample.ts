// A Markdown document with all that models write, and some that they should not.

export const sample = String.raw`# Streams in practice: a *long* title that does not fit into one row of eighty columns

RxJS has **cold** and ${'`hot`'} streams; see [the docs](https://rxjs.dev/guide/observable) or https://rxjs.dev.
~~Old~~ text with &amp; &lt;b&gt; &#27;[31m and \*no emphasis\*. This paragraph has ***both kinds*** of emphasis,
a hard break by two spaces,${'  '}
another by a backslash,\
and a word that is longer than a row: ${'pneumono'.repeat(12)}.

日本語のテキストはどこでも折り返すことができます。行の終わりに句読点が来ても、次の行の先頭には置かれません。한국어 문장도 잘 보입니다.
Emoji: 👍🏽 👨‍👩‍👧‍👦 🇩🇪 ⚠️ 1️⃣ ✅, combining marks: e${'\u0301'}a${'\u0308'}o${'\u0302'}, Devanagari: क्षि नमस्ते.

## Lists

Steps:
1. First do this, which is a long line that has to wrap because it is longer than the width of the terminal.
2. Then that:
   - nested one
     - nested two with ${'`code`'} in it
       - and three, which is again long enough that it has to be wrapped with a hanging indent
   - nested b

   A second paragraph of the item.

   ${'```'}ts
   const a = 1;

   of(1, 2, 3).subscribe((value) => console.log(value)); // a very long line of code, which is cut hard
   ${'```'}
3. Last

10) ten
11) eleven

- [x] done
- [ ] not done
  lazy

* loose a

* loose b
lazily continued
+ another list
-
- after an empty item

### Quotes ###

> A quote with **bold text** that goes on for so long that it takes more than one row on the screen
lazy line
>
> - list in quote
>   1. ordered
> > deeper

Setext
heading
===

Another one
---

## Tables

| Name | Value | Note |
|:-----|------:|:----:|
| a | 1 | ${'`x\\|y`'} |
| longer name | 1000 | some text that is long enough to wrap around in a cell |
| 日本 | 7 <br> 8 | ✅ |
| only one |
| **bold** | 2 | [link](https://example.com/x) |

Text right before a table
a | b | c | d | e | f | g | h
--|---|---|---|---|---|---|---
1 | 2 | 3 | 4 | 5 | 6 | 7 | the last of eight
9 | 8 | 7 | 6 | 5 | 4 | 3 | 2

***

## Code

    indented code

    	more of it

<div class="x">
html <b>x</b>
</div>

<!-- a comment

over lines -->

A[^1] footnote, a [reference][r] and ![an image](https://example.com/i.png "title").

[^1]: The note.
[r]: https://example.com "T"

${'```'}python
def f():
	return "a long line in a fence at the left edge that is much longer than the width is of this terminal"

# ${'日本'.repeat(25)}
${'```'}

~~~
${'```'} in tildes
~~~

What comes from a model may hold \u001b as text, or itself: ${'\u001b[31mred\u001b[0m \u001b[2J\u0007\r\u009b1m \u202eabc'}.
Unclosed **bold and ${'`code'} and [link](http
still the same paragraph_with_underscores and 2 * 3 * 4 = 24 < 25 and a<b>c</b>.

The second half is what most answers are made of: running text, in paragraphs of a few sentences. Each of them is
drawn while it comes, row by row, and then left alone. Nothing of what stands above is ever drawn again, whatever
comes below; a person who reads along never sees a line jump that was already there.

- **Cold** streams start when somebody subscribes, and each subscriber has a run of its own.
- **Hot** streams go on whether or not anybody listens, so a late subscriber misses what was before.
- **Replayed** streams keep what was, and give it to whoever comes late.

${'```'}js
${Array.from({ length: 14 }, (_, index) => `console.log('line ${index} of a program that is longer than a small screen');`).join('\n')}
${'```'}

The end, with a last fence that nobody closes:

${'```'}sh
npm install rxllm
`;
