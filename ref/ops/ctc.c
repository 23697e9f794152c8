/* ctc.c: the operation; its equations stand in plain/ctc.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* config: the labels; saved[0] alpha (batch, steps, width) */
static int64_t width_of(const ts_step *s)
{
    return 2 * ((const ts_ctc_labels *)s->config)->longest + 1;
}

static double *scratch(ts_ctx *ctx, const ts_step *s)
{
    const ts_ctc_labels *l = s->config;
    return ts_new(ctx, TS_F64, 3, (const int64_t[]){l->batch, 2, width_of(s)}).data;
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_ctc_labels *l = s->config;
    s->saved[0] = ts_new(ctx, TS_F64, 3, (const int64_t[]){l->batch, l->steps, width_of(s)});
    if (!ctx->status)
        TS_CALL(ctx, ctc_forward, s->out.data, s->saved[0].data, s->in[0].data, l);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    double *beta = scratch(ctx, s);
    if (beta)
        TS_CALL(ctx, ctc_backward, s->din[0].data, beta, s->dout.data, s->saved[0].data,
                s->in[0].data, s->config);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    double *beta = scratch(ctx, s);
    if (beta)
        TS_GAUGE(ctc_gauge, s->out.gauge, beta, s->saved[0].data, s->in[0].data, s->in[0].gauge,
                 s->config);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_ctc_gauge_in in = {s->dout.data, s->dout.gauge, s->in[0].gauge};
    double *beta = scratch(ctx, s);
    if (beta)
        TS_GAUGE(ctc_backward_gauge, s->din[0].gauge, beta, &in, s->saved[0].data, s->in[0].data,
                 s->config);
}

static const ts_op ctc = {"ctc", forward, backward, gauge, backward_gauge};

/* The symbols of each label, up to its length, are classes and no blanks; what follows is not
 * looked at. */
static bool symbols_fit(ts_ctx *ctx, const ts_step *s, const ts_ctc_labels *l)
{
    for (int64_t i = 0; i < l->batch; i++)
        for (int64_t k = 0; k < l->label_length[i]; k++) {
            const int64_t c = l->labels[i * l->longest + k];
            if (!ts_require(ctx, s, c >= 0 && c < l->classes && c != l->blank,
                            "symbol %lld of label %lld is %lld: not a class, or the blank",
                            (long long)k, (long long)i, (long long)c))
                return false;
        }
    return true;
}

static bool sizes_fit(ts_ctx *ctx, const ts_step *s, int64_t blank)
{
    const ts_tensor p = s->in[0], labels = s->in[1];
    return ts_require(ctx, s, p.rank == 3 && labels.rank == 2 && s->in[2].rank == 1 &&
                                  s->in[3].rank == 1,
                      "wants log_p (T, B, classes), labels (B, S) and two lengths (B)") &&
           ts_require(ctx, s, labels.size[0] == p.size[1] && s->in[2].size[0] == p.size[1] &&
                                  s->in[3].size[0] == p.size[1],
                      "labels and lengths must have one entry for each of the batch") &&
           ts_require(ctx, s, blank >= 0 && blank < p.size[2], "the blank %lld is not a class",
                      (long long)blank);
}

ts_tensor ts_ctc(ts_ctx *ctx, ts_tensor log_p, ts_tensor labels, ts_tensor input_lengths,
                 ts_tensor label_lengths, int64_t blank, bool zero_infinity)
{
    ts_step s = {.op = &ctc, .in = {log_p, labels, input_lengths, label_lengths}, .inputs = 4,
                 .raw = 14u, .nameless = true};
    if (!sizes_fit(ctx, &s, blank))
        return (ts_tensor){0};
    const ts_tensor symbols = ts_integers(ctx, &s, labels, "symbol", INT32_MIN, INT32_MAX);
    const ts_tensor times = ts_integers(ctx, &s, input_lengths, "length", 0, log_p.size[0] + 1);
    const ts_tensor counts = ts_integers(ctx, &s, label_lengths, "label length", 0,
                                         labels.size[1] + 1);
    ts_ctc_labels *l = ctx->status ? NULL : ts_take(ctx, sizeof *l);
    if (!l)
        return (ts_tensor){0};
    *l = (ts_ctc_labels){.steps = log_p.size[0], .batch = log_p.size[1], .classes = log_p.size[2],
                         .longest = labels.size[1], .last = log_p.size[1],
                         .labels = symbols.data, .input_length = times.data,
                         .label_length = counts.data, .blank = blank,
                         .zero_infinity = zero_infinity};
    if (!symbols_fit(ctx, &s, l))
        return (ts_tensor){0};
    s.config = l;
    s.flops = 12.0 * (double)(l->steps * l->batch) * (double)width_of(&s);
    s.terms = (double)l->steps;
    ts_step_out(ctx, &s, 1, &l->batch);
    return ts_apply(ctx, &s);
}
