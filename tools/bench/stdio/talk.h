/* Requests to a child, and answers that are all checked. */

#ifndef TALK_H
#define TALK_H

#include "child.h"
#include "messages.h"

/* A ring of requests and the answers that they must get. */
struct talk {
    struct child *child;
    char *requests, *answers;
    size_t request_size, answer_size;
    size_t ring;                /* so many different requests; answers holds these */
};

/* Prepares ring requests, and as many again as may be on their way at a time (window). Sends one of them: its
   answer must echo the text, and is the model of all others. */
void talk_open(struct talk *t, struct child *child, enum era era, const char *text, size_t text_len,
               size_t ring, size_t window);
void talk_close(struct talk *t);

/* Sends request i of the ring and reads its answer. */
void talk_once(const struct talk *t, size_t i);

/* Sends requests from the first of the ring on, up to window at a time, until there were count of them or the
   clock says that it is deadline_ns. Returns how many there were. */
size_t talk_many(const struct talk *t, size_t window, size_t count, double deadline_ns);

#endif
