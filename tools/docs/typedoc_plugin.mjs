// SPDX-License-Identifier: MIT
// What the reference leaves out.

const isEmptyRest = ({ flags, type }) => flags.isRest && type?.type === 'tuple' && type.elements.length === 0;

export function load({ converter }) {
  const { EVENT_RESOLVE, EVENT_RESOLVE_BEGIN } = converter.constructor;

  // `[Symbol.dispose]()`, which is `dispose()` for `using`: TypeDoc and VitePress number two headings of one name differently.
  converter.on(EVENT_RESOLVE_BEGIN, ({ project }) => {
    const twins = Object.values(project.reflections).filter(({ name }) => name === '[dispose]');
    for (const reflection of twins) if (reflection.id in project.reflections) project.removeReflection(reflection);
  });

  // The parameter `...rest: []` of public methods, which is there for refusals alone.
  converter.on(EVENT_RESOLVE, (_context, reflection) => {
    if (reflection.parameters === undefined) return;
    reflection.parameters = reflection.parameters.filter((parameter) => !isEmptyRest(parameter));
  });
}
