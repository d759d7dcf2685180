// SPDX-License-Identifier: MIT
// Leaves out of the reference what is there for refusals alone: the parameter `...rest: []` of public methods.

const isEmptyRest = ({ flags, type }) => flags.isRest && type?.type === 'tuple' && type.elements.length === 0;

export function load({ converter }) {
  // When types are resolved, and before pages are made.
  converter.on(converter.constructor.EVENT_RESOLVE, (_context, reflection) => {
    if (reflection.parameters === undefined) return;
    reflection.parameters = reflection.parameters.filter((parameter) => !isEmptyRest(parameter));
  });
}
