/* ticker.h: how far a long computation is, told on a terminal, and remembered for Ctrl-C. */
#ifndef TS_CLI_TICKER_H
#define TS_CLI_TICKER_H

#include "ref/base/ctx.h"

#include <stdio.h>

typedef struct {
    FILE *to;          /* NULL: nothing is told */
    const char *what;  /* the last that was told; NULL: nothing yet */
    int64_t done, total;
    int written;       /* letters on the line */
    double began, step_began; /* seconds; step_began: of step 0 */
} ts_ticker;

/* From here on `ctx` tells the ticker, and Ctrl-C stops it. Told is on standard error, and only
 * when that is a terminal. The ticker must live as long as the context computes. */
void ts_ticker_start(ts_ticker *t, ts_ctx *ctx);
void ts_ticker_end(ts_ticker *t); /* clears the line */

/* "in step 3 of 28", "while encoding the picture": where the computation was. */
const char *ts_ticker_where(const ts_ticker *t, char *text, size_t room);

double ts_seconds(void); /* of a clock that only goes on */

#endif
