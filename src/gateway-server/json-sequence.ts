const backslash = 0x5c;
const quote = 0x22;

/**
 * The JSON objects that stand one after the other in `text`, each as its own text, with or without white space between.
 * An item that is not an object, or is incomplete, comes last, as it is.
 */
export function splitObjects(text: string): string[] {
  const objects: string[] = [];
  let start = 0;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i);
    if (inString) {
      if (letter === backslash) i++;
      else if (letter === quote) inString = false;
      continue;
    }
    if (letter === quote) inString = true;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) {
      objects.push(text.slice(start, i + 1));
      start = i + 1;
    }
  }
  const rest = text.slice(start).trim();
  return rest === "" ? objects : [...objects, rest];
}
