/** What a timer can wait for at once, in milliseconds, some 24 days: it takes a longer wait for none. */
export const longestMs = 2 ** 31 - 1;
