#include "tests/support/optim.h"

#include "ref/optim/inside.h"

#include <math.h>
#include <string.h>

static void says(optim_trial *t, ts_status status, const char *words)
{
    assert_int_equal(t->ctx.status, status);
    if (!strstr(t->ctx.message, words))
        fail_msg("\"%s\" says nothing of \"%s\"", t->ctx.message, words);
    ts_ctx_clear(&t->ctx);
}

static void names(void **state)
{
    (void)state;
    optim_trial t;
    optim_open(&t, "adamw", NULL, &ts_table_plain, TS_F32, 1);
    assert_string_equal(ts_optim_method_name(t.o), "adamw");
    assert_int_equal(ts_optim_count(t.o), OPTIM_TENSORS);
    assert_int_equal(ts_optim_find(t.o, "c"), 2);
    assert_int_equal(ts_optim_find(t.o, "d"), -1);
    assert_ptr_equal(ts_optim_value(t.o, 1).data, t.p[1].data);
    assert_int_equal(ts_numel(ts_optim_state(t.o, 1, "exp_avg_sq")), 5);
    assert_true(ts_is_empty(ts_optim_state(t.o, 1, "max_exp_avg_sq")));
    assert_true(ts_is_empty(ts_optim_state(t.o, 1, "momentum_buffer")));
    assert_true(ts_optim_d(t.o) == 0.0);
    assert_null(ts_optim_group(t.o, 1));
    assert_true(ts_optim_defaults("nothing").lr == 0.0);
    optim_close(&t);
}

static void refused(void **state)
{
    (void)state;
    optim_trial t;
    ts_optim_settings s = ts_optim_defaults("sgd");
    optim_refuses("momentum", &s, "no optimiser \"momentum\"");
    s.lr = -1.0;
    optim_refuses("sgd", &s, "lr must be a number of at least 0");
    s.lr = (double)NAN;
    optim_refuses("sgd", &s, "lr must be a number");
    s = ts_optim_defaults("sgd");
    s.weight_decay = -0.1;
    optim_refuses("sgd", &s, "weight_decay");
    optim_open(&t, "sgd", NULL, &ts_table_plain, TS_F32, 1);
    ts_optim_add(&t.ctx, t.o, 0, "a", t.p[0]);
    says(&t, TS_ERROR_USAGE, "has a parameter a already");
    ts_optim_add(&t.ctx, t.o, 1, "e", t.p[0]);
    says(&t, TS_ERROR_USAGE, "group 1 of 1");
    ts_tensor turned = t.p[2];
    turned.stride[0] = 1;
    turned.stride[1] = 2;
    ts_optim_add(&t.ctx, t.o, 0, "e", turned);
    says(&t, TS_ERROR_SHAPE, "e: expected a contiguous parameter F32");
    assert_int_equal(ts_optim_count(t.o), OPTIM_TENSORS);
    ts_optim_group(t.o, 0)->lr = (double)INFINITY;
    ts_optim_step(&t.ctx, t.o, t.g);
    says(&t, TS_ERROR_USAGE, "lr must be a number");
    ts_optim_group(t.o, 0)->lr = 0.1;
    t.ctx.compute = TS_F64;
    ts_optim_step(&t.ctx, t.o, t.g);
    says(&t, TS_ERROR_USAGE, "parameters are F32, the context computes in F64");
    optim_close(&t);
}

/* A step that fails has changed nothing: wrong sizes, NaN in the second piece, infinity. */
static void bad_gradients(void **state)
{
    (void)state;
    static const char *const methods[] = {"sgd", "lars", "adam", "adamw", "lamb", "prodigy"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        optim_trial t;
        optim_open(&t, methods[m], NULL, &ts_table_fast, TS_F32, 2);
        optim_steps(&t, 0, 1);
        const uint64_t before = optim_hash(&t);
        float *g = t.g[0].data;
        g[70000] = NAN;
        ts_optim_step(&t.ctx, t.o, t.g);
        says(&t, TS_ERROR_MISMATCH, "gradient of a: the number at place 70000 is not finite");
        g[70000] = 0.0f;
        ((float *)t.g[2].data)[1] = -INFINITY;
        ts_optim_step(&t.ctx, t.o, t.g);
        says(&t, TS_ERROR_MISMATCH, "gradient of c: the number at place 1");
        ((float *)t.g[2].data)[1] = 0.0f;
        const ts_tensor wrong[3] = {t.g[0], t.g[2], t.g[2]};
        ts_optim_step(&t.ctx, t.o, wrong);
        says(&t, TS_ERROR_SHAPE, "gradient of b: expected (5) F32, got (2, 3) F32");
        assert_true(optim_hash(&t) == before);
        for (int i = 0; i < OPTIM_TENSORS; i++)
            assert_int_equal(t.o->steps[i], 1);
        optim_close(&t);
    }
}

/* None: the parameter, its state and its steps stay. */
static void missing(void **state)
{
    (void)state;
    optim_trial t;
    optim_open(&t, "adam", NULL, &ts_table_plain, TS_F32, 1);
    optim_steps(&t, 0, 1);
    const float before = ((float *)t.p[1].data)[0];
    const ts_tensor some[3] = {t.g[0], {0}, t.g[2]};
    assert_int_equal(ts_optim_step(&t.ctx, t.o, some), TS_OK);
    assert_true(((float *)t.p[1].data)[0] == before);
    assert_int_equal(t.o->steps[0], 2);
    assert_int_equal(t.o->steps[1], 1);
    optim_close(&t);
}

/* Groups have settings of their own. */
static void groups(void **state)
{
    (void)state;
    ts_ctx ctx;
    double w[2][2] = {{1, 2}, {1, 2}}, g[2] = {1, -1};
    const int64_t two = 2;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_optim_settings s = ts_optim_defaults("sgd");
    s.lr = 0.5;
    ts_optim *o = ts_optim_new(&ctx, "sgd", &s);
    s.lr = 0.25;
    s.weight_decay = 1.0;
    assert_int_equal(ts_optim_add_group(&ctx, o, &s), 1);
    ts_optim_add(&ctx, o, 0, "a", ts_tensor_of(w[0], TS_F64, 1, &two));
    ts_optim_add(&ctx, o, 1, "b", ts_tensor_of(w[1], TS_F64, 1, &two));
    const ts_tensor all[2] = {ts_tensor_of(g, TS_F64, 1, &two), ts_tensor_of(g, TS_F64, 1, &two)};
    assert_int_equal(ts_optim_step(&ctx, o, all), TS_OK);
    assert_true(w[0][0] == 0.5 && w[0][1] == 2.5 && w[1][0] == 0.5 && w[1][1] == 1.75);
    ts_optim_close(o);
    ts_ctx_close(&ctx);
}

/* Gradients of other types are widened; a context that rounds rounds parameters and state. */
static void types(void **state)
{
    (void)state;
    ts_ctx ctx;
    float w[2] = {1.0f, 2.0f};
    uint16_t half[2] = {0x3c00, 0xb800}; /* 1, -0.5 */
    double thin[2] = {0x1p-10, 0x1p-10};
    const int64_t two = 2;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_optim_settings s = ts_optim_defaults("sgd");
    s.lr = 0.5;
    s.momentum = 0.5;
    ts_optim *o = ts_optim_new(&ctx, "sgd", &s);
    ts_optim_add(&ctx, o, 0, "w", ts_tensor_of(w, TS_F32, 1, &two));
    ts_tensor g = ts_tensor_of(half, TS_F16, 1, &two);
    assert_int_equal(ts_optim_step(&ctx, o, &g), TS_OK);
    assert_true(w[0] == 0.5f && w[1] == 2.25f);
    ctx.round = TS_BF16;
    g = ts_tensor_of(thin, TS_F64, 1, &two);
    assert_int_equal(ts_optim_step(&ctx, o, &g), TS_OK);
    /* v = 0.5 + 2^-10 has 10 bits: 0.5 in bf16; w = 2.25 + 0.125 - 2^-11 */
    const float *v = ts_optim_state(o, 0, "momentum_buffer").data;
    assert_true(v[0] == 0.5f && w[1] == 2.375f);
    ts_optim_close(o);
    ts_ctx_close(&ctx);
}

/* Every allocation fails once: the optimiser is then as it was, or was never there. */
static void without_memory(void **state)
{
    (void)state;
    long n = 0;
    for (bool done = false; !done;) {
        optim_trial t;
        ts_plant_fault(++n);
        optim_open(&t, "adam", NULL, &ts_table_plain, TS_F32, 1);
        if (!t.ctx.status) {
            const uint64_t before = optim_hash(&t);
            optim_steps(&t, 0, 1);
            if (t.ctx.status && (optim_hash(&t) != before || t.o->steps[0] != 0))
                fail_msg("fault %ld: %s", n, t.ctx.message);
        }
        ts_plant_fault(0);
        done = !t.ctx.status;
        assert_true(done || t.ctx.status == TS_ERROR_MEMORY);
        optim_close(&t);
    }
    assert_true(n > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(refused),
        cmocka_unit_test(bad_gradients),
        cmocka_unit_test(missing),
        cmocka_unit_test(groups),
        cmocka_unit_test(types),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
