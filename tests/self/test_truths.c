/* A program is not its own judge: a case whose truth is not ours is refused, although our own run in
 * f64 stands in for truths that a case lacks. */
#include "tests/support/golden.h"

#include <stdlib.h>
#include <string.h>

/* Judges the case with element 0 of every truth (and of the published values) off by 1 %. Returns how
 * many findings failed, and in *targets how many truths there were. */
static int64_t judged_with_wrong_truths(const char *path, const char *precision, int64_t *targets)
{
    ts_ctx ctx;
    ts_case c;
    ts_judging how = {.partial = false};
    ts_report r = {.path = path, .sinusoid = "", .published_sinusoid = ""};
    void *copies[512];
    ts_ctx_open_plain(&ctx);
    ts_how_from(&ctx, &how.how, &how.format, precision, "fast", 2);
    r.format = precision;
    r.backend = "fast";
    assert_int_equal(ts_case_open(&ctx, &c, path), TS_OK);
    *targets = 0;
    for (int64_t i = 0; i < c.count; i++) {
        ts_tensor *truth = &c.targets[i].truth;
        if (ts_is_empty(*truth))
            continue;
        const size_t bytes = (size_t)ts_numel(*truth) * sizeof(double);
        double *copy = copies[(*targets)++] = malloc(bytes);
        assert_non_null(copy);
        memcpy(copy, truth->data, bytes);
        copy[0] = copy[0] * 1.01 + 0.01;
        truth->data = copy;
        c.targets[i].published = c.targets[i].truth_sin32 = (ts_tensor){0};
    }
    ts_judge_case(&r, &c, &how);
    assert_string_equal(r.error, "");
    const int64_t failures = ts_report_failures(&r);
    for (int64_t i = 0; i < *targets; i++)
        free(copies[i]);
    ts_report_free(&r);
    ts_case_close(&c);
    ts_ctx_close(&ctx);
    return failures;
}

static void a_wrong_truth_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "data/goldens/modules/x_embedder_lora.safetensors",
        "data/goldens/modules/time_text_embed.safetensors",
        "data/goldens/modules/single_block.safetensors",
        "data/goldens/transformer/a_plain.safetensors",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t targets;
        assert_true(judged_with_wrong_truths(cases[i], "f32", &targets) >= targets);
        assert_true(targets > 0);
        assert_true(judged_with_wrong_truths(cases[i], "f64", &targets) >= targets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_wrong_truth_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
