#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/classes.h"
#include "ref/cli/judging.h"

static float number = 1.0f;
static int64_t whole = 1;

static ts_class class_of(const char *module, ts_kind kind, bool integer, json_t *classes)
{
    const ts_case c = {.job = {.module = module}, .classes = classes};
    const ts_target t = {.kind = kind, .name = "y",
                         .published = integer ? ts_tensor_of(&whole, TS_I64, 0, NULL)
                                              : ts_tensor_of(&number, TS_F32, 0, NULL)};
    return ts_class_of(&c, &t);
}

static void classes(void **state)
{
    (void)state;
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, false, NULL), TS_CLASS_ROUNDED);
    assert_int_equal(class_of("ops.linear", TS_GRADIENT, false, NULL), TS_CLASS_ROUNDED);
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, true, NULL), TS_CLASS_EXACT);
    assert_int_equal(class_of("flux.norm_out", TS_OUTPUT, false, NULL), TS_CLASS_ROUNDED);
    assert_int_equal(class_of("flux.x_embedder", TS_OUTPUT, false, NULL), TS_CLASS_ROUNDED);
    assert_int_equal(class_of("flux.x_embedder", TS_TRACE, false, NULL), TS_CLASS_PATH);
    assert_int_equal(class_of("flux.pos_embed", TS_OUTPUT, false, NULL), TS_CLASS_ROUNDED);
    assert_int_equal(class_of("flux.transformer", TS_OUTPUT, false, NULL), TS_CLASS_PATH);
    assert_int_equal(class_of("vae.decode", TS_OUTPUT, false, NULL), TS_CLASS_PATH);
    assert_int_equal(class_of("rng.torch_cpu", TS_OUTPUT, false, NULL), TS_CLASS_EXACT);
    assert_int_equal(class_of("rng.torch_cpu_default", TS_OUTPUT, false, NULL), TS_CLASS_WITHIN);
    json_t *word = json_string("exact"), *by_name = json_pack("{s:s}", "y", "path");
    json_t *other = json_pack("{s:s}", "z", "exact");
    assert_int_equal(class_of("vae.decode", TS_OUTPUT, false, word), TS_CLASS_EXACT);
    assert_int_equal(class_of("vae.decode", TS_TRACE, false, word), TS_CLASS_PATH);
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, false, by_name), TS_CLASS_PATH);
    assert_int_equal(class_of("vae.decode", TS_OUTPUT, false, other), TS_CLASS_PATH);
    json_decref(word);
    json_decref(by_name);
    json_decref(other);
}

/* The report of a case of the bundle with another module, or with an error that it must meet. */
static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *module, *expect;
        bool expected;
    } of[] = {{"none.such", NULL, false},
              {"none.such", "usage", true},
              {"none.such", "unknown module", true},
              {"none.such", "nonfinite", false},
              {"flux.norm_out", "usage", false}};
    for (int i = 0; i < 5; i++) {
        ts_ctx ctx;
        ts_case c;
        ts_report r = {.path = "x", .format = "f32", .backend = "fast", .sinusoid = ""};
        ts_judging how = {.format = TS_F32};
        ts_ctx_open_plain(&ctx);
        ts_how_from(&ctx, &how.how, &how.format, "f32", "fast", 1);
        assert_int_equal(ts_case_open(&ctx, &c, "data/goldens/modules/norm_out.safetensors"), TS_OK);
        c.job.module = of[i].module;
        if (of[i].expect)
            c.expect = json_pack("{s:s}", "error", of[i].expect);
        ts_judge_case(&r, &c, &how);
        assert_int_equal(r.expected_error, of[i].expected);
        assert_int_equal(ts_report_failures(&r), of[i].expected ? 0 : 1);
        ts_report_free(&r);
        ts_case_close(&c);
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(classes), cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
