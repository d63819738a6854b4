#!/bin/sh
# Ordinary stripped programs of the distribution, some seconds. $1: any C file that compiles alone.
for _ in 1 2 3; do cc -O2 -c -o /dev/null "$1"; done
python3 -c "
import json, re
rows = [{'id': i, 'text': str(i) * 3, 'list': [i] * 5} for i in range(20000)]
for _ in range(3):
    text = json.dumps(rows)
    json.loads(text)
    re.findall(r'\d+', text)
    sorted(rows, key=lambda row: row['text'])
"
tar cf - /usr/share/doc 2>/dev/null | gzip -1 | wc -c
find /usr -type f 2>/dev/null | sort | md5sum
