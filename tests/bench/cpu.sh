#!/bin/sh
# Two busy CPUs, about two seconds. ./spin is built by scripts/bench.
./spin &
./spin &
wait
