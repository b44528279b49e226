// The story, told in node.
//
//     node tell.mjs SERVER OUTPUT

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Memory } from './host.mjs';
import { seeded } from './seeded.mjs';
import { tell } from './story.mjs';

const [, , base, output] = process.argv;
assert(base && output);
await writeFile(output, JSON.stringify(await tell(base, async (login) => ({ ...new Memory(), entropy: seeded(login) }))));
