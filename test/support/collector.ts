/** Collects items, and waits until a number of them has come. */
export function collector<T>() {
  const items: T[] = [];
  let wake = () => {};
  return {
    items,
    add(item: T): void {
      items.push(item);
      wake();
    },
    async until(count: number): Promise<T[]> {
      while (items.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items;
    },
  };
}
