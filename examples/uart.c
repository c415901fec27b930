/* A tool server for a microcontroller: no operating system, no heap, one static buffer, and two functions
   that move a byte. Written for the UART of ARM's MPS2 board with a Cortex-M4 (AN386), which QEMU has too:

       arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -ffunction-sections -fdata-sections -I. examples/uart.c \
           -nostartfiles --specs=nano.specs -o uart.elf \
           -Wl,--gc-sections,-e,vectors,--section-start=.vectors=0,-Ttext=0x40,-Tdata=0x20000000
       qemu-system-arm -M mps2-an386 -display none -serial stdio -kernel uart.elf
       {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}

   `arm-none-eabi-size uart.elf` says 25.6 KB of flash, and 16 KB of RAM, which is the buffer below; the stack
   took 1.4 KB (gcc 12, measured in QEMU). Nothing in it calls malloc: mcp_textf and mcp_fail would, where the
   vsnprintf of the C library does; mcp_text and mcp_fail_text need neither.

   For another board, write get_byte and put_byte anew. On a host they stand on a pseudo terminal, whose path
   is printed, so that it can be tried without any board:

       cc -O2 -I. examples/uart.c -o uart && ./uart
       socat - /dev/pts/N,raw,echo=0

   which is also what an MCP client starts: {"command": "socat", "args": ["-", "/dev/ttyACM0,raw,echo=0"]}. */
#if !defined(__arm__) || defined(__unix__)
#define ON_A_HOST
#define _XOPEN_SOURCE 700       /* for posix_openpt */
#endif
#define MCP_IMPLEMENTATION
#define MCP_LAYERS 8            /* everything but the operating system */
#define MCP_NO_MALLOC
#define MCP_NO_FLOAT
#include "mcp.h"

/*---- The line, and what is on the board ----------------------------------------------------------*/

static void open_line(void);
static int get_byte(void);              /* -1: nothing there */
static void put_byte(int c);
static void set_led(int number, bool on);
static int32_t read_sensor(int number); /* thousandths of a degree Celsius */

#ifdef ON_A_HOST

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int line;

/* The other end stays open here too, or the line would end with the first one who uses it. It is made raw: no
   echo, no line editing, every byte as it is. */
static void open_line(void)
{
    struct termios t;
    int other;
    line = posix_openpt(O_RDWR | O_NOCTTY);
    if (line < 0 || grantpt(line) || unlockpt(line)) exit(1);
    other = open(ptsname(line), O_RDWR | O_NOCTTY);
    if (other < 0 || tcgetattr(other, &t)) exit(1);
    t.c_iflag = t.c_oflag = t.c_lflag = 0;
    t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    if (tcsetattr(other, TCSANOW, &t)) exit(1);
    (void)printf("%s\n", ptsname(line));
    (void)fflush(stdout);
}

/* A host has better things to do than to ask again and again: this one waits. */
static int get_byte(void)
{
    unsigned char c;
    return read(line, &c, 1) == 1 ? c : -1;
}

static void put_byte(int c)
{
    unsigned char byte = (unsigned char)c;
    while (write(line, &byte, 1) != 1) {}
}

static void set_led(int number, bool on)
{
    (void)fprintf(stderr, "LED %d is %s\n", number, on ? "on" : "off");
}

#else /* the MPS2 board */

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART_DATA  REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)         /* 1: cannot take a byte, 2: has one */
#define UART_CTRL  REGISTER(0x40004008)         /* 1: sends, 2: receives */
#define UART_BAUD  REGISTER(0x40004010)         /* clock ticks per bit */
#define LEDS       REGISTER(0x40028000)

static void open_line(void)
{
    UART_BAUD = 25000000 / 115200;
    UART_CTRL = 3;
}

/* The hardware keeps one byte only, and this is asked again once a message was served. On a real line let an
   interrupt put the bytes into a ring buffer, and take them out here. Nothing else of this file changes. */
static int get_byte(void)
{
    return UART_STATE & 2 ? (int)(UART_DATA & 0xff) : -1;
}

static void put_byte(int c)
{
    while (UART_STATE & 1) {}
    UART_DATA = (uint32_t)c & 0xff;
}

static void set_led(int number, bool on)
{
    const uint32_t bit = (uint32_t)1 << number;
    LEDS = on ? LEDS | bit : LEDS & ~bit;
}

int main(void);
void reset(void);

/* What the processor starts with: its stack, where to begin, and where to go if anything is wrong. There is
   no initialised data to copy. */
typedef void (*vector)(void);
extern const vector vectors[16];
__attribute__((section(".vectors"))) const vector vectors[16] = {
    (vector)0x20010000, reset, reset, reset, reset, reset, reset
};
extern uint32_t __bss_start__[], __bss_end__[];

void reset(void)
{
    uint32_t *p;
    for (p = __bss_start__; p < __bss_end__; p++) *p = 0;
    (void)main();
}

#endif

/* This board has no sensor. This is the place to ask yours. */
static int32_t read_sensor(int number)
{
    return 21500 + 250 * number;
}

/*---- The tools: arguments and results in structs -------------------------------------------------*/

struct led {
    int number;
    bool on;
};

struct sensor {
    int number;
};

struct temperature {
    int32_t millicelsius;
};

static const mcp_field led_args[] = {
    MCP_BIND_FIELD(struct led, number, MCP_INTEGER, "Which one", 0, "0", "0", "1"),
    MCP_BIND(struct led, on, MCP_BOOLEAN | MCP_REQUIRED, "On or off"),
    MCP_END
};
static const mcp_field sensor_args[] = {
    MCP_BIND_FIELD(struct sensor, number, MCP_INTEGER, "Which one", 0, "0", "0", "3"),
    MCP_END
};
static const mcp_field temperature_result[] = {
    MCP_BIND(struct temperature, millicelsius, MCP_INTEGER | MCP_REQUIRED, "Thousandths of a degree"),
    MCP_END
};

static int led(mcp_call *c)
{
    const struct led *in = (const struct led *)mcp_args_struct(c);
    if (!in) return MCP_E_NOMEM;
    set_led(in->number, in->on);
    return mcp_text(c, in->on ? "It is on." : "It is off.");
}

static int read_temperature(mcp_call *c)
{
    const struct sensor *in = (const struct sensor *)mcp_args_struct(c);
    struct temperature out;
    if (!in) return MCP_E_NOMEM;
    out.millicelsius = read_sensor(in->number);
    return mcp_data_struct(c, &out);
}

static const mcp_tool tools[] = {
    MCP_TOOL_FULL("led", led, "Switches a light.", led_args, 0, MCP_IDEMPOTENT, 0, 0, 0, 0, 0),
    MCP_TOOL_FULL("read_temperature", read_temperature, "Measures a temperature.", sensor_args,
                  temperature_result, MCP_READ_ONLY, 0, 0, 0, 0, 0)
};

/*---- The loop ------------------------------------------------------------------------------------*/

/* All memory there is. */
static union {
    unsigned char bytes[16 * 1024];
    void *aligned;
} memory;

static mcp_server *make_server(mcp_pool *pool)
{
    mcp_server_desc d = { 0 };
    d.name = "board"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.alloc = mcp_pool_init(pool, memory.bytes, sizeof memory.bytes);
    d.max_message = 2048;
    d.max_depth = 16;
    d.max_reply = 2048;
    d.max_scratch = 512;
    d.max_output = 1;           /* one reply at a time: it is sent before the next message is read */
    d.max_calls = MCP_NONE;     /* no tool answers later */
    return mcp_server_create(&d);
}

/* Noise, or a byte that was lost, spoils one line: it is answered with an error, and the next one counts. */
static void take(mcp_session *session, int c)
{
    const char byte = (char)c;
    const char *out;
    size_t i, len;
    (void)mcp_session_feed(session, &byte, 1);
    while ((out = mcp_session_output(session, &len)) != NULL) {
        for (i = 0; i < len; i++) put_byte(out[i]);
        mcp_session_sent(session, len);
    }
}

int main(void)
{
    open_line();
    for (;;) {                  /* should memory ever not suffice, we begin again with all of it */
        mcp_pool pool;
        mcp_server *server = make_server(&pool);
        mcp_session *session = server ? mcp_session_open(server) : NULL;
        if (!session) return 1;
        while (mcp_session_status(session) >= 0) {
            int c = get_byte();
            if (c >= 0) take(session, c);
        }
        mcp_server_destroy(server);
    }
}
