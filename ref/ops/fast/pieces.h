/* pieces.h: how much of a pointwise operation one thread takes at a time.
 *
 * A fast kernel of norm.def and pointwise.def is the plain one on pieces of the result that do not
 * meet: the same bits, by whatever number of threads. A piece has about 16K numbers: enough to be
 * worth a thread, few enough to be shared out evenly and to stay in a cache. */
#ifndef TS_OPS_FAST_PIECES_H
#define TS_OPS_FAST_PIECES_H

#include "ref/base/clones.h"
#include "ref/base/par.h"
#include "ref/base/real.h"

enum { TS_PIECE = 16384 };

/* Rows of n numbers that make a piece. */
static inline int64_t rows_of_piece(int64_t n)
{
    return n < 1 || n > TS_PIECE ? 1 : TS_PIECE / n;
}

enum { TS_BLOCK = 64, TS_AHEAD = 512 };

/* A block of x that will be read, and one of y that will be written. */
TS_INTO_LOOPS void fetch_block(const real *x, const real *y)
{
    enum { LINE = 64 / (int)sizeof(real) };
    for (int i = 0; i < TS_BLOCK; i += LINE) {
        TS_PREFETCH(x + i);
        TS_PREFETCH_TO_WRITE(y + i);
    }
}

/* The block that comes TS_AHEAD later, if the piece goes on that far. */
TS_INTO_LOOPS void fetch_ahead(const real *x, const real *y, int64_t at, int64_t last)
{
    if (at + TS_AHEAD + TS_BLOCK <= last)
        fetch_block(x + at + TS_AHEAD, y + at + TS_AHEAD);
}

/* ts_par_for over [first, last): the kernels that take a range call it with the pieces moved. */
typedef struct {
    void (*body)(void *, int64_t, int64_t);
    void *arg;
    int64_t first;
} ts_range;

static inline void moved_piece(void *arg, int64_t first, int64_t last)
{
    const ts_range *r = arg;
    r->body(r->arg, r->first + first, r->first + last);
}

static inline void ts_par_range(int64_t first, int64_t last, int64_t grain,
                                void (*body)(void *, int64_t, int64_t), void *arg)
{
    ts_range r = {body, arg, first};
    ts_par_for(last - first, grain, moved_piece, &r);
}

#endif
