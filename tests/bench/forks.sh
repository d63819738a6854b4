#!/bin/sh
# 1,500 short processes, about a second.
i=0
while [ $i -lt 1500 ]; do
	/bin/true
	i=$((i + 1))
done
