/* sums.h: the sum over a row, in an order that every table and every compiler keeps.
 *
 *     SUM_OVER(s, i, n, term)         wide s = sum over i in [0, n) of term, an expression in i
 *
 * One running sum must wait for each addition before the next: four cycles a term. So a row is
 * summed in 16 lanes, lane l taking the terms l, l + 16, l + 32, ..., and the lanes are added
 * pairwise: 8 pairs, 4, 2, 1. The order depends on n alone, it is the order of plain and fast alike,
 * and the compiler can keep the lanes in vectors. The honest arithmetic keeps its own scheme, one
 * term after another (base/real.h), which must be the same for every sum there is.
 *
 *     SUM_ROWS(out, i, n, row, rows, term)   out[i] = sum over row in [0, rows) of term, for each i
 *
 * sums down the columns of a matrix, rows in order, 64 columns at a time so that memory is read
 * along its rows. */
#ifndef TS_OPS_PLAIN_SUMS_H
#define TS_OPS_PLAIN_SUMS_H

#include "ref/base/real.h"

#include <stdint.h>

enum { TS_LANES = 16, TS_COLUMNS = 64 };

#if defined(TS_HONEST)
#define SUM_OVER(s, i, n, term)                                                                    \
    wide s;                                                                                        \
    do {                                                                                           \
        accumulator sum_ = {0};                                                                    \
        for (int64_t i = 0; i < (n); i++)                                                          \
            accumulate(&sum_, (term));                                                             \
        s = total(&sum_);                                                                          \
    } while (0)
#else
static inline wide add_lanes(wide *lane)
{
    for (int half = TS_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

#define SUM_OVER(s, i, n, term)                                                                    \
    wide s;                                                                                        \
    do {                                                                                           \
        wide lane_[TS_LANES] = {0};                                                                \
        const int64_t whole_ = (n) - (n) % TS_LANES;                                               \
        for (int64_t at_ = 0; at_ < whole_; at_ += TS_LANES)                                       \
            for (int l_ = 0; l_ < TS_LANES; l_++) {                                                \
                const int64_t i = at_ + l_;                                                        \
                lane_[l_] += (term);                                                               \
            }                                                                                      \
        for (int64_t i = whole_; i < (n); i++)                                                     \
            lane_[i - whole_] += (term);                                                           \
        s = add_lanes(lane_);                                                                      \
    } while (0)
#endif

#define SUM_ROWS(out, i, n, row, rows, term)                                                       \
    for (int64_t first_ = 0; first_ < (n); first_ += TS_COLUMNS) {                                 \
        accumulator sum_[TS_COLUMNS] = {{0}};                                                      \
        const int64_t end_ = first_ + TS_COLUMNS < (n) ? first_ + TS_COLUMNS : (n);                \
        for (int64_t row = 0; row < (rows); row++)                                                 \
            for (int64_t i = first_; i < end_; i++)                                                \
                accumulate(&sum_[i - first_], (term));                                             \
        for (int64_t i = first_; i < end_; i++)                                                    \
            (out)[i] = (real)total(&sum_[i - first_]);                                             \
    }

#endif
