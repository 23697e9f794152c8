/* concat.c: rows copied between arrays of different row lengths.
 *
 *     y[r ldy + i] = x[r ldx + i],      i < n
 *
 * Joining parts along an axis is one such copy for each part (a row: everything from that axis on);
 * its gradient is the same copy back.
 *
 * Source:   torch.cat
 * Test:     tests/ops/test_concat.c          Golden: ops/concat */
#include "ref/ops/kernels.h"

void TS_NAME(copy_rows)(real *y, int64_t ldy, const real *x, int64_t ldx, int64_t rows, int64_t n)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < n; i++)
            y[row * ldy + i] = x[row * ldx + i];
}
