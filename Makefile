# Every recipe execs, so that a signal to make's child reaches the program itself.
.DEFAULT_GOAL := help
.PHONY: help run check test nightly up down reset story bench chaos lint format

help:      ## what can be done here
	@exec awk -F': +## ' '/^[a-z]+: +##/ { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
run:       ## start everything in the foreground and watch the first matcher run; Ctrl-C stops
	@exec scripts/run
check:     ## lint, types and the tests of two minutes: for every save
	@exec scripts/check
test:      ## the tests, on throwaway stacks, on both Postgres versions: for every push
	@exec scripts/test
nightly:   ## all of it once a day: more rounds, fuzz, long chaos, mutation of every policy, pg_cron itself
	@exec scripts/nightly
up:        ## the same stack in the background; returns when healthy
	@exec scripts/up
down:      ## stop the stack
	@exec scripts/down
reset:     ## stop the stack and wipe its data
	@exec scripts/reset
story:     ## two members of the running stack walk the whole flow
	@exec scripts/story
bench:     ## the benchmarks, on a stack of their own
	@exec scripts/bench
chaos:     ## kills workers and Postgres, bends bells and clocks: nothing lost, nothing twice
	@exec scripts/chaos
lint:      ## formatting, lint and types; changes nothing
	@exec scripts/lint
format:    ## put every file into its format
	@exec scripts/lint --fix
