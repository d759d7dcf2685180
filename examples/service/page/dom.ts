// SPDX-License-Identifier: MIT
// Elements of the page.

type Tags = HTMLElementTagNameMap;

/** The element of an id; its class is checked. */
export function at<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`there is no ${kind.name} of the id ${id}`);
  return element;
}

/** A new element; what children are text is text, never markup. */
export function make<K extends keyof Tags>(
  tag: K,
  properties: Partial<Tags[K]> = {},
  ...children: (Node | string)[]
): Tags[K] {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

const message = at('message', HTMLParagraphElement);

/** Does what a user asked for; what fails is said at the top. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    message.hidden = true;
  } catch (error) {
    message.textContent = error instanceof Error ? error.message : String(error);
    message.hidden = false;
  }
}

/** With a space that is not broken. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;
