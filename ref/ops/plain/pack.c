/* pack.c: 2 x 2 patches of a latent picture become the features of a token.
 *
 *     y[b][i W/2 + j][4 c + 2 p + q] = x[b][c][2 i + p][2 j + q]        p, q in {0, 1}
 *
 * Source:   FluxPipeline._pack_latents, _unpack_latents
 * Shapes:   x (b, c, h, w), h and w even; y (b, h/2 w/2, 4 c)
 * Pitfalls: the channel varies slowest in a feature; unpack takes h and w of the picture
 * Note:     each is the inverse of the other, hence also its gradient
 * Test:     tests/ops/test_pack.c            Golden: ops/pack */
#include "ref/ops/kernels.h"

void TS_NAME(pack)(real *y, const real *x, int64_t b, int64_t c, int64_t h, int64_t w)
{
    for (int64_t at = 0; at < b; at++)
        for (int64_t row = 0; row < h; row++)
            for (int64_t column = 0; column < w; column++) {
                const int64_t token = (at * (h / 2) + row / 2) * (w / 2) + column / 2;
                const int64_t place = 2 * (row % 2) + column % 2;
                for (int64_t k = 0; k < c; k++)
                    y[(token * c + k) * 4 + place] = x[((at * c + k) * h + row) * w + column];
            }
}

void TS_NAME(unpack)(real *y, const real *x, int64_t b, int64_t c, int64_t h, int64_t w)
{
    for (int64_t at = 0; at < b; at++)
        for (int64_t k = 0; k < c; k++)
            for (int64_t row = 0; row < h; row++)
                for (int64_t column = 0; column < w; column++) {
                    const int64_t token = (at * (h / 2) + row / 2) * (w / 2) + column / 2;
                    const int64_t place = 2 * (row % 2) + column % 2;
                    y[((at * c + k) * h + row) * w + column] = x[(token * c + k) * 4 + place];
                }
}
