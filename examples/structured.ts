// Asks for JSON that fits a schema, and shows the value while it is still being written.
import { lastValueFrom } from 'rxjs';
import { demo } from 'rxllm/demo';
import { collectJson, partialJson } from 'rxllm/operators';
import { z } from 'zod';

const Dog = z.object({ name: z.string(), age: z.int(), good: z.boolean() });

const schema = z.toJSONSchema(Dog);
const response = demo({ chunkMs: 0 }).prompt('Invent a dog called Bartholomew, 3 years old.', { schema });

response.pipe(partialJson<z.infer<typeof Dog>>()).subscribe((dog) => console.log(dog));

const dog = await lastValueFrom(response.pipe(collectJson(Dog)));
console.log(`${dog.name} will be ${dog.age + 1}.`);

// {}
// { name: 'Barthol' }
// { name: 'Bartholomew' }
// { name: 'Bartholomew', age: 3 }
// { name: 'Bartholomew', age: 3, good: true }
// Bartholomew will be 4.
