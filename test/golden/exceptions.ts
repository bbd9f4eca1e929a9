// Golden cases that cannot apply, each with its reason; and the differences that hold for many.
//
// For all cases:
// - The key `tool_calls` is not compared: there is no side channel for calls here, a streamed call is a call.
// - `reloaded` keeps `datetime_utc`: what is serialised is not lost by reading it back.
// - `exception` and the output of a tool that returned no string are compared as JSON or by their presence: both are
//   texts that Python words its own way.

/** By folder and number. */
const cannotApply: Readonly<Record<string, string>> = {
  'builders/019': 'a plain object with a known `type` is a part here, because values have one shape',
  'response/028': 'a streamed call is for the client here, so reply() runs what Python leaves alone',
};

/** Whether a case, named as `folder/number: name`, applies. */
export function applies([name]: readonly [string, unknown]): boolean {
  return !Object.hasOwn(cannotApply, name.slice(0, name.indexOf(':')));
}
