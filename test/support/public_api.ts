// SPDX-License-Identifier: MIT
// Everything public that can be called, as the types of lib/index.ts have it: constructors, methods, static methods and
// functions, with the number of arguments that each takes and the options that it declares.
import path from 'node:path';
import ts from 'typescript';

export interface PublicCall {
  /** `new Dense`, `Sequential#fit`, `Sequential.fromConfig`, `datasets.imdb.loadData`. */
  readonly name: string;
  readonly kind: 'constructor' | 'method' | 'static' | 'function';
  /** Where it is: `Sequential`, `datasets.imdb`; empty at the top. */
  readonly owner: string;
  /** Of the method or function. */
  readonly key: string;
  /** Arguments that it takes at most. */
  readonly most: number;
  /** Where its options stand among the arguments, and their names; undefined where it has none. */
  readonly options: { readonly index: number; readonly keys: readonly string[] } | undefined;
}

/** Parameters that are objects of options, by the name that they have everywhere. */
const OPTIONS = new Set(['options', 'parameters', 'functions']);
const ROOT = path.join(__dirname, '../..');
const MODIFIERS = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** All public calls but the methods of callbacks, which users write, and what JavaScript calls itself (`toJSON`). */
export function publicCalls(): PublicCall[] {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    path.join(ROOT, 'tsconfig.json'),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )!;
  const entry = path.join(ROOT, 'lib/index.ts');
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry)!;
  const calls: PublicCall[] = [];
  const seen = new Set<ts.Symbol>();
  const functions = new Set<ts.Symbol>();

  const isOurs = (node: ts.Node | undefined): node is ts.Node =>
    node !== undefined && node.getSourceFile().fileName.startsWith(path.join(ROOT, 'lib') + path.sep);
  const isTagged = (node: ts.Node): boolean => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');

  /** Whether a member, or what it overrides, is not for users. */
  function isInternal(member: ts.Symbol, type: ts.Type): boolean {
    if ((member.declarations ?? []).some(isTagged)) return true;
    const bases = type.getBaseTypes() ?? [];
    return bases.some((base) => {
      const above = base.getProperty(member.name);
      return above !== undefined && isInternal(above, base);
    });
  }

  function add(call: Pick<PublicCall, 'name' | 'kind' | 'owner' | 'key'>, signatures: readonly ts.Signature[]): void {
    const parametersOf = (signature: ts.Signature): ts.Symbol[] =>
      signature.getParameters().filter(({ valueDeclaration }) => {
        return !(valueDeclaration && ts.isParameter(valueDeclaration) && valueDeclaration.dotDotDotToken);
      });
    const all = signatures.map(parametersOf);
    const found = all.flatMap((parameters) =>
      parameters.flatMap((parameter, index) => (OPTIONS.has(parameter.name) ? [{ parameter, index }] : [])),
    );
    const keys = new Set(
      found.flatMap(({ parameter }) => {
        const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, source));
        const objects = (type.isUnion() ? type.types : [type]).filter(({ flags }) => flags & ts.TypeFlags.Object);
        return objects.flatMap((object) => object.getProperties().map(({ name }) => name));
      }),
    );
    calls.push({
      ...call,
      most: Math.max(...all.map(({ length }) => length)),
      options:
        found.length === 0 ? undefined : { index: Math.max(...found.map(({ index }) => index)), keys: [...keys] },
    });
  }

  function addClass(symbol: ts.Symbol, name: string): void {
    const declaration = symbol.valueDeclaration as ts.ClassDeclaration;
    const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
    const instance = checker.getDeclaredTypeOfSymbol(symbol);
    const ancestry = (base: ts.Type): string[] => [
      base.symbol.name,
      ...(base.getBaseTypes() ?? []).flatMap((above) => ancestry(above)),
    ];
    const isAbstract = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract) !== 0;
    const constructors = type
      .getConstructSignatures()
      .filter(({ declaration: own }) => isOurs(own) && !isTagged(own) && !isProtected(own));
    if (!isAbstract && constructors.length > 0)
      add({ name: `new ${name}`, kind: 'constructor', owner: name, key: 'constructor' }, constructors);
    if (ancestry(instance).includes('Callback')) return;
    const addMembers = (members: readonly ts.Symbol[], of: ts.Type, kind: 'method' | 'static'): void => {
      for (const member of members) {
        const own = member.valueDeclaration;
        if (!isOurs(own) || isProtected(own) || /^(__|#|toJSON$)/.test(member.name)) continue;
        if (isAbstractMember(own) || isInternal(member, of)) continue;
        const signatures = checker.getTypeOfSymbolAtLocation(member, own).getCallSignatures();
        const isVariadic = signatures.some(({ parameters }) => {
          const last = parameters.at(-1)?.valueDeclaration;
          return last !== undefined && ts.isParameter(last) && last.dotDotDotToken !== undefined;
        });
        if (signatures.length === 0 || isVariadic) continue;
        const between = kind === 'method' ? '#' : '.';
        add({ name: `${name}${between}${member.name}`, kind, owner: name, key: member.name }, signatures);
      }
    };
    addMembers(instance.getProperties(), instance, 'method');
    addMembers(type.getProperties(), type, 'static');
  }

  const isAbstractMember = (node: ts.Node): boolean =>
    (ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Abstract) !== 0;
  const isProtected = (node: ts.Node): boolean =>
    (ts.getCombinedModifierFlags(node as ts.Declaration) & MODIFIERS) !== 0;

  function visit(given: ts.Symbol, owner: string): void {
    const symbol = given.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(given) : given;
    if (seen.has(symbol) || (given.declarations ?? []).some(({ parent }) => isTagged(parent))) return;
    seen.add(symbol);
    const name = owner === '' ? given.name : `${owner}.${given.name}`;
    if (symbol.flags & ts.SymbolFlags.Module) {
      for (const member of checker.getExportsOfModule(symbol)) visit(member, name);
      return;
    }
    const declaration = symbol.valueDeclaration;
    if (!isOurs(declaration) || isTagged(declaration)) return;
    if (symbol.flags & ts.SymbolFlags.Class) return addClass(symbol, name);
    const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
    if (type.getCallSignatures().length > 0) return visitType(type, owner, given.name);
    for (const member of type.getProperties()) visitType(checker.getTypeOfSymbol(member), name, member.name);
  }

  /** A function, or a module. */
  function visitType(type: ts.Type, owner: string, key: string): void {
    const name = owner === '' ? key : `${owner}.${key}`;
    const signatures = type.getCallSignatures();
    if (signatures.length > 0) {
      if (isOurs(signatures[0]!.declaration) && !functions.has(type.symbol))
        add({ name, kind: 'function', owner, key }, signatures);
      functions.add(type.symbol);
    } else if (type.symbol?.flags & ts.SymbolFlags.Module) {
      for (const member of checker.getExportsOfModule(type.symbol)) visit(member, name);
    }
  }

  // What has a name of its own goes by it, not by that of its room.
  const names = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
  const isOwn = (symbol: ts.Symbol): boolean => {
    const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return (flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Function)) !== 0;
  };
  for (const symbol of [...names.filter(isOwn), ...names.filter((other) => !isOwn(other))]) visit(symbol, '');
  return calls;
}
