/* initial.c: how parameters begin.
 *
 * Every tensor has a Philox stream of its own (its number in the model), so that a model is the same
 * for every number of ranks and threads, and in either number format: normals are drawn as floats.
 *
 * Source:   He et al. 2015 (fan out); torchvision's ResNet and VGG; GPT-2
 * Test:     tests/models/test_initial.c */
#include "ref/base/rng.h"
#include "ref/models/layers.h"

enum { PIECE = 1024 };

static void fill(ts_tensor out, double value)
{
    for (int64_t i = 0; i < ts_numel(out); i++)
        if (out.dtype == TS_F64)
            ((double *)out.data)[i] = value;
        else
            ((float *)out.data)[i] = (float)value;
}

void ts_layer_begin(ts_tensor out, const ts_layer_tensor *t, uint64_t seed, uint64_t stream)
{
    if (t->init == TS_INIT_ZERO || t->init == TS_INIT_ONE) {
        fill(out, t->init == TS_INIT_ONE ? 1.0 : 0.0);
        return;
    }
    const int64_t n = ts_numel(out);
    float piece[PIECE];
    for (int64_t at = 0; at < n; at += PIECE) {
        const int64_t count = n - at < PIECE ? n - at : PIECE;
        if (t->init == TS_INIT_UNIFORM)
            ts_philox_uniform_f32(piece, seed, stream, (uint64_t)at, count);
        else
            ts_philox_normal_f32(piece, seed, stream, (uint64_t)at, count);
        for (int64_t i = 0; i < count; i++) {
            const double u = t->init == TS_INIT_UNIFORM ? 2.0 * (double)piece[i] - 1.0
                                                        : (double)piece[i];
            const float value = (float)(u * t->scale);
            if (out.dtype == TS_F64)
                ((double *)out.data)[at + i] = (double)value;
            else
                ((float *)out.data)[at + i] = value;
        }
    }
}
