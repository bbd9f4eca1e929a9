// Plausible values, by what a property is called or by its format. A table; who needs which is decided elsewhere.

const stringsByFormat: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2025-06-01T12:00:00Z', '2025-06-02T12:00:00Z'],
  date: ['2025-06-01', '2025-06-02'],
  time: ['12:00:00Z', '13:00:00Z'],
  duration: ['PT1H', 'PT2H'],
  email: ['ada@example.com', 'grace@example.com'],
  hostname: ['example.com', 'example.org'],
  ipv4: ['192.0.2.1', '192.0.2.2'],
  ipv6: ['2001:db8::1', '2001:db8::2'],
  uri: ['https://example.com/', 'https://example.org/'],
  'uri-reference': ['/example', '/other'],
  uuid: ['6fa459ea-ee8a-4ca4-894e-db77e160355e', '16fd2706-8baf-433b-82eb-8c7fada847da'],
  base64: ['ZGVtbw==', 'cnhsbG0='],
  regex: ['^example$', '^other$'],
};

// The first row whose word the property's name ends in.
const stringsByName: readonly (readonly [RegExp, readonly string[]])[] = [
  [/first_?name$/i, ['Ada', 'Grace', 'Alan']],
  [/last_?name|surname$/i, ['Lovelace', 'Hopper', 'Turing']],
  [/name|author|person|user$/i, ['Ada Lovelace', 'Grace Hopper', 'Alan Turing']],
  [/city|location|place|destination$/i, ['Paris', 'Oslo', 'Lima']],
  [/country$/i, ['France', 'Norway', 'Peru']],
  [/email$/i, stringsByFormat.email ?? []],
  [/url|uri|link|website$/i, stringsByFormat.uri ?? []],
  [/date|day$/i, stringsByFormat.date ?? []],
  [/time$/i, ['12:00', '13:00']],
  [/currency$/i, ['EUR', 'USD']],
  [/colou?r$/i, ['green', 'blue', 'red']],
  [/language$/i, ['English', 'French']],
  [/phone$/i, ['+1 555 0100', '+1 555 0101']],
];

const numbersByName: readonly (readonly [RegExp, number])[] = [
  [/age$/i, 36],
  [/year$/i, 2025],
  [/temperature|celsius|degrees$/i, 18],
  [/price|cost|amount|total$/i, 9.5],
  [/latitude|lat$/i, 48.85],
  [/longitude|lon|lng$/i, 2.35],
  [/percent|score|confidence|probability$/i, 0.5],
];

/** Texts that look right for a format (`date`) or else for a property of that name (`home_city`). */
export function plausibleStrings(name: string, format: unknown): readonly string[] {
  const byFormat = typeof format === 'string' ? stringsByFormat[format] : undefined;
  return byFormat ?? rowFor(stringsByName, name) ?? [`example ${name || 'text'}`];
}

/** A number that looks right for a property of that name. */
export function plausibleNumber(name: string): number {
  return rowFor(numbersByName, name) ?? 1;
}

function rowFor<T>(rows: readonly (readonly [RegExp, T])[], name: string): T | undefined {
  return rows.find(([pattern]) => pattern.test(name))?.[1];
}
