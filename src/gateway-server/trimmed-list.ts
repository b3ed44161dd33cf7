/**
 * A list that grows at its end and is forgotten from its front, each at a cost of O(1) for an item: what is forgotten
 * leaves the array when it is half of it.
 */
export class TrimmedList<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#first + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Forgets that many items at the front, and gives them. */
  trim(count: number): T[] {
    const end = Math.min(this.#items.length, this.#first + count);
    const trimmed: T[] = [];
    for (let i = this.#first; i < end; i++) {
      const item = this.#items[i];
      if (item !== undefined) trimmed.push(item);
      this.#items[i] = undefined;
    }
    this.#first = end;
    if (this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return trimmed;
  }
}
