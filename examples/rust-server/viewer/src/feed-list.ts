import { element, setText } from "./element.js";
import { type FeedKind, itemOf } from "./entries.js";
import type { Page, RustEvent } from "./log.js";

/** Number of items that are kept while the user does not scroll back. */
const MOST = 200;
/** Distance from the end, in pixels, at which more items are fetched. */
const NEAR = 200;

/**
 * A list of events, the newest first. It goes back to the start of the log, by scrolling or by the
 * button at its end. Visible items do not move when new ones arrive.
 */
export class FeedList {
  readonly #feed: FeedKind;
  readonly #readBack: (before: number) => Promise<Page>;
  readonly #items = element("ol", { className: "items" });
  readonly #scroller = element("div", { className: "scroller" });
  readonly #empty: HTMLElement;
  readonly #older = element("button", { className: "older", type: "button" }, "Show older");
  readonly #newer = element("button", { className: "newer", type: "button", hidden: true });
  readonly #end = element("p", { className: "end", hidden: true }, "The log begins here.");
  /** Sequence from which the list is complete; undefined before the first event. */
  #from: number | undefined;
  /** The sequence of the first item. */
  #newest = 0;
  #unread = 0;
  #reading = false;

  /** @param readBack Reads events before a sequence. */
  constructor(feed: FeedKind, section: HTMLElement, readBack: (before: number) => Promise<Page>) {
    this.#feed = feed;
    this.#readBack = readBack;
    this.#empty = element("p", { className: "empty" }, feed.empty);
    const scroller = this.#scroller;
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "group");
    scroller.setAttribute("aria-label", `${feed.title}, the newest first`);
    scroller.append(this.#empty, this.#items, this.#older, this.#end);
    section.append(this.#newer, scroller);
    this.#older.hidden = true;
    this.#older.addEventListener("click", () => void this.#goBack());
    this.#newer.addEventListener("click", () => {
      scroller.scrollTop = 0;
      scroller.focus();
    });
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  /**
   * Sets the sequence from which the list is complete, so that it can go back from there.
   *
   * @param sequence Lowest sequence of the next event.
   */
  begin(sequence: number): void {
    this.#from = Math.min(this.#from ?? sequence, sequence);
    this.#older.hidden = this.#from <= 1;
  }

  /** Shows new events. @returns Number of events that belong to this list. */
  add(events: readonly RustEvent[]): number {
    const fresh = events.filter(({ sequence }) => sequence > this.#newest);
    const items = fresh.flatMap((event) => itemOf(this.#feed, event) ?? []).reverse();
    if (items.length === 0) return 0;
    this.#newest = sequenceOf(items[0]);
    for (const item of items) item.className = "fresh";
    const before = this.#scroller.scrollHeight;
    const looksBack = this.#scroller.scrollTop > 0;
    this.#items.prepend(...items.slice(0, looksBack ? undefined : MOST));
    this.#empty.hidden = true;
    if (looksBack) {
      this.#scroller.scrollTop += this.#scroller.scrollHeight - before;
      this.#setUnread(this.#unread + items.length);
    } else this.#trim(items.length > MOST);
    return items.length;
  }

  /** Removes the oldest items, which the log still has. */
  #trim(skipped: boolean): void {
    if (!skipped && this.#items.childElementCount <= MOST) return;
    while (this.#items.childElementCount > MOST) this.#items.lastElementChild?.remove();
    this.#from = sequenceOf(this.#items.lastElementChild);
    this.#end.hidden = true;
    this.#older.hidden = false;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (scrollTop === 0) this.#setUnread(0);
    else if (scrollHeight - clientHeight - scrollTop < NEAR) void this.#goBack();
  }

  #setUnread(count: number): void {
    this.#unread = count;
    this.#newer.hidden = count === 0;
    setText(this.#newer, `${count} new`);
  }

  async #goBack(): Promise<void> {
    const before = this.#from;
    if (this.#reading || before === undefined || before <= 1) return;
    this.#reading = true;
    this.#older.setAttribute("aria-busy", "true");
    setText(this.#older, "Looking back");
    try {
      const { events, from } = await this.#readBack(before);
      const hadFocus = document.activeElement === this.#older;
      const items = events.flatMap((event) => itemOf(this.#feed, event) ?? []).reverse();
      this.#items.append(...items);
      if (this.#newest === 0) this.#newest = sequenceOf(items[0]);
      this.#from = from;
      if (items.length > 0) this.#empty.hidden = true;
      this.#older.hidden = from <= 1;
      this.#end.hidden = from > 1;
      // The focused button was removed.
      if (hadFocus && this.#older.hidden) this.#scroller.focus({ preventScroll: true });
      setText(this.#older, "Show older");
    } catch {
      setText(this.#older, "That did not work. Try again");
    } finally {
      this.#older.removeAttribute("aria-busy");
      this.#reading = false;
    }
  }
}

function sequenceOf(item: Element | null | undefined): number {
  return item instanceof HTMLElement ? Number(item.dataset.sequence) : 0;
}
