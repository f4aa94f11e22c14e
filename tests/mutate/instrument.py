#!/usr/bin/env python3
"""instrument.py OUT "CPPFLAGS" FILE...: writes each C file to OUT/FILE with all its mutants in it.

Every expression that can be changed asks at run time whether its change is the chosen one (see
mutate.h), so that one binary holds them all. Places come from clang's syntax tree; texts are only
put in, never moved, and lines stay lines. What a macro makes is left alone. OUT/mutants.c lists
them: number, file, line, and the change in words.
"""
import json
import os
import shlex
import subprocess
import sys

ORDER = {'<': ('<=', '>='), '<=': ('<', '>'), '>': ('>=', '<='), '>=': ('>', '<'),
         '==': ('!=',), '!=': ('==',)}
ARITHMETIC = {'+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '<<': '>>', '>>': '<<',
              '&': '|', '|': '&', '^': '&'}
COMPOUND = {op + '=': other + '=' for op, other in ARITHMETIC.items()}
LOGICAL = {'&&': '||', '||': '&&'}
# Compile-time numbers, and what has no value of its own.
OPAQUE = {'ConstantExpr', 'UnaryExprOrTypeTraitExpr', 'EnumDecl', 'RecordDecl', 'TypedefDecl',
          'StaticAssertDecl', 'OffsetOfExpr', 'VAArgExpr', 'StmtExpr'}
# How much is reserved: more than needed changes nothing, less is what the sanitizers are for.
RESERVING = {'arena_new', 'arena_alloc', 'xcalloc', 'xrealloc'}
TRANSPARENT = {'ParenExpr', 'ImplicitCastExpr', 'CStyleCastExpr'}


def children(node):
    return [n for n in node.get('inner', []) if n.get('kind')]


def bare(node):
    while node['kind'] in TRANSPARENT and children(node):
        node = children(node)[0]
    return node


def opcode(node, kind='BinaryOperator'):
    return node.get('opcode', '') if node['kind'] == kind else ''


class Source:
    def __init__(self, path, mutants):
        self.path, self.mutants = path, mutants
        with open(path, 'rb') as f:
            self.text = f.read()
        self.edits = []  # (offset, bytes taken, text), in an order that nests at equal offsets

    # ---- places ----

    def after_macro(self, offset, length):
        """The end of a macro's use: behind its arguments when it has some."""
        at = offset + length
        if self.text[at:at + 1] != b'(':
            return at
        depth = 0
        while True:
            depth += {b'(': 1, b')': -1}.get(self.text[at:at + 1], 0)
            at += 1
            if depth == 0:
                return at

    def span(self, node):
        """First byte, one behind the last, and whether a macro made all of it."""
        begin, end = node['range']['begin'], node['range']['end']
        first, last = begin.get('expansionLoc', begin), end.get('expansionLoc', end)
        if 'offset' not in first or 'offset' not in last:
            return None
        made = 'expansionLoc' in begin and 'expansionLoc' in end and \
            first['offset'] == last['offset']
        stop = self.after_macro(last['offset'], last['tokLen']) if 'expansionLoc' in end \
            else last['offset'] + last['tokLen']
        return first['offset'], stop, made

    def words(self, node):
        first, stop, _ = self.span(node)
        return ' '.join(self.text[first:stop].decode().split())

    def put(self, offset, text, taken=0):
        self.edits.append((offset, taken, text))

    def operator_at(self, left, right, op):
        at, stop = self.span(left)[1], self.span(right)[0]
        found = self.text.find(op.encode(), at, stop)
        return found if found >= 0 and b'/*' not in self.text[at:stop] else None

    def mutant(self, node, change):
        first = self.span(node)[0]
        line = self.text.count(b'\n', 0, first) + 1
        source = self.text.split(b'\n')[line - 1].decode().strip()
        self.mutants.append((self.path, line, change[:110], source))
        return len(self.mutants)

    # ---- changes ----

    def binary(self, node, op, others, visit):
        left, right = children(node)[:2]
        at = self.operator_at(left, right, op)
        if at is None:
            return visit()
        ids = [self.mutant(node, f'{self.words(node)}: {op} becomes {o}') for o in others]
        first, stop, _ = self.span(node)
        self.put(first, f'MUTATE_{len(others)}({ids[0]}, (')
        self.visit(left)
        self.put(at, f'), {op}, {", ".join(others)}, (', len(op))
        self.visit(right)
        self.put(stop, '))')

    def logical(self, node, op, visit):
        left, right = children(node)[:2]
        at = self.operator_at(left, right, op)
        if at is None:
            return visit()
        first = self.mutant(node, f'{self.words(node)}: {op} becomes {LOGICAL[op]}')
        self.mutant(node, f'without: {op} {self.words(right)}')
        self.mutant(node, f'without: {self.words(left)} {op}')
        self.put(self.span(node)[0], f'MUTATE_{"AND" if op == "&&" else "OR"}({first}, (')
        self.visit(left)
        self.put(at, '), (', 2)
        self.visit(right)
        self.put(self.span(node)[1], '))')

    def compound(self, node, op, visit):
        left, right = children(node)[:2]
        at = self.operator_at(left, right, op)
        if at is None:
            return visit()
        n = self.mutant(node, f'{self.words(node)}: {op} becomes {COMPOUND[op]}')
        self.put(self.span(node)[0], f'MUTATE_ASSIGN({n}, (')
        self.visit(left)
        self.put(at, f'), {op}, {COMPOUND[op]}, (', len(op))
        self.visit(right)
        self.put(self.span(node)[1], '))')

    def count(self, node, op):
        """i++ and its kin; the operand is read twice, so nothing is changed within it."""
        what = self.words(children(node)[0])
        other = {'++': '--', '--': '++'}[op]
        n = self.mutant(node, f'{self.words(node)}: {op} becomes {other}')
        first, stop, _ = self.span(node)
        changed = f'{what}{other}' if node.get('isPostfix') else f'{other}{what}'
        self.put(first, f'(mutate({n}) ? {changed} : ')
        self.put(stop, ')')

    def wrap(self, node, change, macro, visit):
        n = self.mutant(node, change)
        first, stop, _ = self.span(node)
        self.put(first, f'{macro}({n}, (')
        visit()
        self.put(stop, '))')

    def number(self, node):
        first, stop, made = self.span(node)
        text = self.text[first:stop].decode()
        if text in ('true', 'false'):
            n = self.mutant(node, f'{text} is inverted')
            self.put(first, f'MUTATE_INVERT({n}, (')
        elif made or not text[:1].isdigit():
            return
        elif int(node['value']) == 0:
            n = self.mutant(node, '0 becomes 1')
            self.put(first, f'MUTATE_ZERO({n}, (')
        else:
            n = self.mutant(node, f'{text} becomes one more')
            self.mutant(node, f'{text} becomes one less')
            self.put(first, f'MUTATE_NUMBER({n}, (')
        self.put(stop, '))')

    def drop(self, node, visit):
        """A statement that may be left out; in braces, so that no `else` changes its `if`."""
        first, stop, _ = self.span(node)
        n = self.mutant(node, f'left out: {self.words(node)}')
        self.put(first, f'{{ if (!mutate({n})) ')
        visit()
        self.put(self.text.index(b';', stop) + 1, ' }')

    # ---- the tree ----

    def statement(self, node, last=False):
        """`last`: behind it the function ends, so that a return may not be left out."""
        place, kind, inner = self.span(node), node['kind'], children(node)
        if place is None or place[2]:
            return
        if kind == 'CompoundStmt':
            for i, child in enumerate(inner):
                self.statement(child, last and i == len(inner) - 1)
        elif kind == 'IfStmt':
            self.condition(inner[0])
            for child in inner[1:]:
                self.statement(child, last)
        elif kind == 'ForStmt':
            init, _, condition, step, body = node['inner']
            if init.get('kind'):
                self.visit(init)
            if condition.get('kind'):
                self.condition(condition)
            if step.get('kind'):
                self.visit(step)
            self.statement(body)
        elif kind == 'WhileStmt':
            self.condition(inner[0])
            self.statement(inner[1])
        elif kind == 'DoStmt':
            self.statement(inner[0])
            self.condition(inner[1])
        elif kind == 'SwitchStmt':
            self.visit(inner[0])
            self.statement(inner[1], last)
        elif kind in ('CaseStmt', 'DefaultStmt', 'LabelStmt'):
            self.statement(inner[-1], last)
        elif kind == 'ReturnStmt':
            if last:
                self.returned(node)
            else:
                self.drop(node, lambda: self.returned(node))
        elif kind in ('BreakStmt', 'ContinueStmt'):
            self.drop(node, lambda: None)
        elif kind in ('CallExpr', 'CompoundAssignOperator') or opcode(node) == '=' or \
                opcode(node, 'UnaryOperator') in ('++', '--'):
            self.drop(node, lambda: self.visit(node))
        else:
            self.visit(node)

    def returned(self, node):
        for value in children(node):
            if value['type']['qualType'] in ('_Bool', 'bool'):
                self.condition(value)
            else:
                self.visit(value)

    def condition(self, node):
        plain = bare(node)
        place = self.span(node)
        if place is None:
            return
        if opcode(plain) in ORDER or opcode(plain) in LOGICAL or \
                opcode(plain, 'UnaryOperator') == '!' or plain['kind'] == 'IntegerLiteral':
            self.visit(node)
        else:
            self.wrap(node, f'{self.words(node)} is inverted', 'MUTATE_INVERT',
                      lambda: None if place[2] else self.visit(node))

    def visit(self, node, parent=None):
        def onward():
            for child in children(node):
                self.visit(child, node)
        if not node.get('kind') or node['kind'] in OPAQUE or 'range' not in node:
            return
        place, kind, op = self.span(node), node['kind'], node.get('opcode', '')
        if place is None:
            return
        if place[2] and kind != 'IntegerLiteral':
            bare_node = bare(node)
            if bare_node['kind'] == 'IntegerLiteral' and kind in TRANSPARENT:
                self.visit(bare_node, node)
            return
        if kind == 'VarDecl' and node.get('storageClass') == 'static':
            return
        if kind == 'ImplicitCastExpr' and node.get('castKind') == 'NullToPointer':
            return
        if kind == 'InitListExpr' and self.words(node).replace(' ', '') in ('{0}', '{}'):
            return
        if kind == 'CallExpr' and self.words(children(node)[0]) in RESERVING:
            return
        if kind == 'IntegerLiteral':
            self.number(node)
        elif kind == 'BinaryOperator' and op in ORDER:
            self.binary(node, op, ORDER[op], onward)
        elif kind == 'BinaryOperator' and op in LOGICAL:
            self.logical(node, op, onward)
        elif kind == 'BinaryOperator' and op in ARITHMETIC and self.can_turn(node, op):
            self.binary(node, op, (ARITHMETIC[op],), onward)
        elif kind == 'CompoundAssignOperator' and op in COMPOUND:
            self.compound(node, op, onward)
        elif kind == 'UnaryOperator' and op in ('++', '--'):
            self.count(node, op)
        elif kind == 'UnaryOperator' and op == '!':
            self.wrap(node, f'{self.words(node)} is inverted', 'MUTATE_INVERT', onward)
        elif kind == 'ConditionalOperator':
            self.condition(children(node)[0])
            for child in children(node)[1:]:
                self.visit(child, node)
        else:
            onward()

    @staticmethod
    def can_turn(node, op):
        left, right = children(node)[:2]
        pointer = ['*' in n['type']['qualType'] for n in (left, right)]
        return not pointer[1] and 'double' not in node['type']['qualType'] and \
            (not pointer[0] or op in '+-')

    def instrumented(self):
        out, at = [], 0
        for offset, taken, text in sorted(self.edits, key=lambda e: e[0]):
            out += [self.text[at:offset], text.encode()]
            at = offset + taken
        return b''.join(out + [self.text[at:]])


def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def main():
    out, flags, paths = sys.argv[1], shlex.split(sys.argv[2]), sys.argv[3:]
    mutants = []
    env = {**os.environ, 'CCACHE_DISABLE': '1'}  # it would hand over preprocessed text
    for path in paths:
        tree = json.loads(subprocess.run(
            ['clang', '-std=c11', '-fsyntax-only', '-w', '-Xclang', '-ast-dump=json', *flags, path],
            check=True, stdout=subprocess.PIPE, env=env).stdout)
        source = Source(path, mutants)
        for node in tree['inner']:
            loc = node.get('loc', {})
            if node['kind'] != 'FunctionDecl' or 'includedFrom' in loc or 'offset' not in loc:
                continue
            for body in children(node):
                if body['kind'] == 'CompoundStmt':
                    source.statement(body, last=True)
        target = os.path.join(out, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as f:
            f.write(b'#line 1 "%s"\n' % path.encode() + source.instrumented())
    with open(os.path.join(out, 'mutants.c'), 'w', encoding='utf-8') as f:
        f.write('#include "mutate/mutate.h"\n\nconst struct mutant mutants[] = {\n')
        f.write('    {"", 0, "", ""},\n')
        for path, line, change, source in mutants:
            f.write(f'    {{{quoted(path)}, {line}, {quoted(change)}, {quoted(source)}}},\n')
        f.write('};\nconst unsigned mutant_count = sizeof mutants / sizeof *mutants;\n')


if __name__ == '__main__':
    main()
