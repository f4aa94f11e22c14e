#!/usr/bin/env python3
"""branches.py BUILD GAPS FOLDER...: branch coverage per file, from what gcov counted. Of GAPS only
what lies in a FOLDER is asked for.

Fails when a branch that no test took is not in GAPS, or when an entry of GAPS is no gap any more.
An entry is two lines, by the text of the source line, so that it survives what is added above it:

FILE: LINE OF SOURCE => branches not taken
    why no test can take them

assert() and what ends the program when memory runs out are left out by rule.
"""
import collections
import glob
import json
import os
import subprocess
import sys

BY_RULE = ('assert(',)


def count_taken(build, folders):
    """{file: {line: [how often each branch was taken]}}, added up over all objects."""
    taken = collections.defaultdict(lambda: collections.defaultdict(list))
    for notes in sorted(glob.glob(f'{build}/backend/**/*.gcno', recursive=True)):
        out = subprocess.run(['gcov', '--json-format', '--stdout', '--branch-probabilities', notes],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for document in out.splitlines():
            for file in json.loads(document)['files']:
                if not file['file'].startswith(tuple(folders)):
                    continue
                lines = collections.defaultdict(list)
                for line in file['lines']:
                    lines[line['line_number']] += [b['count'] for b in line['branches']]
                for number, counts in lines.items():
                    seen = taken[file['file']][number]
                    seen += [0] * (len(counts) - len(seen))
                    for i, n in enumerate(counts):
                        seen[i] += n
    return taken


def read_gaps(path):
    gaps, last = {}, None
    with open(path, encoding='utf-8') as f:
        for text in f.read().splitlines():
            if not text or text.startswith('#'):
                continue
            if text.startswith(' '):
                if last is None:
                    sys.exit(f'{path}: a reason for nothing: {text}')
                last = None
                continue
            if last is not None:
                sys.exit(f'{path}: no reason: {last}')
            last, _, count = text.rpartition(' => ')
            gaps[last] = int(count)
    return gaps


def main():
    build, gaps_path, folders = sys.argv[1], sys.argv[2], sys.argv[3:]
    taken, gaps = count_taken(build, folders), read_gaps(gaps_path)
    missed, total, all_missed = collections.Counter(), 0, 0
    where = {}
    for path in sorted(taken):
        with open(path, encoding='utf-8') as f:
            source = [''] + [line.strip() for line in f]
        branches = not_taken = 0
        for number, counts in sorted(taken[path].items()):
            if any(word in source[number] for word in BY_RULE):
                continue
            branches += len(counts)
            if 0 in counts:
                key = f'{path}: {source[number]}'
                missed[key] += counts.count(0)
                where.setdefault(key, number)
                not_taken += counts.count(0)
        if branches:
            print(f'  {os.path.relpath(path):40} {branches - not_taken:5} of {branches:5} branches '
                  f'{100 * (branches - not_taken) / branches:6.1f} %')
        total, all_missed = total + branches, all_missed + not_taken
    wrong = 0
    for key, count in missed.items():
        if count != gaps.get(key, 0):
            path, _, text = key.partition(': ')
            print(f'{path}:{where[key]}: {count} not taken: {text}')
            wrong += 1
    for key in gaps:
        if key not in missed and key.startswith(tuple(folders)):
            print(f'{gaps_path}: no gap any more: {key}')
            wrong += 1
    print(f'{total - all_missed} of {total} branches ({100 * (total - all_missed) / total:.1f} %), '
          f'{len(gaps)} gaps with a reason, {wrong} without or gone')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
