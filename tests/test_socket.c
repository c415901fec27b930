/* examples/socket.c at its door: the program is started, and clients of all manners talk to it at once.
   usage: test_socket [PROGRAM]    (build/socket) */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "child.h"
#include <sys/stat.h>
#include <sys/un.h>

enum { MAX_CLIENTS = 64 };      /* as the example's */

static const char *program = "build/socket";
static char path[100];
static test_line output;        /* of the program */
static test_line clients[MAX_CLIENTS + 1];

/*---- The server ----------------------------------------------------------------------------------*/

static pid_t start(void)
{
    char command[200];
    char *argv[3];
    (void)snprintf(command, sizeof command, "%s", program);
    argv[0] = command;
    argv[1] = path;
    argv[2] = NULL;
    return child_start_piped(argv, &output);
}

static pid_t begin(void)
{
    pid_t pid = start();
    CHECK_LINE(&output, "listening on ");
    return pid;
}

/* Every server must end well, and take its socket along. */
static void end_with(pid_t pid, int number)
{
    (void)kill(pid, number);
    CHECK_INT(0, child_end(pid));
    CHECK(access(path, F_OK) != 0);
    (void)close(output.fd);
}

static void end(pid_t pid)
{
    end_with(pid, SIGTERM);
}

/*---- A client ------------------------------------------------------------------------------------*/

static void dial(test_line *c)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, strlen(path));
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) FAIL("cannot connect to %s", path);
    line_init(c, fd);
}

static void hang_up(test_line *c)
{
    (void)close(c->fd);
}

static const char *request(const char *method, const char *params, int id)
{
    static char text[4096];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}\n", id, method,
                   params);
    return text;
}

static const char *call(const char *tool, const char *args, int id)
{
    static char params[2048];
    (void)snprintf(params, sizeof params, "{\"name\":\"%s\",\"arguments\":%s}", tool, args);
    return request("tools/call", params, id);
}

static const char *id_is(int id)
{
    static char text[40];
    (void)snprintf(text, sizeof text, "\"id\":%d,\"result\":", id);
    return text;
}

static void initialize(test_line *c)
{
    line_send(c, request("initialize", "{\"protocolVersion\":\"2025-11-25\"}", 1));
    CHECK_LINE(c, "\"name\":\"notes\"");
    line_send(c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
}

static void join(test_line *c)
{
    dial(c);
    initialize(c);
}

/* Everything that was sent to this client's server before is served when this returns. */
static void ping(test_line *c, int id)
{
    line_send(c, request("ping", "{}", id));
    CHECK_LINE(c, id_is(id));
}

/* A tool's answer with that text in it. */
static void ask(test_line *c, const char *tool, const char *args, int id, const char *want)
{
    const char *got;
    line_send(c, call(tool, args, id));
    got = line_next(c);
    if (!got || !strstr(got, id_is(id)) || !strstr(got, want))
        FAIL("%s %s: expected %s and %s, got %.200s", tool, args, id_is(id), want, got ? got : "nothing");
}

/*---- Many at once --------------------------------------------------------------------------------*/

/* Half lines of two clients, in turn: each gets the answer to its own. */
static void two_clients(void)
{
    pid_t pid = begin();
    test_line *a = &clients[0], *b = &clients[1];
    join(a);
    join(b);
    line_send(a, "{\"jsonrpc\":\"2.0\",\"id\":\"a1\",\"meth");
    line_send(b, "{\"jsonrpc\":\"2.0\",\"id\":\"b1\",\"method\":\"pi");
    line_send(a, "od\":\"ping\"}\n{\"jsonrpc\":");
    CHECK_LINE(a, "\"id\":\"a1\",\"result\":{}");
    line_send(b, "ng\"}\n");
    CHECK_LINE(b, "\"id\":\"b1\",\"result\":{}");
    line_send(a, "\"2.0\",\"id\":\"a2\",\"method\":\"ping\"}\n");
    CHECK_LINE(a, "\"id\":\"a2\",\"result\":{}");
    ask(a, "add_note", "{\"text\":\"from a\"}", 3, "added as #1");
    ask(b, "list_notes", "{}", 3, "#1 from a");
    hang_up(a);
    hang_up(b);
    end(pid);
}

/* Fifty, each a quarter of a request further in each round, and read in the other order. */
static void fifty_clients(void)
{
    pid_t pid = begin();
    size_t round, i;
    char want[40];
    for (i = 0; i < 50; i++) join(&clients[i]);
    for (round = 0; round < 4; round++)
        for (i = 0; i < 50; i++) {
            const char *text = call("list_notes", "{\"after\":7}", 1000 + (int)i);
            const size_t len = strlen(text), from = len * round / 4;
            line_send_bytes(&clients[i], text + from, len * (round + 1) / 4 - from);
        }
    for (i = 50; i-- > 0;) {
        CHECK_LINE(&clients[i], id_is(1000 + (int)i));
        ping(&clients[i], 2000 + (int)i);           /* and nothing before that */
    }
    for (i = 0; i < 50; i++) {
        (void)snprintf(want, sizeof want, "added as #%d", (int)i + 1);
        ask(&clients[i], "add_note", "{\"text\":\"x\"}", 5, want);
    }
    for (i = 0; i < 50; i++) hang_up(&clients[i]);
    end(pid);
}

/* All places are taken: the next one is served as soon as one is free. */
static void one_too_many(void)
{
    pid_t pid = begin();
    test_line *late = &clients[MAX_CLIENTS];
    size_t i;
    for (i = 0; i < MAX_CLIENTS; i++) join(&clients[i]);
    dial(late);
    line_send(late, request("ping", "{}", 7));
    for (i = 0; i < MAX_CLIENTS; i++) ping(&clients[i], 8);
    CHECK(line_receive(late) && late->len == 0);
    hang_up(&clients[17]);
    CHECK_LINE(late, id_is(7));
    for (i = 0; i <= MAX_CLIENTS; i++)
        if (i != 17) hang_up(&clients[i]);
    end(pid);
}

/*---- Answers that come later ---------------------------------------------------------------------*/

/* One who waits is answered by what another one does; those who do not are not disturbed. */
static void wait_is_answered_by_another(void)
{
    pid_t pid = begin();
    test_line *a = &clients[0], *b = &clients[1], *c = &clients[2];
    join(a);
    join(b);
    join(c);
    line_send(a, call("wait_for_note", "{}", 5));
    ping(a, 6);                                     /* it may do other things meanwhile */
    line_send(b, call("wait_for_note", "{\"after\":0}", 5));
    ping(b, 6);
    ask(c, "add_note", "{\"text\":\"good news\"}", 5, "added as #1");
    CHECK_LINE(a, "\"id\":5,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"#1 good news\"}");
    CHECK_LINE(b, "#1 good news");
    ask(b, "wait_for_note", "{\"after\":0}", 7, "#1 good news");        /* it is there already */
    ask(a, "add_note", "{\"text\":\"more\"}", 8, "added as #2");
    ask(b, "wait_for_note", "{\"after\":0}", 9, "#2 more");
    ask(c, "add_note", "{\"text\":\"\"}", 10, "\"isError\":true");
    ping(a, 11);
    hang_up(a);
    hang_up(b);
    hang_up(c);
    end(pid);
}

/* A wait that was cancelled is not answered, and no other one is lost. */
static void wait_is_cancelled(void)
{
    pid_t pid = begin();
    test_line *a = &clients[0], *b = &clients[1];
    join(a);
    join(b);
    line_send(a, call("wait_for_note", "{}", 5));
    line_send(a, call("wait_for_note", "{}", 6));
    line_send(a, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":5}}\n");
    ping(a, 7);
    ask(b, "add_note", "{\"text\":\"x\"}", 5, "added");
    CHECK_LINE(a, id_is(6));
    ping(a, 8);
    hang_up(a);
    hang_up(b);
    end(pid);
}

/* More waits than the notebook keeps: the model is told, and the others are all answered. */
static void too_many_waits(void)
{
    pid_t pid = begin();
    test_line *a = &clients[0], *b = &clients[1];
    int i;
    join(a);
    join(b);
    for (i = 0; i < 64; i++) line_send(a, call("wait_for_note", "{}", 100 + i));
    ask(a, "wait_for_note", "{}", 5, "too many wait");
    ask(b, "wait_for_note", "{}", 5, "too many wait");
    ask(b, "add_note", "{\"text\":\"x\"}", 6, "added");
    for (i = 0; i < 64; i++) CHECK_LINE(a, id_is(100 + i));
    hang_up(a);
    hang_up(b);
    end(pid);
}

/*---- Clients that leave --------------------------------------------------------------------------*/

static void vanishes_in_the_middle_of_a_line(void)
{
    pid_t pid = begin();
    int i;
    join(&clients[0]);
    for (i = 0; i < 200; i++) {
        dial(&clients[1]);
        line_send(&clients[1], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"par");
        hang_up(&clients[1]);
        ping(&clients[0], i);
    }
    ask(&clients[0], "add_note", "{\"text\":\"x\"}", 5, "added as #1");
    hang_up(&clients[0]);
    end(pid);
}

/* What it waited for is forgotten, or the list of those who wait would be full after 64. */
static void vanishes_while_it_waits(void)
{
    pid_t pid = begin();
    int i;
    for (i = 0; i < 200; i++) {
        join(&clients[0]);
        line_send(&clients[0], call("wait_for_note", "{}", 5));
        ping(&clients[0], 6);
        hang_up(&clients[0]);
    }
    join(&clients[0]);
    join(&clients[1]);
    line_send(&clients[0], call("wait_for_note", "{}", 5));
    ping(&clients[0], 6);
    ask(&clients[1], "add_note", "{\"text\":\"x\"}", 5, "added as #1");
    CHECK_LINE(&clients[0], "#1 x");
    hang_up(&clients[0]);
    hang_up(&clients[1]);
    end(pid);
}

/* It asks for much, and does not wait for the answers: no signal, no harm to others. */
static void vanishes_without_reading(void)
{
    pid_t pid = begin();
    int i, k;
    join(&clients[0]);
    for (i = 0; i < 100; i++) {
        dial(&clients[1]);
        for (k = 0; k < 20; k++) line_send(&clients[1], request("tools/list", "{}", k));
        if (i % 2) (void)shutdown(clients[1].fd, SHUT_RD);
        hang_up(&clients[1]);
        ping(&clients[0], i);
    }
    hang_up(&clients[0]);
    end(pid);
}

/* A client that says goodbye and leaves at once is heard out. */
static void last_words_count(void)
{
    pid_t pid = begin();
    test_line *a = &clients[0], *b = &clients[1];
    join(a);
    join(b);
    line_send(b, call("wait_for_note", "{}", 5));
    ping(b, 6);
    line_send(a, call("add_note", "{\"text\":\"goodbye\"}", 5));
    hang_up(a);
    CHECK_LINE(b, "#1 goodbye");
    hang_up(b);
    end(pid);
}

/* One that has ended its own part gets all its answers, the late one too, and then the end. */
static void half_closed(void)
{
    pid_t pid = begin();
    test_line *a = &clients[0], *b = &clients[1];
    int i;
    join(a);
    join(b);
    line_send(a, call("wait_for_note", "{}", 5));
    line_send(a, call("list_notes", "{}", 6));
    line_send(a, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}");      /* no line: not answered */
    (void)shutdown(a->fd, SHUT_WR);
    CHECK_LINE(a, id_is(6));
    for (i = 0; i < 5; i++) ping(b, i);             /* now the server knows that no more comes from a */
    ask(b, "add_note", "{\"text\":\"x\"}", 5, "added as #1");
    CHECK_LINE(a, id_is(5));
    CHECK_END(a);
    hang_up(a);
    hang_up(b);
    end(pid);
}

/*---- A client that does not read -----------------------------------------------------------------*/

/* It sends without reading until nothing is taken any more: not even after others were served, again and again.
   Returns how many bytes were taken. */
static size_t send_without_reading(test_line *slow, test_line *other, const char *bytes, size_t len)
{
    size_t sent = 0;
    int tries;
    for (tries = 0; tries < 50 && sent < len; tries++) {
        size_t n = line_try(slow, bytes + sent, len - sent);
        sent += n;
        if (n) tries = 0;
        ping(other, tries);
    }
    return sent;
}

/* Two thousand requests with an answer of 20 KB each. The server takes no more than it can answer, serves
   others meanwhile, and in the end every answer has come, in its order. */
static void slow_reader(void)
{
    enum { REQUESTS = 2000 };
    pid_t pid = begin();
    test_line *slow = &clients[0], *other = &clients[1];
    char text[201], args[300], *requests = (char *)malloc(REQUESTS * 1024);
    size_t len = 0, sent;
    int i;
    if (!requests) abort();
    join(slow);
    join(other);
    memset(text, 'n', 200);
    text[200] = 0;
    (void)snprintf(args, sizeof args, "{\"text\":\"%s\"}", text);
    for (i = 0; i < 100; i++) ask(other, "add_note", args, i, "added as #");
    for (i = 0; i < REQUESTS; i++) {
        const char *one = call("list_notes", "{}", i);
        memcpy(requests + len, one, strlen(one));
        len += strlen(one);
        memset(requests + len - 1, ' ', 600);       /* before the line feed */
        len += 600;
        requests[len - 1] = '\n';
    }
    sent = send_without_reading(slow, other, requests, len);
    if (sent == len) FAIL("everything was taken, though no answer was");
    ask(other, "list_notes", "{\"after\":99}", 5, "#100 n");
    for (i = 0; i < REQUESTS && !slow->dead; i++) {
        char *got;
        while ((got = line_take(slow)) == NULL && !slow->dead) {
            (void)line_poll(slow, sent < len ? POLLIN | POLLOUT : POLLIN);
            sent += sent < len ? line_try(slow, requests + sent, len - sent) : 0;
            if (!line_receive(slow)) line_die(slow, "it was closed");
        }
        NOTE("answer %d", i);
        CHECK(got && strstr(got, id_is(i)) && strstr(got, "#1 n") && strstr(got, "#100 n"));
    }
    NOTE("%s", "");
    ping(slow, 5);
    hang_up(slow);
    ping(other, 5);
    hang_up(other);
    free(requests);
    end(pid);
}

/* Sixty of them at once: still everybody else is served, and they are when they read. */
static void slow_readers(void)
{
    pid_t pid = begin();
    test_line *other = &clients[60];
    size_t i, len = 0;
    char text[201], args[300], *requests = (char *)malloc(1000 * 100);
    int k;
    if (!requests) abort();
    memset(text, 'n', 200);
    text[200] = 0;
    (void)snprintf(args, sizeof args, "{\"text\":\"%s\"}", text);
    join(other);
    for (k = 0; k < 100; k++) ask(other, "add_note", args, k, "added as #");
    for (k = 0; k < 300; k++) {
        const char *one = call("list_notes", "{}", k);
        memcpy(requests + len, one, strlen(one));
        len += strlen(one);
    }
    for (i = 0; i < 60; i++) {
        join(&clients[i]);
        (void)line_try(&clients[i], requests, len);
        ping(other, 6);
    }
    ask(other, "wait_for_note", "{\"after\":99}", 7, "#100 n");
    for (i = 0; i < 60; i++)
        for (k = 0; k < 20; k++) CHECK_LINE(&clients[i], id_is(k));
    for (i = 0; i < 60; i++) hang_up(&clients[i]);
    ping(other, 8);
    hang_up(other);
    free(requests);
    end(pid);
}

/*---- The program ---------------------------------------------------------------------------------*/

/* It ends at either signal, with clients, one of which waits for an answer and one is in mid-line. */
static void signals_end_it(void)
{
    static const int numbers[] = { SIGTERM, SIGINT };
    size_t i;
    for (i = 0; i < 2; i++) {
        pid_t pid = begin();
        join(&clients[0]);
        join(&clients[1]);
        line_send(&clients[0], call("wait_for_note", "{}", 5));
        ping(&clients[0], 6);
        line_send(&clients[1], "{\"jsonrpc\"");
        end_with(pid, numbers[i]);
        CHECK_END(&clients[0]);
        hang_up(&clients[0]);
        hang_up(&clients[1]);
    }
}

/* What a killed server has left is taken over; what lives, or is something else, is not touched. */
static void takes_over_only_what_is_dead(void)
{
    static test_line second;
    pid_t pid = begin();
    test_line first = output;
    struct stat st;
    (void)kill(pid, SIGKILL);
    CHECK_INT(-SIGKILL, child_end(pid));
    CHECK(stat(path, &st) == 0 && S_ISSOCK(st.st_mode));
    (void)close(first.fd);
    pid = begin();
    CHECK(stat(path, &st) == 0 && (st.st_mode & 077) == 0);
    first = output;
    CHECK_INT(1, child_end(start()));
    (void)close(output.fd);
    output = first;
    join(&second);
    hang_up(&second);
    end(pid);

    (void)close(open(path, O_CREAT | O_WRONLY, 0600));
    CHECK_INT(1, child_end(start()));
    (void)close(output.fd);
    CHECK(stat(path, &st) == 0 && S_ISREG(st.st_mode));
    (void)unlink(path);
}

static void tells_its_usage(void)
{
    char command[200], *argv[2];
    (void)snprintf(command, sizeof command, "%s", program);
    argv[0] = command;
    argv[1] = NULL;
    CHECK_INT(2, child_end(child_start_piped(argv, &output)));
    CHECK_END(&output);
    (void)close(output.fd);
}

int main(int argc, char **argv)
{
    if (argc > 1) program = argv[1];
    (void)snprintf(path, sizeof path, "%.60s.%ld.sock", program, (long)getpid());
    (void)signal(SIGPIPE, SIG_IGN);
    TEST(two_clients);
    TEST(fifty_clients);
    TEST(one_too_many);
    TEST(wait_is_answered_by_another);
    TEST(wait_is_cancelled);
    TEST(too_many_waits);
    TEST(vanishes_in_the_middle_of_a_line);
    TEST(vanishes_while_it_waits);
    TEST(vanishes_without_reading);
    TEST(last_words_count);
    TEST(half_closed);
    TEST(slow_reader);
    TEST(slow_readers);
    TEST(signals_end_it);
    TEST(takes_over_only_what_is_dead);
    TEST(tells_its_usage);
    return test_end();
}
