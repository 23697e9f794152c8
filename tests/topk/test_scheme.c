#include "tests/support/schemes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every preset opens and sums; dense ones exactly, sparse ones at density 1 as well. */
static void everything_is_a_sum(void **state)
{
    (void)state;
    for (int i = 0; ts_scheme_presets[i]; i++)
        for (int wide = 0; wide < 2; wide++) {
            schemes_run *run = schemes_new(ts_scheme_presets[i], 4, 2, 37, 2);
            run->config.density = (ts_density){1, 1};
            run->type = wide ? TS_F64 : TS_F32;
            /* A kept threshold leaves out what is not above it, a normal guess what it will. */
            const ts_selector_kind kind = run->config.selector.kind;
            const bool exact = kind != TS_SELECT_REUSED && kind != TS_SELECT_GAUSSIAN &&
                               kind != TS_SELECT_DGC;
            schemes_go(run);
            for (int step = 0; step < 2 && exact; step++)
                for (int64_t j = 0; j < 37; j++)
                    assert_true(run->result[step][j] == run->given[step][j]);
            for (int r = 0; r < 4 && exact; r++)
                for (int64_t j = 0; j < run->residual_size[r]; j++)
                    assert_true(run->residual[r][j] == 0.0);
            if (ts_scheme_is_sparse(&run->config))
                schemes_conserve(run);
            free(run);
        }
}

/* sum g = sum sent + residuals, exactly, for all schemes that promise it. */
static void conservation(void **state)
{
    (void)state;
    static const char *const all[] = {"topk", "mstopk", "dgc", "gaussian", "randomk", "hitopk"};
    for (int i = 0; i < 6; i++)
        for (int many = 0; many < 2; many++) {
            schemes_run *run = schemes_new(all[i], many ? 6 : 4, many ? 3 : 2, 211, 8);
            run->config.density = (ts_density){1, 10};
            run->config.seed = 5;
            schemes_go(run);
            schemes_conserve(run);
            free(run);
        }
}

static bool poisoned;

static double with_nan(int rank, int64_t step, int64_t i)
{
    return poisoned && step == 1 && rank == 2 && i == 30 ? (double)NAN : schemes_whole(rank, step, i);
}

/* A NaN of one rank in step 1: nobody's state changes, in step 2 all goes on. */
static void nonfinite(void **state)
{
    (void)state;
    static const char *const all[] = {"topk", "gtopk", "oktopk", "hitopk", "gaussian"};
    for (int i = 0; i < 5; i++) {
        schemes_run *run = schemes_new(all[i], 4, 2, 64, 1), *bad = schemes_new(all[i], 4, 2, 64, 2);
        run->config.density = bad->config.density = (ts_density){1, 8};
        poisoned = false;
        schemes_go(run);
        poisoned = true;
        bad->gradient = with_nan;
        schemes_go(bad);
        assert_true(!bad->skipped[0] && bad->skipped[1]);
        for (int64_t j = 0; j < 64; j++)
            assert_true(bad->result[1][j] == 0.0);
        assert_memory_equal(run->residual, bad->residual, sizeof run->residual);
        free(run);
        free(bad);
    }
}

/* The residual goes into the first dense step: afterwards nothing is missing. */
static void flushing(void **state)
{
    (void)state;
    static const char *const all[] = {"topk", "hitopk"};
    for (int i = 0; i < 2; i++) {
        schemes_run *run = schemes_new(all[i], 6, 2, 100, 4);
        run->config.density = (ts_density){1, 20};
        run->flush = 3;
        schemes_go(run);
        for (int64_t j = 0; j < 100; j++) {
            double given = 0.0, out = 0.0;
            for (int step = 0; step < 4; step++) {
                given += run->given[step][j];
                out += run->result[step][j];
            }
            assert_true(given == out);
        }
        free(run);
    }
}

/* Halves travel in half the bytes, and what they cannot hold stays in the residual. */
static double fine(int rank, int64_t step, int64_t i)
{
    return schemes_whole(rank, step, i) + 0x1p-12 * (double)(i % 7);
}

static void halves(void **state)
{
    (void)state;
    schemes_run *whole = schemes_new("topk", 4, 2, 256, 3), *half = schemes_new("topk", 4, 2, 256, 3);
    whole->gradient = half->gradient = fine;
    whole->config.density = half->config.density = (ts_density){1, 4};
    half->config.wire = TS_F16;
    schemes_go(whole);
    schemes_go(half);
    schemes_conserve(half);
    const int64_t k = 64, packets = 3 * 4 * 3; /* steps, ranks, packets passed on by each */
    assert_int_equal(whole->traffic.bytes[0] + whole->traffic.bytes[1], packets * (24 + 8 * k));
    assert_int_equal(half->traffic.bytes[0] + half->traffic.bytes[1], packets * (24 + 6 * k));
    free(whole);
    free(half);
}

/* Momentum correction and its mask reach every scheme's state. */
static void momentum(void **state)
{
    (void)state;
    schemes_run *run = schemes_new("topk", 2, 1, 50, 1), *two = schemes_new("topk", 2, 1, 50, 2);
    for (int i = 0; i < 2; i++) {
        schemes_run *r = i ? two : run;
        r->config.density = (ts_density){1, 50};
        r->config.feedback = (ts_feedback){true, 0.5, false, true};
        schemes_go(r);
    }
    for (int64_t i = 0; i < 50; i++) { /* v = g1, then v + g1 / 2 + g2, where nothing was sent */
        bool sent = false;
        for (int step = 0; step < 2; step++)
            sent |= two->picked[step][1][0] == i;
        const double g1 = schemes_whole(1, 0, i), g2 = schemes_whole(1, 1, i);
        if (!sent)
            assert_true(two->residual[1][i] == 1.5 * g1 + g2 && run->residual[1][i] == g1);
    }
    free(run);
    free(two);
}

static ts_status refused(ts_comm *comm, void *arg)
{
    const ts_scheme_config *config = arg;
    ts_scheme *s = ts_scheme_open(comm, config, TS_F32, 100, 0);
    ts_scheme_close(s);
    return comm->ctx->status;
}

static void errors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_scheme_config config;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_scheme_preset(&ctx, &config, "pigeons"), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "unknown scheme \"pigeons\": dense (ring"));
    ts_ctx_clear(&ctx);
    static const char *const words[] = {"no scheme is called \"pigeons\"", "not BF16",
                                        "exactly k entries, not dgc", "density 3/2",
                                        "as many ranks on every host"};
    for (int i = 0; i < 5; i++) {
        ts_scheme_preset(&ctx, &config, i == 2 ? "gtopk" : "hitopk");
        if (i == 0)
            config.name = "pigeons";
        if (i == 1)
            config.wire = TS_BF16;
        if (i == 2)
            config.selector.kind = TS_SELECT_DGC;
        if (i == 3)
            config.density = (ts_density){3, 2};
        assert_int_equal(ranks_try(i == 4 ? 3 : 4, 2, 5.0, refused, &config), TS_ERROR_USAGE);
        if (!strstr(ranks_said, words[i]))
            fail_msg("\"%s\" where \"%s\" is expected", ranks_said, words[i]);
    }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_a_sum), cmocka_unit_test(conservation),
        cmocka_unit_test(nonfinite),           cmocka_unit_test(flushing),
        cmocka_unit_test(halves),              cmocka_unit_test(momentum),
        cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
