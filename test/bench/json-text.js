// The texts that the JSON bench reads: always the same for a shape and a size.
const sentences = [
  'The parcel arrived on time.',
  'It was packed well, but the box had a small dent.',
  'Would order again!',
  'She said "perfect" and kept it.',
  'Delivery to the second floor took\na little longer.',
];
const names = ['Ada Lovelace', 'Alan Turing', 'Grace Hopper'];

const shapes = {
  // An array of objects, some 310 characters each.
  records(bytes) {
    const records = [];
    for (let i = 0, length = 2; length < bytes; i += 1) {
      const record = {
        id: `ord_${String(i).padStart(6, '0')}`,
        customer: { name: names[i % 3], email: `customer${i}@example.com` },
        items: [
          { sku: `A-${i % 97}`, quantity: 1 + (i % 4), price: 19.99 },
          { sku: `B-${i % 89}`, quantity: 1, price: i / 4 },
        ],
        paid: i % 3 !== 0,
        note: i % 2 === 0 ? null : sentences[i % 5],
        comment: `${sentences[(i + 1) % 5]} ${sentences[(i + 3) % 5]}`,
      };
      records.push(record);
      length += JSON.stringify(record).length + 1;
    }
    return JSON.stringify(records);
  },

  // An object with one very long string, three escapes in 160 characters.
  string(bytes) {
    return oneString(bytes, `${sentences.join(' ')}\n`);
  },

  // The same with the typography of models. A single character beyond Latin-1 makes V8 keep two bytes for each.
  prose(bytes) {
    return oneString(bytes, `${sentences.join(' ')} “Très bien” — 😀\n`);
  },
};

function oneString(bytes, unit) {
  return JSON.stringify({ title: 'Report', content: unit.repeat(Math.max(1, Math.floor(bytes / unit.length))) });
}

/** @param shape `records`, `string` or `prose` */
export function jsonText(shape, bytes) {
  return shapes[shape](bytes);
}
