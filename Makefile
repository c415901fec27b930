# mcp.h needs no build. This builds the examples, and runs them, the tests, the checks and the
# measurements. Everything that is made stands in build/.

CFLAGS = -O2

all: build/echo build/calc build/call build/ask build/socket build/uart build/unit build/notes build/files \
    build/hooks build/game build/everything

build/%: examples/%.c mcp.h
	@mkdir -p build
	$(CC) $(CFLAGS) -I. $< -o $@

# The same for a microcontroller, which QEMU can be: see the top of examples/uart.c.
build/uart.elf: examples/uart.c mcp.h
	@mkdir -p build
	arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -ffunction-sections -fdata-sections -I. examples/uart.c \
	    -nostartfiles --specs=nano.specs -o $@ \
	    -Wl,--gc-sections,-e,vectors,--section-start=.vectors=0,-Ttext=0x40,-Tdata=0x20000000

# The echo server: the messages of both eras and what it answers, and a client that calls it.
run: build/echo build/call
	@sh tools/demo.sh build/echo build/call

# Every test in every variant that this machine has the tools for.
# Variables: STRICT=1 (a skipped test is a failure), FUZZ_SECONDS, MCP_CORPUS. See tests/run.sh.
test:
	@CC="$(CC)" sh tests/run.sh

# What can be told without running the library.
check:
	@CC="$(CC)" sh tools/check.sh

# Ten minutes over all fuzzers together; FUZZ_SECONDS=n is n seconds for each.
fuzz:
	@sh tests/fuzz.sh

bench:
	@CC="$(CC)" sh tools/bench/run.sh

clean:
	rm -rf build

.PHONY: all run test check fuzz bench clean
