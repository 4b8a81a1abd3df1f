/** Properties of an element. */
type Properties<E> = Partial<
  Pick<E, keyof E & ("className" | "id" | "type" | "dateTime" | "scope" | "title" | "hidden")>
>;

/**
 * Creates an element. Texts are inserted as text, never as HTML.
 *
 * @param children Elements and texts.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

/** @throws Error if the page has no such element. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`There is no #${id}.`);
  return found;
}

/** Changes a text only if it differs, so that screen readers read only changes. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
