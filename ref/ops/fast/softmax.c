/* softmax.c: rows among threads. Going forward a row's exponentials are kept, where plain computes
 * them twice. */
#include "ref/ops/fast/exponentials.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/sums.h"

enum { LONGEST = 4096 }; /* rows that are kept on the stack */

typedef void one_input(real *, const real *, int64_t, int64_t);
typedef void two_inputs(real *, const real *, const real *, int64_t, int64_t);

typedef struct {
    one_input *one;
    two_inputs *two;
    real *y;
    const real *x, *x2;
    int64_t n;
} call;

static void piece(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    const int64_t at = first * c->n;
    if (c->one)
        c->one(c->y + at, c->x + at, last - first, c->n);
    else
        c->two(c->y + at, c->x + at, c->x2 + at, last - first, c->n);
}

TS_CLONES
static void kept_rows(real *y, const real *x, int64_t rows, int64_t n)
{
    wide e[LONGEST];
    for (int64_t row = 0; row < rows; row++, x += n, y += n) {
        const wide m = largest(x, n);
        for (int64_t i = 0; i < n; i++)
            e[i] = (wide)x[i] - m;
        int64_t at = 0;
        for (; at + TS_BLOCK <= n; at += TS_BLOCK) {
            fetch_block(x + (row + 1 < rows ? n : 0) + at, y + at);
            exponentials(e + at, TS_BLOCK);
        }
        exponentials(e + at, n - at);
        SUM_OVER(s, i, n, e[i]);
        for (int64_t i = 0; i < n; i++)
            y[i] = (real)(e[i] / s);
    }
}

void TS_NAME(softmax_forward)(real *y, const real *x, int64_t rows, int64_t n)
{
    call c = {n <= LONGEST ? kept_rows : TS_PLAIN(softmax_forward), NULL, y, x, NULL, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}

void TS_NAME(softmax_backward)(real *dx, const real *dy, const real *y, int64_t rows, int64_t n)
{
    call c = {NULL, TS_PLAIN(softmax_backward), dx, dy, y, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}

void TS_NAME(log_softmax_forward)(real *y, const real *x, int64_t rows, int64_t n)
{
    call c = {TS_PLAIN(log_softmax_forward), NULL, y, x, NULL, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}

void TS_NAME(log_softmax_backward)(real *dx, const real *dy, const real *y, int64_t rows, int64_t n)
{
    call c = {NULL, TS_PLAIN(log_softmax_backward), dx, dy, y, n};
    ts_par_for(rows, rows_of_piece(n), piece, &c);
}
