/* How start.c and between.c find each other: through a client that knows of neither. */

#ifndef BETWEEN_H
#define BETWEEN_H

#define BETWEEN_SERVER "BENCH_SERVER"   /* the variable that names the server */
#define BETWEEN_REPORT "BENCH_REPORT"   /* the variable that names the file to tell what was seen */

#endif
