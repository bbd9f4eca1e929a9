// What the demo knows: a few answers about RxJS and rxllm. Lines end where they read well in a terminal.

export interface Topic {
  /** Words of a prompt that this answers. */
  readonly asks: RegExp;
  /** How the demo thinks about it. */
  readonly thought: string;
  readonly answer: string;
}

/** In the order in which they are looked at: what is special before what is general. */
export const topics: readonly Topic[] = [
  {
    asks: /\bcold\b/i,
    thought: 'I say what it means, show it in code, and then what it is good for.',
    answer: `A cold Observable is a recipe: nothing happens until somebody subscribes,
and each subscriber gets a run of their own. A hot one is a broadcast: it
goes on whether you listen or not.

In rxllm every response is cold:

    const response = model.prompt('Hi');  // nothing is sent
    response.subscribe(show);             // one request
    response.subscribe(log);              // another request

So retry, race, timeout and switchMap do what they always do, and to
unsubscribe is to cancel, down to the socket. When many shall see the same
run, response.share() makes one request and replays it to everybody.`,
  },
  {
    asks: /\b(?:unsubscribe|unsubscribing|cancel\w*|abort\w*|stop)\b/i,
    thought: 'I say what ends a run.',
    answer: `Unsubscribe. That aborts the request down to the socket, so the provider
stops generating. takeUntil(stop$), switchMap and timeout unsubscribe for
you. Whatever else ends a run early, the error says what had arrived:

    response.subscribe({ error: ({ partial }) => save(partial) });`,
  },
  {
    asks: /\b(?:hot|shared?|sharing|multicast\w*|replay\w*)\b/i,
    thought: 'I explain share().',
    answer: `response.share() makes one run out of a cold response. The first subscriber
starts it, each later one gets it replayed from the first event, and when
the last one leaves it is aborted, unless you ask for { onEmpty: 'keep' }.

    const live = model.prompt('Hi').share();
    live.text$.subscribe(render);
    live.usage().then(bill);`,
  },
  {
    asks: /\b(?:retry|retries|retrying|errors?|fail\w*)\b/i,
    thought: 'I say where errors go.',
    answer: `Errors come on the error channel, so retry and catchError just work. Each is
an LlmError with a code, says whether it is retryable, and brings what had
arrived as partial.

    model.prompt('Hi').pipe(retry({ count: 3, delay: 1000 }));`,
  },
  {
    asks: /\b(?:tools?|function calls?|agents?)\b/i,
    thought: 'I show a tool.',
    answer: `A tool is a name, a JSON Schema and a function. When the model calls it,
reply() runs it and sends back what it returns:

    const response = model.prompt('What is 17 times 23?', { tools: [multiply] });
    response.reply().pipe(text()).subscribe(show);`,
  },
  {
    asks: /\b(?:schemas?|structured|json)\b/i,
    thought: 'I explain structured output.',
    answer: `Give a JSON Schema, and the answer is JSON that fits it. partialJson() emits
the value while it is still being written:

    model.prompt('Invent a dog', { schema }).pipe(partialJson()).subscribe(render);`,
  },
  {
    asks: /\b(?:reasoning|thinking|thoughts?)\b/i,
    thought: 'I say how it comes apart from the text. This sentence is an example.',
    answer: `Reasoning comes as events of its own type, before and between the text.
withoutReasoning() drops it, ofType('reasoning') keeps nothing else, and the
messages keep both as parts.`,
  },
  {
    asks: /\b(?:tests?|testing|marbles?|virtual time)\b/i,
    thought: 'I speak of virtual time.',
    answer: `Give a prompt a TestScheduler and its whole run, tools and replies included,
happens in virtual time, so marble diagrams work:

    demo().prompt('Hi', { scheduler }).pipe(text());`,
  },
  {
    asks: /\brxllm\b/i,
    thought: 'I say what it is.',
    answer: `rxllm makes each answer of a language model an RxJS stream of typed events:
text, reasoning, tool calls, usage. Filtering, tools, retries, sharing and
tests in virtual time are operators on that stream, and a whole turn is
plain JSON that Python's llm reads too.`,
  },
  {
    asks: /\b(?:observables?|rxjs|streams?)\b/i,
    thought: 'I say what it is, in one paragraph.',
    answer: `An Observable is a stream of values over time: none, some or endlessly many,
then an end or an error. You subscribe to get them and unsubscribe when you
have enough. RxJS has the operators that combine them.`,
  },
  {
    asks: /\b(?:who are you|what are you|what can you|help|are you an? \w+)\b/i,
    thought: 'I say what I can do.',
    answer: `I reason, answer a few questions about RxJS and rxllm, call the tools you
give me and fill the schemas you give me, always the same way for the same
prompt. Ask me what a cold Observable is, how to cancel, share or test a
response, or how tools work.`,
  },
  {
    asks: /\b(?:hello|hi|hey|good (?:morning|evening|day))\b/i,
    thought: 'I greet back.',
    answer: 'Hello! Ask me what a cold Observable is, what rxllm is, or what I can do.',
  },
];
