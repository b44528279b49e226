import { tell } from '../story.mjs';
import { keep } from './phone.mjs';

/** More than the story draws: the engine asks for randomness at once, and a page's SHA-256 is a promise. */
const DRAWS = 5000;

/** @param {string} name */
async function seeded(name) {
  const drawn = Array.from({ length: DRAWS }, (_, n) => new TextEncoder().encode(`${name} ${n + 1}`));
  const digests = (await Promise.all(drawn.map((text) => crypto.subtle.digest('SHA-256', text)))).values();
  return (/** @type {number} */ count) => {
    const { value } = digests.next();
    if (!value) throw new Error('more randomness than was prepared');
    return new Uint8Array(value).slice(0, count);
  };
}

/** @param {string} login */
async function ground(login) {
  const { entries, read, persist } = await keep(`story of ${login}`);
  return { entries, read, persist, entropy: await seeded(login) };
}

/** @type {any} */ (window).tellStory = async () => JSON.stringify(await tell(location.origin, ground));
