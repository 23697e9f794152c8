/* label_smoothing.c: cross-entropy against targets that are a little unsure.
 *
 *     y = mean over rows of -sum_c q_c log softmax(z)_c,     q = (1 - s) [c = t] + s / classes
 *       = (1 - s) cross_entropy(z, t) - s mean of log_softmax(z)
 *
 * Source:   Szegedy et al. 2016, section 7; torch.nn.functional.cross_entropy(label_smoothing=s)
 * Shapes:   z (rows, classes), target (rows)
 * Pitfalls: the share s is spread over all classes, the right one included
 * Test:     tests/ops/test_label_smoothing.c      Golden: ops/cross_entropy_smooth */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

ts_tensor ts_cross_entropy_smooth(ts_ctx *ctx, ts_tensor z, ts_tensor target, double smoothing)
{
    static const ts_op smooth = {.name = "cross_entropy"};
    const ts_step s = {.op = &smooth, .in = {z, target}, .inputs = 2};
    if (!ts_require(ctx, &s, smoothing >= 0.0 && smoothing <= 1.0,
                    "the smoothing must be in [0, 1], it is %g", smoothing))
        return (ts_tensor){0};
    const ts_tensor sure = ts_cross_entropy(ctx, z, target);
    if (smoothing == 0.0)
        return sure;
    const ts_tensor all = ts_mean(ctx, ts_log_softmax(ctx, z));
    return ts_add(ctx, ts_scale(ctx, sure, 1.0 - smoothing), ts_scale(ctx, all, -smoothing));
}
