/* How start.c and between.c find each other: through a client that knows of neither. */

#ifndef BETWEEN_H
#define BETWEEN_H

#define BETWEEN_SERVER "BENCH_SERVER"   /* the variable that names the server */

enum { BETWEEN_REPORT = 100 };          /* the descriptor on which to tell what was seen */

#endif
